import { damagedHoles } from '../footage/damage.ts';
import type { Interval } from '../footage/interval.ts';
import type {
  FootageFile,
  FragmentEntry,
  Run,
  SegmentReservation,
  SegmentSummary,
  SegmentTrack,
} from '../footage/segment.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { CoveringSegment } from './coverage.ts';
import type { Database } from './database.ts';
import { decodeFragments, encodeFragments } from './fragment_table.ts';
import { rootKeys } from './roots.ts';
import { segmentTracksTable } from './segment_tracks.ts';

/** A closed segment as it is listed: without its fragments. */
export interface StoredSegment extends FootageFile {
  readonly id: string;
  readonly streamId: string;
  readonly runId: string;
  readonly clockEpoch: number;
  readonly number: number;
  readonly startMs: UnixMillis;
  readonly endMs: UnixMillis;
  readonly bytes: number;
  readonly independent: boolean;
  /** Its instants belong, at least in part, to earlier footage. */
  readonly overlap: boolean;
  readonly headerHash: string;
  readonly bodyHash: string;
  readonly tracks: readonly SegmentTrack[];
}

/** The keys by which tables refer to a segment, and what coverage needs. */
export interface SegmentRow extends CoveringSegment {
  readonly key: number;
  readonly id: string;
  readonly state: 'open' | 'closed' | 'deleting';
  readonly number: number;
}

interface ListedRow {
  key: number;
  id: string;
  streamId: string;
  runId: string;
  clockEpoch: number;
  number: number;
  rootId: string;
  path: string;
  startMs: number;
  endMs: number;
  bytes: number;
  independent: number;
  overlap: number;
  headerHash: Buffer;
  bodyHash: Buffer;
}

const selectListed = `
  select segments.key as key, segments.id as id, streams.id as streamId, runs.id as runId,
    clock_epoch as clockEpoch, number, roots.id as rootId, path, start_ms as startMs, end_ms as endMs, bytes, independent, overlap,
    header_hash as headerHash, body_hash as bodyHash
  from segments
  join runs on runs.key = run_key
  join roots on roots.key = root_key
  join streams on streams.key = segments.stream_key`;

/** Closed segments of @stream whose files are not lost and that have an instant in [@from, @to): none longer than the longest needs a look. */
const inWindow = `
  where segments.stream_key = @stream and start_ms < @to and end_ms > @from and state = 'closed'
    and lost_because is null and start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1`;

/** Segments for those who only read. */
export function segmentReader(database: Database) {
  const { sqlite } = database;
  const tracks = segmentTracksTable(database);
  const selectBetween = sqlite.prepare<[object], ListedRow>(
    `${selectListed} ${inWindow} order by start_ms, segments.key`,
  );
  const tracksBetween = tracks.prepareMany(`${inWindow} order by segment_key, track_id`);
  const selectById = sqlite.prepare<[string], ListedRow>(
    `${selectListed} where segments.id = ? and state = 'closed' and lost_because is null`,
  );
  const selectFragments = sqlite.prepare<[string], Buffer>(`
    select entries from segment_fragments
    where segment_key = (select key from segments where id = ? and state = 'closed' and lost_because is null)`);
  selectFragments.pluck();

  return {
    between(stream: number, fromMs: number, toMs: number): StoredSegment[] {
      const window = { stream, from: fromMs, to: toMs };
      const found = tracksBetween(window);
      return selectBetween.all(window).map((row) => toSegment(row, found.get(row.key) ?? []));
    },

    byId(id: string): StoredSegment | undefined {
      const row = selectById.get(id);
      return row && toSegment(row, tracks.of(row.key));
    },

    fragments(id: string) {
      const entries = selectFragments.get(id);
      return entries && decodeFragments(entries);
    },
  };
}

/** Segments for the ledger. */
export function segmentsTable(database: Database) {
  const { sqlite } = database;
  const tracks = segmentTracksTable(database);
  const roots = rootKeys(database);
  const insertRun = sqlite.prepare(`
    insert into runs (id, stream_key, clock_epoch) values (@id, @streamKey, @clockEpoch) on conflict do nothing`);
  const insert = sqlite.prepare(`
    insert into segments (id, stream_key, run_key, number, state, root_key, path, start_ms)
    values (@id, @streamKey, (select key from runs where id = @runId), @number, 'open', @rootKey, @path, @startMs)`);
  const columns = `key, id, state, stream_key as streamKey, run_key as runKey, number, start_ms as startMs,
    coalesce(end_ms, start_ms) as endMs, coalesce(bytes, 0) as bytes`;
  const selectRow = sqlite.prepare<[string], SegmentRow>(`select ${columns} from segments where id = ?`);
  const selectPrevious = sqlite.prepare<[number, number], number>(
    "select end_ms from segments where run_key = ? and number = ? - 1 and state <> 'open'",
  );
  selectPrevious.pluck();
  const selectNext = sqlite.prepare<[number, number], number>(
    "select start_ms from segments where run_key = ? and number = ? + 1 and state <> 'open'",
  );
  selectNext.pluck();
  const selectOthers = sqlite.prepare<[object], SegmentRow>(`
    select ${columns} from segments
    where stream_key = @stream and start_ms < @to and end_ms > @from and state <> 'open' and lost_because is null
      and start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1
    order by start_ms, key`);
  const selectOpen = sqlite.prepare<[], SegmentReservation>(`
    select segments.id as id, streams.id as streamId, runs.id as runId, number,
      roots.id as rootId, path, start_ms as provisionalStartMs
    from segments
    join runs on runs.key = run_key
    join roots on roots.key = root_key
    join streams on streams.key = segments.stream_key
    where state = 'open' order by segments.key`);
  const close = sqlite.prepare(`
    update segments set state = 'closed', start_ms = @startMs, end_ms = @endMs, bytes = @bytes,
      independent = @independent, overlap = @overlap, header_hash = @headerHash, body_hash = @bodyHash,
      has_event = @hasEvent
    where key = @key and state = 'open'`);
  const camera = '(select camera_key from streams where key = @stream)';
  const selectHasEvent = sqlite.prepare<[object], number>(`
    select exists (select 1 from events indexed by events_open
        where camera_key = ${camera} and end_ms is null and start_ms <= @to)
      or exists (select 1 from events indexed by events_by_camera_time
        where camera_key = ${camera} and start_ms <= @to and end_ms >= @from
          and start_ms > @from - (select longest_event_ms from cameras where key = ${camera}) - 1)`);
  selectHasEvent.pluck();
  const markOverlap = sqlite.prepare('update segments set overlap = 1 where key = ?');
  const raiseLongest = sqlite.prepare(
    'update streams set longest_segment_ms = @length where key = @stream and longest_segment_ms < @length',
  );
  const selectByPath = sqlite.prepare<[number, number, string], number>(
    'select 1 from segments where stream_key = ? and root_key = ? and path = ?',
  );
  selectByPath.pluck();
  const insertFragments = sqlite.prepare('insert into segment_fragments values (?, ?, ?)');
  const selectVideo = sqlite.prepare<[number], { entries: Buffer; timescale: number }>(`
    select entries, timescale from segment_fragments
    join segment_tracks on segment_tracks.segment_key = segment_fragments.segment_key
    join track_formats on track_formats.key = format_key
    where segment_fragments.segment_key = ? and kind = 'video'`);
  const remove = sqlite.prepare('delete from segments where key = ?');
  const removeRun = sqlite.prepare(
    'delete from runs where key = ? and not exists (select 1 from segments where run_key = runs.key)',
  );

  return {
    row: (id: string): SegmentRow | undefined => selectRow.get(id),

    /** Whether a row, in whatever state, has the file. Reads the stream's rows one by one: not for lists. */
    hasFile: (stream: number, { rootId, path }: FootageFile): boolean =>
      selectByPath.get(stream, roots.require(rootId), path) !== undefined,

    insert(reservation: SegmentReservation, run: Run, streamKey: number): void {
      insertRun.run({ id: run.id, streamKey, clockEpoch: run.clockEpoch });
      const { id, number, path } = reservation;
      const startMs = Math.round(reservation.provisionalStartMs);
      const rootKey = roots.require(reservation.rootId);
      insert.run({ id, streamKey, runId: run.id, number, rootKey, path, startMs });
    },

    /** Where the segment before it in the same run ends. */
    endOfPrevious: (row: SegmentRow): number | undefined => selectPrevious.get(row.runKey, row.number),

    /** Where the segment after it in the same run begins, once that is closed. */
    startOfNext: (row: SegmentRow): number | undefined => selectNext.get(row.runKey, row.number),

    close(row: SegmentRow, summary: SegmentSummary, overlap: boolean): void {
      close.run({
        key: row.key,
        startMs: row.startMs,
        endMs: row.endMs,
        bytes: summary.bytes,
        independent: summary.independent ? 1 : 0,
        overlap: overlap ? 1 : 0,
        headerHash: Buffer.from(summary.headerHash, 'hex'),
        bodyHash: Buffer.from(summary.bodyHash, 'hex'),
        hasEvent: selectHasEvent.get({ stream: row.streamKey, from: row.startMs, to: row.endMs }) ?? 0,
      });
      raiseLongest.run({ stream: row.streamKey, length: row.endMs - row.startMs });
      for (const track of summary.tracks) tracks.insert(row.key, track);
      insertFragments.run(row.key, summary.fragments.length, encodeFragments(summary.fragments));
    },

    /** All of its instants belong to earlier footage. */
    markOverlap: (row: SegmentRow): void => void markOverlap.run(row.key),

    /** The instants of a closed segment that damage to its file has cost, as far as its entries are readable. */
    holes({ key, endMs }: SegmentRow): Interval[] {
      const video = selectVideo.get(key);
      try {
        return video ? holesWithin(decodeFragments(video.entries), video.timescale, endMs) : [];
      } catch (error) {
        if (error instanceof RangeError) return [];
        throw error;
      }
    },

    /** Rows of one run, with all that hangs on them, and the run when it has no others. */
    remove(rows: readonly SegmentRow[]): void {
      for (const { key } of rows) remove.run(key);
      if (rows[0]) removeRun.run(rows[0].runKey);
    },

    /** Those of the stream that have an instant of the range, by start; also those about to be deleted, and none that is lost. */
    overlapping: (stream: number, range: { startMs: number; endMs: number }): SegmentRow[] =>
      selectOthers.all({ stream, from: range.startMs, to: range.endMs }),

    open: (): SegmentReservation[] =>
      selectOpen.all().map((row) => ({ ...row, provisionalStartMs: unixMillis(row.provisionalStartMs) })),
  };
}

/** What damage took out of a segment that ends at `endMs`. @param timescale of the video, in Hz */
export function holesWithin(
  fragments: readonly FragmentEntry[],
  timescale: number,
  endMs: number,
): Interval[] {
  const holes = damagedHoles(fragments, timescale);
  return holes.map((hole) => ({ ...hole, endMs: Math.min(hole.endMs, endMs) }));
}

function toSegment({ key: _, ...row }: ListedRow, tracks: readonly SegmentTrack[]): StoredSegment {
  return {
    ...row,
    startMs: unixMillis(row.startMs),
    endMs: unixMillis(row.endMs),
    independent: row.independent === 1,
    overlap: row.overlap === 1,
    headerHash: row.headerHash.toString('hex'),
    bodyHash: row.bodyHash.toString('hex'),
    tracks,
  };
}
