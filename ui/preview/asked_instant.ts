import type { RecordedPart } from '../timeline/footage_part.ts';

/** Key frames are seldom closer. */
const leastStepMs = 1_000;

/**
 * The instant whose picture is asked for when a pointer is at `ms`: one for each pixel or second, whichever is more, so that
 * a pointer that sweeps does not ask for all it passes, and the same ones after a small zoom. Within the footage that
 * the pointer is at.
 */
export function askedInstant(
  ms: number,
  { msPerPx, part }: { msPerPx: number; part: Pick<RecordedPart, 'startMs' | 'endMs'> },
): number {
  const stepMs = stepOf(msPerPx);
  const nearest = Math.round(ms / stepMs) * stepMs;
  return Math.max(Math.ceil(part.startMs), Math.min(Math.ceil(part.endMs) - 1, nearest));
}

/** So far from an instant a picture may stand in until the right one is there. */
export function nearMsOf(msPerPx: number): number {
  return nearSteps * stepOf(msPerPx);
}

const nearSteps = 30;

function stepOf(msPerPx: number): number {
  return leastStepMs * 2 ** Math.max(0, Math.ceil(Math.log2(msPerPx / leastStepMs)));
}
