import type { ActivityStrip } from '../footage/activity.ts';
import type { DamagedRange, LossCounts } from '../footage/damaged_range.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { Interval } from '../footage/interval.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import type { CoverageStretch, DamagedFootage, RecordedGap } from '../footage/timeline.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { activityTable } from './activity.ts';
import { damagesTable } from './damages.ts';
import type { Database } from './database.ts';
import { endOfTime, gapsTable } from './gaps.ts';
import { type StoredSegment, segmentReader } from './segments.ts';
import { streamKeys } from './stream_keys.ts';

/**
 * What was recorded, for those who show it. Windows are half-open; a stream that is not known has nothing.
 * Nothing here reads more rows than it returns, but for a handful.
 */
export function footageReader(database: Database) {
  const { sqlite } = database;
  const keys = streamKeys(database);
  const segments = segmentReader(database);
  const gaps = gapsTable(database);
  const damages = damagesTable(database);
  const activity = activityTable(database);
  const selectCoverage = sqlite.prepare<[object], CoverageStretch>(`
    select runs.id as runId, start_ms as startMs, end_ms as endMs, bytes
    from coverage join runs on runs.key = run_key
    where coverage.stream_key = @stream and start_ms < @to and end_ms > @from
      and start_ms >= coalesce(
        (select max(start_ms) from coverage where stream_key = @stream and start_ms <= @from), @from)
    order by start_ms`);
  const selectExpected = sqlite.prepare<[string], number>(`
    select min(created_ms,
      coalesce((select min(start_ms) from coverage where stream_key = streams.key), created_ms),
      coalesce((select min(start_ms) from gaps where stream_key = streams.key), created_ms))
    from streams where id = ?`);
  selectExpected.pluck();

  return {
    /** Closed segments with an instant in the window, by start; those marked `overlap` among them. */
    segmentsBetween(streamId: string, fromMs: number, toMs: number): StoredSegment[] {
      const key = keys.find(streamId);
      return key === undefined ? [] : segments.between(key, fromMs, toMs);
    },

    /** A closed segment whose file is not lost. */
    segment: (id: string): StoredSegment | undefined => segments.byId(id),

    /** The fragments of a closed segment, wall times to the microsecond; empty when there is no such segment. */
    fragments: (segmentId: string): FragmentEntry[] => segments.fragments(segmentId) ?? [],

    /** The stretches that reach into the window, whole, by start. */
    coverage(streamId: string, fromMs: number, toMs: number): CoverageStretch[] {
      const key = keys.find(streamId);
      return key === undefined ? [] : selectCoverage.all({ stream: key, from: fromMs, to: toMs });
    },

    /** The gaps that reach into the window, whole, by start. */
    gaps(streamId: string, fromMs: number, toMs: number): RecordedGap[] {
      const key = keys.find(streamId);
      if (key === undefined) return [];
      return gaps.between(key, { startMs: fromMs, endMs: toMs }).map(toRecordedGap);
    },

    /**
     * Damaged ranges that reach into the window, whole, by start.
     *
     * @param withinMs those that begin in the same stretch of this length are one
     */
    damages(streamId: string, fromMs: number, toMs: number, withinMs = 1): DamagedFootage[] {
      const key = keys.find(streamId);
      return key === undefined ? [] : damages.between(key, { startMs: fromMs, endMs: toMs }, withinMs);
    },

    /** What was lost of a media on its way, where that began in the window. */
    lossesBegun(streamId: string, fromMs: number, toMs: number, media: DamagedRange['media']): LossCounts {
      const key = keys.find(streamId);
      if (key === undefined) return { packetsLost: 0, unitsDropped: 0 };
      return damages.lossesBegun(key, { startMs: fromMs, endMs: toMs }, media);
    },

    /** Raises the levels of a strip to what closed segments have. */
    addActivity(strip: ActivityStrip, streamId: string): void {
      const key = keys.find(streamId);
      if (key !== undefined) activity.addTo(strip, key);
    },

    /** The first segment with a burst of activity of which an instant is in the window. */
    nextBurst(streamId: string, window: Interval): Interval | undefined {
      const key = keys.find(streamId);
      return key === undefined ? undefined : activity.nextBurst(key, window);
    },

    /** The last segment with a burst of activity that begins before the instant. */
    previousBurst(streamId: string, beforeMs: number): Interval | undefined {
      const key = keys.find(streamId);
      return key === undefined ? undefined : activity.previousBurst(key, beforeMs);
    },

    /** Since when footage is expected: the stream was added then, or has footage from before, or had and it was deleted. */
    expectedFrom(streamId: string): UnixMillis | undefined {
      const fromMs = selectExpected.get(streamId);
      return fromMs === undefined ? undefined : unixMillis(fromMs);
    },
  };
}

function toRecordedGap(row: { startMs: number; endMs: number; cause: GapCause }): RecordedGap {
  return {
    startMs: unixMillis(row.startMs),
    endMs: row.endMs === endOfTime ? undefined : unixMillis(row.endMs),
    cause: row.cause,
  };
}
