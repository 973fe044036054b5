/** A half-open range of wall time, in milliseconds. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * What of `range` lies in none of `holes`, in order; empty pieces are left out.
 *
 * @param holes sorted by start; they may touch, overlap and reach beyond the range
 */
export function subtract(range: Interval, holes: readonly Interval[]): Interval[] {
  const pieces: Interval[] = [];
  let from = range.startMs;
  for (const hole of holes) {
    if (hole.startMs >= range.endMs) break;
    if (hole.startMs > from) pieces.push({ startMs: from, endMs: hole.startMs });
    from = Math.max(from, hole.endMs);
  }
  if (from < range.endMs) pieces.push({ startMs: from, endMs: range.endMs });
  return pieces;
}
