import { type Trouble, troubles } from './scripted_camera.ts';

/** What happens to the installation as a whole, or to one of its cameras. Instants are seconds of the simulation. */
export type ScriptEvent =
  | { readonly at: number; readonly kind: 'stop' | 'crash' | 'start' | 'sweep' | 'shrink' }
  | { readonly at: number; readonly kind: 'step'; readonly ms: number }
  | { readonly at: number; readonly kind: 'trouble'; readonly camera: number; readonly trouble: Trouble }
  | { readonly at: number; readonly kind: 'well' | 'pause' | 'resume'; readonly camera: number };

const day = 86_400;
/** Nothing else happens within this of an event: what one of them does is over before the next. */
const clearSeconds = 90;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What happens in some days: each night a restart, some of them as after an upgrade, crashes, steps of the clock in both
 * directions, and to each camera a trouble or a pause a day, which may last over any of these but steps backward.
 */
export function writeScript(options: { days: number; cameras: number; random: () => number }): ScriptEvent[] {
  const { days, cameras, random } = options;
  const events: ScriptEvent[] = [];
  const taken: Span[] = [];
  const between = (least: number, most: number) => Math.floor(least + random() * (most - least));
  const isFree = ({ from, to }: Span, others: readonly Span[]) =>
    others.every((other) => to + clearSeconds < other.from || from - clearSeconds > other.to);
  /** Finds a time of a day for something that lasts so long. */
  const place = (theDay: number, length: number, others: readonly Span[]): Span | undefined => {
    for (let attempt = 0; attempt < 50; attempt++) {
      const from = theDay * day + between(600, day - 600);
      const span = { from, to: from + length };
      if (span.to < days * day - 600 && isFree(span, others)) return span;
    }
    return undefined;
  };

  const forbidden: Span[] = [];
  for (let theDay = 0; theDay < days; theDay++) {
    const night = { from: theDay * day + 10_800, to: theDay * day + 10_800 + between(20, 120) };
    taken.push(night);
    events.push({ at: night.from, kind: 'stop' }, { at: night.to, kind: 'start' });
    const sweep = theDay * day + 14_400;
    taken.push({ from: sweep, to: sweep });
    events.push({ at: sweep, kind: 'sweep' });
    if (theDay === Math.floor(days * 0.4)) events.push({ at: sweep + 120, kind: 'shrink' });
    if (theDay % 3 === 1) {
      const crash = place(theDay, between(5, 400), taken);
      if (crash) {
        taken.push(crash);
        events.push({ at: crash.from, kind: 'crash' }, { at: crash.to, kind: 'start' });
      }
    }
    if (theDay % 4 === 0) {
      const forward = place(theDay, 0, taken);
      if (forward) {
        taken.push(forward);
        events.push({ at: forward.from, kind: 'step', ms: between(2, 3_600) * 1000 });
      }
    }
    if (theDay % 5 === 2) {
      const seconds = between(2, 3_600);
      const backward = place(theDay, seconds + 60, taken);
      if (backward) {
        taken.push(backward);
        forbidden.push({ from: backward.from - 60, to: backward.to });
        events.push({ at: backward.from, kind: 'step', ms: -seconds * 1000 });
      }
    }
  }

  const kinds = Object.keys(troubles) as Trouble[];
  for (let camera = 0; camera < cameras; camera++) {
    const own: Span[] = [];
    for (let theDay = 0; theDay < days; theDay++) {
      const span = place(theDay, random() < 0.5 ? between(100, 900) : between(900, 30_000), own);
      if (!span || !isFree(span, forbidden)) continue;
      const ends = [span.from, span.to].map((at) => ({ from: at, to: at }));
      if (!ends.every((end) => isFree(end, taken))) continue;
      own.push(span);
      if ((theDay + camera) % 4 === 0) {
        events.push({ at: span.from, kind: 'pause', camera }, { at: span.to, kind: 'resume', camera });
        continue;
      }
      const trouble = kinds[between(0, kinds.length)]!;
      events.push({ at: span.from, kind: 'trouble', camera, trouble }, { at: span.to, kind: 'well', camera });
    }
  }
  return events.sort((a, b) => a.at - b.at);
}
