import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { Interval } from './interval.ts';

/** How much of one media was lost on its way. */
export interface LossCounts {
  /** RTP packets that never came, as far as their numbers tell. */
  readonly packetsLost: number;
  /** Pictures or sounds that came in broken, or not at all, and were left out: at least so many. */
  readonly unitsDropped: number;
}

/** What was lost on its way to one fragment: what it shows or sounds like between these instants is not what was. */
export interface FragmentDamage extends LossCounts {
  readonly media: 'video' | 'audio';
  /** Whole milliseconds from the presentation of the fragment's first picture; sound may lie before it. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Wall time in which footage is there, but damaged: pictures from the first that was lost up to the next key frame, sound
 * where it was lost.
 */
export interface DamagedRange extends LossCounts {
  readonly media: 'video' | 'audio';
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
}

/** Ranges that are no further apart are one: less is nothing that a person would look at. */
const joinedMs = 1_000;
/** A segment has no more ranges of a media than this: the nearest are joined. So loss without end costs few rows. */
const maxRanges = 4;

/** What of a damaged range a fragment must say. */
interface DamagedFragment {
  readonly startMs: UnixMillis;
  readonly damage?: readonly FragmentDamage[];
}

/** The damaged ranges of a segment, by start, in whole milliseconds within its own. */
export function damagedRanges(fragments: readonly DamagedFragment[], segment: Interval): DamagedRange[] {
  if (segment.startMs >= segment.endMs) return [];
  const found = fragments.flatMap(({ startMs, damage = [] }) =>
    damage.map(({ fromMs, toMs, ...lost }) => ({
      ...lost,
      ...wholeRange({ startMs: startMs + fromMs, endMs: startMs + toMs }, segment),
    })),
  );
  return mediaKinds
    .flatMap((media) =>
      atMost(
        joinDamage(
          found.filter((range) => range.media === media),
          joinedMs,
        ),
      ),
    )
    .sort(byStart);
}

/** The part of a range within a window, with the counts of the whole; empty when there is none. */
export function clipDamage<Range extends DamagedRange>(range: Range, window: Interval): Range[] {
  const startMs = unixMillis(Math.max(range.startMs, window.startMs));
  const endMs = unixMillis(Math.min(range.endMs, window.endMs));
  return startMs < endMs ? [{ ...range, startMs, endMs }] : [];
}

/** Ranges of one media as fewer ones: those that are no further apart than `withinMs` are one, with the sum of both. */
export function joinDamage(ranges: readonly DamagedRange[], withinMs: number): DamagedRange[] {
  const joined: DamagedRange[] = [];
  for (const range of ranges.toSorted(byStart)) {
    const last = joined.at(-1);
    if (last && range.startMs - last.endMs <= withinMs) joined[joined.length - 1] = together(last, range);
    else joined.push(range);
  }
  return joined;
}

const mediaKinds = ['video', 'audio'] as const;

const byStart = (a: Interval, b: Interval) => a.startMs - b.startMs;

/** Damage lasts a millisecond at least, so that it is seen also where it ends at once, or with the segment. */
function wholeRange(range: Interval, segment: Interval): Pick<DamagedRange, 'startMs' | 'endMs'> {
  const [first, last] = [Math.round(segment.startMs), Math.round(segment.endMs)];
  const endMs = Math.max(first + 1, Math.min(last, Math.round(range.endMs)));
  const startMs = Math.max(first, Math.min(endMs - 1, Math.round(range.startMs)));
  return { startMs: unixMillis(startMs), endMs: unixMillis(endMs) };
}

function together(a: DamagedRange, b: DamagedRange): DamagedRange {
  return {
    media: a.media,
    startMs: a.startMs,
    endMs: unixMillis(Math.max(a.endMs, b.endMs)),
    packetsLost: a.packetsLost + b.packetsLost,
    unitsDropped: a.unitsDropped + b.unitsDropped,
  };
}

function atMost(ranges: DamagedRange[]): DamagedRange[] {
  if (ranges.length <= maxRanges) return ranges;
  const distances = ranges.slice(1).map((range, index) => range.startMs - ranges[index]!.endMs);
  const kept = distances.toSorted((a, b) => b - a)[maxRanges - 1]!;
  return joinDamage(ranges, kept);
}
