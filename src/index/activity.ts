import {
  type ActivityStrip,
  activeParts,
  burstLevel,
  emptyStrip,
  packLevels,
  raise,
  unpackLevels,
} from '../footage/activity.ts';
import type { Interval } from '../footage/interval.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import type { Database } from './database.ts';
import type { SegmentRow } from './segments.ts';

const secondMs = 1_000;
/** From this step on the peaks of whole segments tell enough, of which a view of months needs very many. */
const coarseStepMs = 60_000;

/** The table of activity. Its rows belong to a closed segment, and go when it goes. */
export function activityTable({ sqlite }: Database) {
  const insert = sqlite.prepare(
    'insert into activity values (@segmentKey, @streamKey, @startMs, @peak, @levels)',
  );
  const inWindow = `
    activity.stream_key = @stream and activity.start_ms < @to
      and activity.start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1`;
  const selectLevels = sqlite.prepare<[object], { startMs: number; levels: Buffer }>(
    `select start_ms as startMs, levels from activity where ${inWindow}`,
  );
  const selectPeaks = sqlite.prepare<[object], { slot: number; level: number }>(`
    select cast(start_ms / @step as integer) as slot, avg(peak) as level
    from activity indexed by activity_by_time where ${inWindow} and start_ms >= @from group by slot`);
  const columns = 'activity.start_ms as startMs, end_ms as endMs';
  const burst = `activity.stream_key = @stream and peak >= ${burstLevel} and lost_because is null`;
  const from = 'from activity indexed by activity_by_time join segments on segments.key = segment_key';
  const selectNext = sqlite.prepare<[object], Interval>(`
    select ${columns} ${from} where ${burst} and ${inWindow} and end_ms > @from
    order by activity.start_ms limit 1`);
  const selectPrevious = sqlite.prepare<[object], Interval>(`
    select ${columns} ${from} where ${burst} and activity.start_ms < @to
    order by activity.start_ms desc limit 1`);

  return {
    /** Keeps what the fragments of a segment say, which is closed now. */
    insert({ key, streamKey, startMs, endMs }: SegmentRow, fragments: readonly FragmentEntry[]): void {
      const strip = emptyStrip({ startMs, endMs }, secondMs);
      for (const part of activeParts(fragments, endMs)) raise(strip, part);
      const peak = strip.levels.reduce((highest, level) => Math.max(highest, level), 0);
      if (peak === 0) return;
      insert.run({ segmentKey: key, streamKey, startMs, peak, levels: packLevels(strip.levels) });
    },

    /**
     * Raises the levels of a strip to what closed segments have. From {@link coarseStepMs} on a step has the mean of the peaks
     * of its segments: how much happened, and not only that something did.
     */
    addTo(strip: ActivityStrip, stream: number): void {
      const { startMs, stepMs, levels } = strip;
      const window = { stream, from: startMs, to: startMs + levels.length * stepMs };
      if (stepMs >= coarseStepMs) {
        for (const { slot, level } of selectPeaks.all({ ...window, step: stepMs })) {
          raise(strip, { startMs: slot * stepMs, endMs: (slot + 1) * stepMs, level: Math.round(level) });
        }
        return;
      }
      for (const row of selectLevels.all(window)) {
        const first = Math.floor(row.startMs / secondMs);
        for (const [index, level] of unpackLevels(row.levels).entries()) {
          if (level > 0) {
            const second = (first + index) * secondMs;
            raise(strip, { startMs: second, endMs: second + secondMs, level });
          }
        }
      }
    },

    /** The first segment with a burst of which an instant is in the window; one that is not lost. */
    nextBurst: (stream: number, { startMs, endMs }: Interval): Interval | undefined =>
      selectNext.get({ stream, from: startMs, to: endMs }),

    /** The last segment with a burst that begins before the instant; one that is not lost. */
    previousBurst: (stream: number, beforeMs: number): Interval | undefined =>
      selectPrevious.get({ stream, to: beforeMs }),
  };
}
