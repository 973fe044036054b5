/** A stretch of media that the player holds, in seconds. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Position {
  readonly seconds: number;
  readonly rate: number;
  readonly ranges: readonly Range[];
}

export interface Steering {
  readonly rate: number;
  /** Where to jump; undefined to go on. */
  readonly seekTo?: number;
}

/** How far behind the newest picture is played: what evens out an uneven network. */
const targetLag = 0.35;
/** Within these nothing is done, so that the rate does not change back and forth. */
const nearestLag = 0.12;
const farthestLag = 0.8;
/** Farther behind, it would take too long to catch up by playing faster. */
const jumpLag = 2.5;
/** Nobody hears or sees these. */
const fasterRate = 1.08;
const slowerRate = 0.94;
/** Shorter holes are the rounding of time stamps, and players cross them by themselves. */
const holeSeconds = 0.05;

/** How to get to the live edge, or stay there: small changes of the rate, a jump when far off or before a hole. */
export function steer({ seconds, rate, ranges }: Position): Steering {
  const last = ranges.at(-1);
  if (!last) return { rate: 1 };
  const here = ranges.find(({ start, end }) => seconds >= start - holeSeconds && seconds <= end);
  const edge = Math.max(last.start, last.end - targetLag);
  // Outside of all, or at the end of one with another behind it: what lies between never comes.
  if (!here || (here !== last && here.end - seconds < holeSeconds)) return { rate: 1, seekTo: edge };
  const lag = last.end - seconds;
  if (lag > jumpLag) return { rate: 1, seekTo: edge };
  if (lag > farthestLag) return { rate: fasterRate };
  if (lag < nearestLag) return { rate: slowerRate };
  // Once begun, it goes on to the target and not only to the limit.
  if (rate > 1) return { rate: lag > targetLag ? fasterRate : 1 };
  if (rate < 1) return { rate: lag < targetLag ? slowerRate : 1 };
  return { rate: 1 };
}
