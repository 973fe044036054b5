import type { GapCause } from '../footage/gap_cause.ts';
import type { Interval } from '../footage/interval.ts';
import type { RecordedGap } from '../footage/timeline.ts';

/** Footage that there is no more. */
export interface GoneSegment extends Interval {
  readonly streamId: string;
  /** The rule by which it was deleted; undefined where it was lost or found damaged. */
  readonly rule?: string | undefined;
}

/** A gap that has ended. */
interface EndedGap extends Interval {
  readonly cause: GapCause;
  readonly deletedBy: string | undefined;
}

/**
 * Writes beside the footage what there is of it no more, so that an index made anew knows it was there: at once, as an index
 * that is lost with its disk has nothing left to tell it later. A deletion is marked as one: what is left of the time of
 * footage that was lost before is a gap `lost` all the same.
 *
 * @param segments that are gone from the index, or were found lost or damaged
 * @param options.gaps of the index: what is left of their time
 * @param options.settled writes a line of the journal
 */
export function journalGone(
  segments: readonly GoneSegment[],
  options: {
    readonly gaps: (streamId: string, fromMs: number, toMs: number) => readonly RecordedGap[];
    readonly settled: (streamId: string, gap: EndedGap) => void;
  },
): void {
  for (const { streamId, startMs, endMs, rule } of joined(segments)) {
    for (const gap of options.gaps(streamId, startMs, endMs)) {
      const part = {
        startMs: Math.max(startMs, gap.startMs),
        endMs: Math.min(endMs, gap.endMs ?? endMs),
        cause: gap.cause,
        deletedBy: rule,
      };
      if (part.startMs < part.endMs) options.settled(streamId, part);
    }
  }
}

/** Those of a stream that follow each other, and went by the same rule, as one. */
function joined(segments: readonly GoneSegment[]): GoneSegment[] {
  const ranges: GoneSegment[] = [];
  const newest = new Map<string, number>();
  for (const { streamId, startMs, endMs, rule } of segments) {
    const at = newest.get(streamId) ?? -1;
    const last = ranges[at];
    if (last?.endMs === startMs && last.rule === rule)
      ranges[at] = { streamId, startMs: last.startMs, endMs, rule };
    else newest.set(streamId, ranges.push({ streamId, startMs, endMs, rule }) - 1);
  }
  return ranges;
}
