import type { PlayableSegment } from './playable_segment.ts';
import type { Stretch, StretchFragment } from './stretch.ts';

/** A media segment of a playlist lasts at least this long where it can. */
const leastSeconds = 2;
/** Pictures that hang together for longer than this are cut between two fragments. */
const mostSeconds = 20;

/** Fragments of one file that a player fetches at once: one media segment of a playlist. */
export interface MediaGroup {
  readonly segment: PlayableSegment;
  /** Presentation time of its first picture on the run's time line, and of the group after it, in video ticks. */
  readonly startTicks: number;
  readonly endTicks: number;
  /** Bytes of the file, half-open. */
  readonly offset: number;
  readonly endOffset: number;
  readonly keyFrame: boolean;
  /** Nothing that is still to be written can be part of it. */
  readonly complete: boolean;
}

/**
 * Groups the fragments of a stretch: a group begins with a key frame and goes on to the first key frame after two
 * seconds, or to the end of the file. Within a file it depends on nothing but the fragments in front, so that every
 * playlist that shows a moment gives the same address for it.
 */
export function groupFragments(stretch: Stretch): MediaGroup[] {
  const groups: MediaGroup[] = [];
  const { fragments } = stretch;
  let first = 0;
  for (let index = 1; index <= fragments.length; index++) {
    if (index < fragments.length && !beginsGroup(fragments[first]!, fragments[index]!, stretch.timescale))
      continue;
    groups.push(toGroup(fragments[first]!, fragments[index - 1]!, fragments[index]));
    first = index;
  }
  return groups;
}

function beginsGroup(first: StretchFragment, fragment: StretchFragment, timescale: number): boolean {
  if (fragment.segment !== first.segment) return true;
  const seconds = (fragment.startTicks - first.startTicks) / timescale;
  return (fragment.entry.keyFrame && seconds >= leastSeconds) || seconds >= mostSeconds;
}

function toGroup(
  first: StretchFragment,
  last: StretchFragment,
  next: StretchFragment | undefined,
): MediaGroup {
  const { segment } = first;
  return {
    segment,
    startTicks: first.startTicks,
    endTicks: next ? next.startTicks : last.endTicks,
    offset: first.entry.offset,
    endOffset: last.entry.offset + last.entry.bytes,
    keyFrame: first.entry.keyFrame,
    complete: segment.fileBytes !== undefined || last.index < segment.fragments.length - 1,
  };
}

/** True when the bytes, half-open, are whole fragments of the segment and nothing else. */
export function isWholeFragments(segment: PlayableSegment, offset: number, endOffset: number): boolean {
  const begins = segment.fragments.some((fragment) => fragment.offset === offset);
  const ends = segment.fragments.some((fragment) => fragment.offset + fragment.bytes === endOffset);
  return begins && ends && endOffset > offset;
}
