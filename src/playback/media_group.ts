import type { PlayableSegment } from './playable_segment.ts';

/** Media segments of a playlist are made of whole fragments, and last at least this long where they can. */
const leastSeconds = 2;
/** A group of pictures longer than this is cut inside, at a fragment. */
const mostSeconds = 20;

/** Fragments of one file that a player fetches at once. */
export interface MediaGroup {
  readonly segment: PlayableSegment;
  /** Indices into the segment's fragments, half-open. */
  readonly first: number;
  readonly end: number;
  /** Bytes of the file, half-open. */
  readonly offset: number;
  readonly endOffset: number;
  /** Nothing that is still to be written can be part of it. */
  readonly complete: boolean;
}

/**
 * Groups the fragments of a segment: a group begins with a key frame and goes on to the first key frame after two
 * seconds. It depends on nothing but the fragments from the segment's first on, so that every playlist that shows
 * a moment gives the same address for it.
 *
 * @param timescale of the video track, in Hz
 */
export function groupFragments(segment: PlayableSegment, timescale: number): MediaGroup[] {
  const { fragments } = segment;
  const groups: MediaGroup[] = [];
  let first = 0;
  for (let index = 1; index <= fragments.length; index++) {
    const next = fragments[index];
    const seconds = next ? (next.startTicks - fragments[first]!.startTicks) / timescale : 0;
    if (next && !(next.keyFrame && seconds >= leastSeconds) && seconds < mostSeconds) continue;
    const last = fragments[index - 1]!;
    groups.push({
      segment,
      first,
      end: index,
      offset: fragments[first]!.offset,
      endOffset: last.offset + last.bytes,
      complete: next !== undefined || segment.fileBytes !== undefined,
    });
    first = index;
  }
  return groups;
}

/** The group that lies at exactly these bytes of the file, in whole fragments; undefined when there is none. */
export function isWholeFragments(segment: PlayableSegment, offset: number, endOffset: number): boolean {
  const begins = segment.fragments.some((fragment) => fragment.offset === offset);
  const ends = segment.fragments.some((fragment) => fragment.offset + fragment.bytes === endOffset);
  return begins && ends && endOffset > offset;
}
