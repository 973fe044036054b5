import { ticksToMillis } from '../units/time.ts';
import type { Interval } from './interval.ts';
import type { FragmentEntry } from './segment.ts';

/**
 * The fragments of a segment in the parts that damage left whole, in order. A damaged fragment keeps its bytes in the
 * file and has no entry, so that the entries around it do not touch. What follows cannot be shown before the next key
 * frame, and is left out as well.
 */
export function wholeParts<Entry extends Pick<FragmentEntry, 'offset' | 'bytes' | 'keyFrame'>>(
  fragments: readonly Entry[],
): Entry[][] {
  const parts: Entry[][] = [];
  let before: Entry | undefined;
  let isWhole = true;
  for (const fragment of fragments) {
    const touches = !before || before.offset + before.bytes === fragment.offset;
    before = fragment;
    if (touches && isWhole && parts.length > 0) {
      parts.at(-1)!.push(fragment);
      continue;
    }
    isWhole = fragment.keyFrame || parts.length === 0;
    if (isWhole) parts.push([fragment]);
  }
  return parts;
}

/**
 * The wall time that damage took out of a segment, in whole milliseconds; the last may reach to the end of all time,
 * when no key frame follows the damage.
 *
 * @param timescale of the video, in Hz
 */
export function damagedHoles(fragments: readonly FragmentEntry[], timescale: number): Interval[] {
  const parts = wholeParts(fragments);
  const holes = parts.flatMap((part, index): Interval[] => {
    const next = parts[index + 1];
    const isLast = part.at(-1) === fragments.at(-1);
    if (isLast) return [];
    const ends = part.map(({ startMs, durationTicks }) => startMs + ticksToMillis(durationTicks, timescale));
    const endMs = next ? Math.round(next[0]!.startMs) : Number.MAX_SAFE_INTEGER;
    return [{ startMs: Math.round(Math.max(...ends)), endMs }];
  });
  return holes.filter(({ startMs, endMs }) => startMs < endMs);
}
