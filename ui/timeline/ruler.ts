/** The marks of the ruler: where clocks of the zone show round times, also on days of 23 and 25 hours. */
import type { Orientation } from './orientation.ts';
import type { LocalTime, Zone } from './zone.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Distances of labelled marks, with that of the marks between them. */
const steps: readonly (readonly [major: number, minor: number])[] = [
  [second, 200],
  [2 * second, 500],
  [5 * second, second],
  [10 * second, 2 * second],
  [15 * second, 5 * second],
  [30 * second, 5 * second],
  [minute, 10 * second],
  [2 * minute, 30 * second],
  [5 * minute, minute],
  [10 * minute, 2 * minute],
  [15 * minute, 5 * minute],
  [30 * minute, 5 * minute],
  [hour, 10 * minute],
  [2 * hour, 30 * minute],
  [3 * hour, hour],
  [6 * hour, hour],
  [12 * hour, 3 * hour],
  [day, 6 * hour],
  [2 * day, 12 * hour],
  [7 * day, day],
  [14 * day, day],
];

/** Marks closer than this to each other are not drawn, in CSS pixels. */
const minMinorPx = 6;
/** More is more than any screen shows. */
const maxTicks = 2000;

export interface Tick {
  readonly ms: number;
  /** `day`: the first instant of a local day; `change`: the clocks are put forward or back. */
  readonly kind: 'day' | 'major' | 'minor' | 'change';
  readonly local: LocalTime;
  /** Distance from UTC from here on; on a change only. */
  readonly offsetMs?: number;
  /** Whether it bears a label. */
  readonly labelled: boolean;
}

export interface Ruler {
  /** In order. */
  readonly ticks: readonly Tick[];
  /** Distance of the labels; below a minute they show seconds, from a day on only dates. */
  readonly stepMs: number;
}

/** Least distance of two labels in CSS pixels: side by side, those with seconds need more. */
const leastLabelPx: Readonly<Record<Orientation, (stepMs: number) => number>> = {
  horizontal: (stepMs) => (stepMs < minute ? 84 : 64),
  vertical: () => 40,
};

export function planRuler(options: {
  readonly fromMs: number;
  readonly toMs: number;
  readonly msPerPx: number;
  readonly zone: Zone;
  readonly orientation?: Orientation;
}): Ruler {
  const { fromMs, toMs, msPerPx, zone, orientation = 'horizontal' } = options;
  const leastPx = leastLabelPx[orientation];
  const [major, ownMinor] = steps.find(([step]) => step / msPerPx >= leastPx(step)) ?? steps.at(-1)!;
  const minor = ownMinor / msPerPx >= minMinorPx ? ownMinor : major;
  const ticks = new Map<number, Tick>();
  const add = (tick: Omit<Tick, 'local'>) => {
    if (ticks.size < maxTicks) ticks.set(tick.ms, { ...tick, local: zone.localTime(tick.ms) });
  };
  const spans = zone.offsetSpans(fromMs, toMs);
  for (const { startMs, endMs, offsetMs } of spans) {
    const step = Math.min(minor, day);
    for (let ms = Math.ceil((startMs + offsetMs) / step) * step - offsetMs; ms < endMs; ms += step) {
      const labelled = major < day && (ms + offsetMs) % major === 0;
      if (ticks.size < maxTicks) add({ ms, kind: labelled ? 'major' : 'minor', labelled });
    }
  }
  if (major < day) {
    for (const { startMs, offsetMs } of spans.slice(1))
      add({ ms: startMs, kind: 'change', offsetMs, labelled: true });
  }
  for (let ms = zone.startOfNextDay(fromMs - 1); ms < toMs; ms = zone.startOfNextDay(ms)) {
    add({ ms, kind: 'day', labelled: isLabelledDay(ms + zone.offsetAt(ms), major) });
  }
  return { ticks: [...ticks.values()].sort((a, b) => a.ms - b.ms), stepMs: major };
}

/** The last tick, where no label tells its day. */
export function lastUntoldDay({ ticks, stepMs }: Ruler): Tick | undefined {
  const isTold = stepMs >= day || ticks.some(({ kind, labelled }) => kind === 'day' && labelled);
  return isTold ? undefined : ticks.at(-1);
}

/** Every day, every second one, or Mondays. */
function isLabelledDay(localMs: number, major: number): boolean {
  if (major <= day) return true;
  const days = Math.floor(localMs / day);
  // 1970-01-05 was a Monday.
  return (days - 4) % (major / day) === 0;
}
