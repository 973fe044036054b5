import { type DamagedRange, damagedRanges, type LossCounts } from '../footage/damaged_range.ts';
import type { Interval } from '../footage/interval.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import type { DamagedFootage } from '../footage/timeline.ts';
import type { Database } from './database.ts';
import type { SegmentRow } from './segments.ts';

/**
 * The table of damaged footage. Its rows belong to a closed segment and lie within it; they go when it goes.
 */
export function damagesTable({ sqlite }: Database) {
  const insert = sqlite.prepare<[DamagedRange & { streamKey: number; segmentKey: number; runKey: number }]>(`
    insert into damages (stream_key, start_ms, end_ms, media, segment_key, run_key, packets_lost, units_dropped)
    values (@streamKey, @startMs, @endMs, @media, @segmentKey, @runKey, @packetsLost, @unitsDropped)`);
  const selectBetween = sqlite.prepare<[object], DamagedFootage>(`
    select runs.id as runId, media, startMs, endMs, packetsLost, unitsDropped
    from (
      select run_key, media, min(start_ms) as startMs, max(end_ms) as endMs, sum(packets_lost) as packetsLost,
        sum(units_dropped) as unitsDropped
      from damages
      where stream_key = @stream and start_ms < @to and end_ms > @from
        and start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1
        and not exists (select 1 from segments where key = segment_key and lost_because is not null)
      group by cast(start_ms / @withinMs as integer), run_key, media
    )
    join runs on runs.key = run_key
    order by startMs`);

  const sumBegun = sqlite.prepare<[object], LossCounts>(`
    select coalesce(sum(packets_lost), 0) as packetsLost, coalesce(sum(units_dropped), 0) as unitsDropped
    from damages where stream_key = @stream and start_ms >= @from and start_ms < @to and media = @media`);

  return {
    /** Keeps what the fragments of a segment say, which is closed now. */
    insert(segment: SegmentRow, fragments: readonly FragmentEntry[]): void {
      const { key: segmentKey, streamKey, runKey } = segment;
      for (const range of damagedRanges(fragments, segment)) {
        insert.run({ ...range, segmentKey, streamKey, runKey });
      }
    },

    /**
     * The ranges that reach into the window, whole, by start.
     *
     * @param withinMs those that begin in the same stretch of this length are one, so that months cost little
     */
    between: (stream: number, window: Interval, withinMs: number): DamagedFootage[] =>
      selectBetween.all({ stream, from: window.startMs, to: window.endMs, withinMs: Math.max(1, withinMs) }),

    /** What was lost of a media in the ranges that begin in the window: the sums of adjacent windows add up. */
    lossesBegun: (stream: number, window: Interval, media: DamagedRange['media']): LossCounts =>
      sumBegun.get({ stream, from: window.startMs, to: window.endMs, media })!,
  };
}
