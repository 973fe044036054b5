import type { Clock } from '../clock/clock.ts';
import { subtract } from '../footage/interval.ts';
import { camerasTable } from './cameras.ts';
import { coverageTable } from './coverage.ts';
import type { Database } from './database.ts';
import { gapsTable } from './gaps.ts';
import { type SegmentRow, segmentsTable } from './segments.ts';

/** A segment as retention sees it. */
export interface DeletableSegment {
  readonly id: string;
  readonly state: 'open' | 'closed' | 'deleting';
  readonly streamId: string;
  /** Relative to the recordings folder. */
  readonly path: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly bytes: number;
}

/**
 * What retention reads and writes. The order of a deletion, each step on the disk before the next:
 * 1 `markDeleting`; 2 the file is unlinked and its folder synced; 3 `finishDeleting`. After a crash,
 * `pendingDeletions` says where to go on.
 */
export function deletion(database: Database, clock: Clock) {
  const { sqlite } = database;
  const segments = segmentsTable(database);
  const coverage = coverageTable(database);
  const gaps = gapsTable(database);
  const cameras = camerasTable(database, clock);
  const select = `
    select segments.id as id, state, streams.id as streamId, path, start_ms as startMs, end_ms as endMs, bytes
    from segments join streams on streams.key = segments.stream_key`;
  const selectOldest = sqlite.prepare<[object], DeletableSegment>(
    `${select} where state = 'closed' and end_ms <= @before order by end_ms limit @limit`,
  );
  const selectExpired = sqlite.prepare<[object], DeletableSegment>(`
    ${select}
    where segments.stream_key = (select key from streams where id = @streamId) and state = 'closed'
      and start_ms <= @before and end_ms <= @before
    order by start_ms limit @limit`);
  const selectPending = sqlite.prepare<[], DeletableSegment & { because: string }>(
    `${select.replace('bytes', 'bytes, deleting_because as because')} where state = 'deleting'`,
  );
  const mark = sqlite.prepare(
    "update segments set state = 'deleting', deleting_because = ? where id = ? and state = 'closed'",
  );

  function finish(row: SegmentRow): void {
    coverage.release(row);
    segments.remove(row);
    // Footage that was eclipsed by what goes now comes to light.
    for (const other of segments.overlapping(row.streamKey, row)) {
      const startMs = Math.max(other.startMs, row.startMs);
      const endMs = Math.min(other.endMs, row.endMs);
      for (const whole of subtract({ startMs, endMs }, segments.holes(other))) coverage.claim(other, whole);
    }
    const covered = coverage.between(row.streamKey, row);
    for (const hole of subtract(row, covered)) gaps.insert(row.streamKey, { ...hole, cause: 'deleted' }, []);
  }

  return {
    /** Closed segments of all streams that end by `beforeMs`, oldest first. */
    oldestSegments: (beforeMs: number, limit: number): DeletableSegment[] =>
      selectOldest.all({ before: Math.floor(beforeMs), limit }),

    /** Closed segments of one stream that end by `beforeMs`, oldest first. */
    expiredSegments: (streamId: string, beforeMs: number, limit: number): DeletableSegment[] =>
      selectExpired.all({ streamId, before: Math.floor(beforeMs), limit }),

    /** Condemns closed segments; others are left alone. @param because the rule that says so */
    markDeleting(ids: readonly string[], because: string): void {
      database.transaction(() => {
        for (const id of ids) mark.run(because, id);
      });
    },

    /** Segments that were condemned and whose files may or may not be gone. */
    pendingDeletions: (): (DeletableSegment & { because: string })[] => selectPending.all(),

    /** Forgets condemned segments whose files are gone, and keeps a gap `deleted` where nothing is left. */
    finishDeleting(ids: readonly string[]): void {
      database.transaction(() => {
        for (const id of ids) {
          const row = segments.row(id);
          if (row?.state === 'deleting') finish(row);
        }
        cameras.forgetArchived();
      });
    },
  };
}
