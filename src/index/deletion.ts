import type { Clock } from '../clock/clock.ts';
import { type Interval, subtract } from '../footage/interval.ts';
import type { FootageFile } from '../footage/segment.ts';
import { camerasTable } from './cameras.ts';
import { coverageTable } from './coverage.ts';
import type { Database } from './database.ts';
import { gapsTable } from './gaps.ts';
import { type SegmentRow, segmentsTable } from './segments.ts';

/** A segment as retention sees it. */
export interface DeletableSegment extends FootageFile {
  readonly id: string;
  readonly state: 'open' | 'closed' | 'deleting';
  readonly cameraId: string;
  readonly streamId: string;
  readonly startMs: number;
  readonly endMs: number;
  /** What its file takes: nothing when that is gone. */
  readonly bytes: number;
  /** Something happened in front of the camera meanwhile. */
  readonly hasEvent: boolean;
}

/** How much of a stream is on one storage root. */
export interface StoredFootage {
  readonly cameraId: string;
  readonly streamId: string;
  readonly rootId: string;
  /** Closed, and those whose files may or may not be gone. */
  readonly segments: number;
  readonly bytes: number;
}

/** Segments that rules tell apart: those of a stream on a storage root, with events or without. */
export interface SegmentClass {
  readonly streamId: string;
  readonly rootId: string;
  readonly hasEvent: boolean;
}

type DeletableRow = Omit<DeletableSegment, 'hasEvent'> & { hasEvent: number };

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
  const columns = `segments.id as id, state, cameras.id as cameraId, streams.id as streamId, roots.id as rootId, path,
    start_ms as startMs, end_ms as endMs,
    case when lost_because is 'missing' then 0 else bytes end as bytes, has_event as hasEvent`;
  const related = `join streams on streams.key = segments.stream_key
    join cameras on cameras.key = streams.camera_key
    join roots on roots.key = segments.root_key`;
  const selectOldest = sqlite.prepare<[object], DeletableRow>(`
    select ${columns} from segments ${related}
    where segments.stream_key = (select key from streams where id = @streamId)
      and segments.root_key = (select key from roots where id = @rootId) and has_event = @hasEvent
      and state = 'closed' and end_ms >= @fromMs and end_ms <= @toMs and start_ms >= @fromMs
      and (@withMissing = 1 or lost_because is not 'missing')
    order by end_ms limit @limit offset @offset`);
  const selectPending = sqlite.prepare<[], DeletableRow & { because: string }>(
    `select ${columns}, deleting_because as because from segments ${related} where state = 'deleting'`,
  );
  const selectStored = sqlite.prepare<[], StoredFootage>(`
    select cameras.id as cameraId, streams.id as streamId, roots.id as rootId, segments, bytes
    from stored
    join streams on streams.key = stored.stream_key
    join cameras on cameras.key = streams.camera_key
    join roots on roots.key = stored.root_key
    where segments > 0 order by stored.stream_key, stored.root_key`);
  const mark = sqlite.prepare(
    "update segments set state = 'deleting', deleting_because = ? where id = ? and state = 'closed'",
  );
  const unmark = sqlite.prepare(
    "update segments set state = 'closed', deleting_because = null where id = ? and state = 'deleting'",
  );
  const toSegment = <Row extends DeletableRow>(row: Row) => ({ ...row, hasEvent: row.hasEvent === 1 });

  /** @param rows of one run, each of which begins where the one before it ends */
  function finish(rows: readonly SegmentRow[]): void {
    const row = joined(rows);
    // Where others have a part of it, or damage a hole, each has its own share of bytes.
    if (rows.length > 1 && !coverage.isWhole(row)) {
      for (const each of rows) finish([each]);
      return;
    }
    coverage.release(row);
    segments.remove(rows);
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
    /** How much there is of each stream on each storage root; those with nothing are left out. */
    stored: (): StoredFootage[] => selectStored.all(),

    /**
     * Closed segments of one class that lie within `time`, oldest first, after `offset` others.
     *
     * @param time.withMissing false: without those whose files are gone, since deleting them frees nothing
     */
    oldestSegments(
      { streamId, rootId, hasEvent }: SegmentClass,
      time: Interval & { readonly withMissing?: boolean },
      limit: number,
      offset = 0,
    ): DeletableSegment[] {
      const withMissing = time.withMissing === false ? 0 : 1;
      const window = {
        fromMs: Math.ceil(time.startMs),
        toMs: Math.floor(time.endMs),
        withMissing,
        limit,
        offset,
      };
      return selectOldest.all({ streamId, rootId, hasEvent: hasEvent ? 1 : 0, ...window }).map(toSegment);
    },

    /** Condemns closed segments; others are left alone. @param because the rule that says so */
    markDeleting(ids: readonly string[], because: string): void {
      database.transaction(() => {
        for (const id of ids) mark.run(because, id);
      });
    },

    /** Takes a condemnation back. Only for segments whose files are still there. */
    unmarkDeleting(ids: readonly string[]): void {
      database.transaction(() => {
        for (const id of ids) unmark.run(id);
      });
    },

    /** Segments that were condemned and whose files may or may not be gone. */
    pendingDeletions: (): (DeletableSegment & { because: string })[] => selectPending.all().map(toSegment),

    /**
     * Forgets condemned segments whose files are gone, and keeps a gap `deleted` where nothing is left. Not synced: after a
     * power cut they are among `pendingDeletions` again, and nothing is lost but work.
     */
    finishDeleting(ids: readonly string[]): void {
      database.unsyncedTransaction(() => {
        const rows: SegmentRow[] = [];
        for (const id of ids) {
          const row = segments.row(id);
          if (row?.state === 'deleting') rows.push(row);
        }
        for (const successive of sequences(rows)) finish(successive);
        cameras.forgetArchived();
      });
    },
  };
}

/** Segments of one run that follow each other at once, each sequence in the order of time. */
function sequences(rows: readonly SegmentRow[]): SegmentRow[][] {
  const found: SegmentRow[][] = [];
  for (const row of rows.toSorted((a, b) => a.runKey - b.runKey || a.startMs - b.startMs)) {
    const last = found.at(-1)?.at(-1);
    if (last?.runKey === row.runKey && last.endMs === row.startMs) found.at(-1)!.push(row);
    else found.push([row]);
  }
  return found;
}

/** A sequence as if it were one segment. */
function joined(rows: readonly SegmentRow[]): SegmentRow {
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  return { ...rows[0]!, endMs: rows.at(-1)!.endMs, bytes };
}
