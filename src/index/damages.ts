import { type DamagedRange, damagedRanges } from '../footage/damaged_range.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import type { DamagedFootage } from '../footage/timeline.ts';
import type { Database } from './database.ts';
import type { SegmentRow } from './segments.ts';

/**
 * The table of damaged footage. Its rows belong to a closed segment and lie within it; they go when it goes.
 */
export function damagesTable({ sqlite }: Database) {
  const insert = sqlite.prepare<[DamagedRange & { segmentKey: number; streamKey: number }]>(`
    insert into damages (segment_key, media, start_ms, end_ms, stream_key, packets_lost, units_dropped)
    values (@segmentKey, @media, @startMs, @endMs, @streamKey, @packetsLost, @unitsDropped)`);
  const selectBetween = sqlite.prepare<[object], DamagedFootage>(`
    select runs.id as runId, media, damages.start_ms as startMs, damages.end_ms as endMs,
      packets_lost as packetsLost, units_dropped as unitsDropped
    from damages
    join segments on segments.key = segment_key
    join runs on runs.key = run_key
    where damages.stream_key = @stream and damages.start_ms < @to and damages.end_ms > @from
      and damages.start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1
    order by damages.start_ms`);

  return {
    /** Keeps what the fragments of a segment say, which is closed now. */
    insert(segment: SegmentRow, fragments: readonly FragmentEntry[]): void {
      for (const range of damagedRanges(fragments, segment)) {
        insert.run({ ...range, segmentKey: segment.key, streamKey: segment.streamKey });
      }
    },

    /** The ranges that reach into the window, whole, by start. */
    between: (stream: number, fromMs: number, toMs: number): DamagedFootage[] =>
      selectBetween.all({ stream, from: fromMs, to: toMs }),
  };
}
