import type { Interval } from './interval.ts';

/**
 * How active footage is, told from the sizes of its encoded pictures: 1 is as quiet as is usual there, 15 the most. 0, where it
 * stands in a list, is without footage, or not known.
 */
export type ActivityLevel = number;

export const highestActivity = 15;

/** From this level on something happens that is worth a look. */
export const burstLevel = 6;
/** A burst goes on as long as this level is reached again… */
const burstEndLevel = 3;
/** …within so many seconds. */
export const burstPauseSeconds = 5;

/** Footage of one level. */
export interface ActivePart extends Interval {
  readonly level: ActivityLevel;
}

/** Levels of steps of equal length that follow each other. */
export interface ActivityStrip {
  /** A multiple of the step, in milliseconds since 1970 UTC. */
  readonly startMs: number;
  readonly stepMs: number;
  /** The highest in each step. */
  readonly levels: Uint8Array;
}

/** A strip over a window, without any activity yet: its steps are at multiples of their length. */
export function emptyStrip({ startMs, endMs }: Interval, stepMs: number): ActivityStrip {
  const first = Math.floor(startMs / stepMs);
  const count = Math.max(0, Math.ceil(endMs / stepMs) - first);
  return { startMs: first * stepMs, stepMs, levels: new Uint8Array(count) };
}

/** Raises the levels of the steps of which the part has an instant. */
export function raise(strip: ActivityStrip, { startMs, endMs, level }: ActivePart): void {
  if (endMs <= startMs) return;
  const first = Math.max(0, Math.floor((startMs - strip.startMs) / strip.stepMs));
  const last = Math.min(strip.levels.length, Math.ceil((endMs - strip.startMs) / strip.stepMs));
  for (let step = first; step < last; step++) {
    if (level > strip.levels[step]!) strip.levels[step] = level;
  }
}

/** What of a fragment tells its activity. */
interface ActiveFragment {
  readonly startMs: number;
  readonly activity?: ActivityLevel | undefined;
}

/** Fragments as parts that last up to the next one, and the last up to the end of the footage. */
export function activeParts(fragments: readonly ActiveFragment[], endMs: number): ActivePart[] {
  return fragments.flatMap(({ startMs, activity }, index) => {
    const end = fragments[index + 1]?.startMs ?? endMs;
    return activity === undefined || end <= startMs ? [] : [{ startMs, endMs: end, level: activity }];
  });
}

/** Something worth a look, with its highest level. */
export type Burst = ActivePart;

/**
 * The bursts of a strip of seconds, in order: from the first second of {@link burstLevel} to the last that is not quiet, as long as
 * no more than {@link burstPauseSeconds} are quiet in between.
 */
export function burstsOf({ startMs, stepMs, levels }: ActivityStrip): Burst[] {
  const bursts: Burst[] = [];
  let open: { first: number; last: number; level: ActivityLevel } | undefined;
  const end = () => {
    if (open) {
      bursts.push({
        startMs: startMs + open.first * stepMs,
        endMs: startMs + (open.last + 1) * stepMs,
        level: open.level,
      });
    }
    open = undefined;
  };
  for (const [step, level] of levels.entries()) {
    if (open && step - open.last > burstPauseSeconds) end();
    if (open && level >= burstEndLevel) {
      open.last = step;
      open.level = Math.max(open.level, level);
    } else if (!open && level >= burstLevel) open = { first: step, last: step, level };
  }
  end();
  return bursts;
}

/** Two levels to a byte, the earlier one in the upper half. */
export function packLevels(levels: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(levels.length / 2));
  for (const [index, level] of levels.entries()) {
    packed[index >> 1]! |= index % 2 === 0 ? level << 4 : level;
  }
  return packed;
}

export function unpackLevels(packed: Uint8Array): Uint8Array {
  const levels = new Uint8Array(packed.length * 2);
  for (const [index, byte] of packed.entries()) {
    levels[2 * index] = byte >> 4;
    levels[2 * index + 1] = byte & 15;
  }
  return levels;
}

/** A hexadecimal digit for each step. */
export function levelsText(levels: Uint8Array): string {
  return Array.from(levels, (level) => level.toString(16)).join('');
}
