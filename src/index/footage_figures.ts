import type { Interval } from '../footage/interval.ts';
import type { Database } from './database.ts';
import { streamKeys } from './stream_keys.ts';

const hourMs = 3_600_000;
/** Day and night differ: so many hours back a file is looked at, one of each hour. */
const sampledHours = 24;

/** Sums of footage that cost little, however much there is. */
export function footageFigures(database: Database) {
  const { sqlite } = database;
  const keys = streamKeys(database);
  const selectOldest = sqlite
    .prepare<[number], number>('select start_ms from coverage where stream_key = ? order by start_ms limit 1')
    .pluck();
  const selectSample = sqlite.prepare<[object], { bytes: number; ms: number }>(`
    select bytes, end_ms - start_ms as ms from segments
    where stream_key = @stream and start_ms <= @at and start_ms > @at - ${hourMs} and state = 'closed'
    order by start_ms desc limit 1`);
  const selectBytes = sqlite.prepare<[object], number>(`
    select coalesce(sum(bytes * 1.0 * (min(end_ms, @to) - max(start_ms, @from)) / (end_ms - start_ms)), 0)
    from coverage
    where stream_key = @stream and start_ms < @to and end_ms > @from
      and start_ms >= coalesce(
        (select max(start_ms) from coverage where stream_key = @stream and start_ms <= @from), @from)`);
  selectBytes.pluck();

  return {
    /** Begin of the oldest footage of a stream. */
    oldestMs(streamId: string): number | undefined {
      const stream = keys.find(streamId);
      return stream === undefined ? undefined : selectOldest.get(stream);
    },

    /** What a stream took per day of footage, in bytes, by files of the last 24 hours; undefined when it has none. */
    bytesPerDay(streamId: string, nowMs: number): number | undefined {
      const stream = keys.find(streamId);
      if (stream === undefined) return undefined;
      const samples = Array.from({ length: sampledHours }, (_, hour) => {
        return selectSample.get({ stream, at: Math.floor(nowMs) - hour * hourMs });
      });
      const sum = (figure: 'bytes' | 'ms') =>
        samples.reduce((total, sample) => total + (sample?.[figure] ?? 0), 0);
      return sum('ms') > 0 ? (sum('bytes') * 24 * hourMs) / sum('ms') : undefined;
    },

    /** Bytes of the footage of a stream in a window, in proportion to its time. */
    bytesBetween(streamId: string, { startMs, endMs }: Interval): number {
      const stream = keys.find(streamId);
      if (stream === undefined) return 0;
      return Math.round(selectBytes.get({ stream, from: startMs, to: endMs }) ?? 0);
    },
  };
}
