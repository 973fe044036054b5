import { NightjarError } from '../errors/nightjar_error.ts';
import { type GapCause, goneCauses } from '../footage/gap_cause.ts';
import { type Interval, subtract } from '../footage/interval.ts';
import type { FootageFile, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { activityTable } from './activity.ts';
import { coverageTable } from './coverage.ts';
import { damagesTable } from './damages.ts';
import type { Database } from './database.ts';
import { endOfTime, gapsTable } from './gaps.ts';
import { runFiles } from './run_files.ts';
import { type SegmentRow, segmentsTable } from './segments.ts';
import { streamKeys } from './stream_keys.ts';

/**
 * A segment's start and the end of the one before it are the same instant of the run, rounded once each and with
 * its clock bent a little in between: so far apart they still touch.
 */
const roundingMs = 2;

/** After a hole nothing can be shown before the first key frame. */
function firstShownMs({ fragments, endMs }: SegmentSummary): number {
  return Math.round(fragments.find(({ keyFrame }) => keyFrame)?.startMs ?? endMs);
}

/**
 * What recording writes. Each call is one short transaction, on the disk when it returns.
 *
 * The order of a segment's life: 1 `reserve` before its file exists; 2 the file is created, written and completed;
 * 3 `close`. A start after a crash looks at `openSegments` alone.
 */
export function ledger(database: Database) {
  const { sqlite } = database;
  const keys = streamKeys(database);
  const segments = segmentsTable(database);
  const coverage = coverageTable(database);
  const gaps = gapsTable(database);
  const damages = damagesTable(database);
  const activity = activityTable(database);
  const putHeartbeat = sqlite.prepare(
    'insert into heartbeat values (1, ?) on conflict (only_row) do update set at_ms = excluded.at_ms',
  );
  const selectHeartbeat = sqlite.prepare<[], number>('select at_ms from heartbeat').pluck();

  function openRow(id: string): SegmentRow {
    const row = segments.row(id);
    if (row?.state === 'open') return row;
    throw new NightjarError('internal', `Segment ${id} is ${row ? row.state : 'not there'}, and not open.`);
  }

  function placed(row: SegmentRow, summary: SegmentSummary, late: boolean): SegmentRow {
    let startMs = Math.round(summary.startMs);
    const previousEnd = segments.endOfPrevious(row) ?? (late ? endOfForgotten(row, startMs) : undefined);
    if (previousEnd !== undefined && Math.abs(previousEnd - startMs) <= roundingMs) startMs = previousEnd;
    else if (previousEnd !== undefined && !summary.independent) startMs = firstShownMs(summary);
    const endMs = Math.max(startMs, endOf(row, summary));
    return { ...row, startMs, endMs, bytes: summary.bytes };
  }

  /**
   * Where the one before it ended, as the gaps say, when its file was deleted before this one was taken in: it begins where
   * it did while both were there.
   */
  function endOfForgotten({ streamKey, number }: SegmentRow, startMs: number): number | undefined {
    if (number === 0) return undefined;
    const near = gaps.between(streamKey, {
      startMs: startMs - roundingMs - 1,
      endMs: startMs + roundingMs + 1,
    });
    const gone = near.find(
      ({ cause, endMs }) => goneCauses.has(cause) && Math.abs(endMs - startMs) <= roundingMs,
    );
    const spanning = near.find((gap) => gap.startMs < startMs && gap.endMs > startMs);
    return gone?.endMs ?? spanning?.startMs;
  }

  /** What follows may be there already, and begins where this one ends: the next segment of its run, or a gap. */
  function endOf(row: SegmentRow, { endMs: exactMs }: SegmentSummary): number {
    const endMs = Math.round(exactMs);
    const near = { startMs: endMs - roundingMs, endMs: endMs + roundingMs + 1 };
    const next = segments.startOfNext(row) ?? gaps.between(row.streamKey, near).at(-1)?.startMs;
    return next !== undefined && Math.abs(next - endMs) <= roundingMs ? next : endMs;
  }

  /** Closed segments of other runs that begin within this one. */
  function begunWithin(row: SegmentRow): SegmentRow[] {
    const others = segments.overlapping(row.streamKey, row);
    return others.filter(({ runKey, startMs }) => runKey !== row.runKey && startMs > row.startMs);
  }

  /** From where the segment before it ends, or it was to begin itself. */
  function lostBegin(reserved: SegmentRow, row: SegmentRow, summary: SegmentSummary): Interval[] {
    if (!summary.isBeginLost) return [];
    const startMs = segments.endOfPrevious(reserved) ?? reserved.startMs;
    return startMs < row.startMs ? [{ startMs, endMs: row.startMs }] : [];
  }

  return {
    /** Runs several of these as one transaction: all of them are on the disk when this returns, or none if it throws. */
    together(work: () => void): void {
      database.transaction(work);
    },

    /** Commits a row `open` ahead of its file, and the run with its first segment. Throws `stream_unknown`. */
    reserve(reservation: SegmentReservation, run: Run): void {
      database.transaction(() => segments.insert(reservation, run, keys.require(reservation.streamId)));
    },

    /** Drops a reservation that came to nothing: there is no file, or nothing in it. */
    release(segmentId: string): void {
      database.transaction(() => segments.remove([openRow(segmentId)]));
    },

    /**
     * Makes an open segment a closed one. Instants that the stream already covers stay with the earlier footage;
     * a segment that gets none at all, or comes after a backward step of the clock (`flags.overlap`), is marked.
     * One that is told `late` goes before what other runs began after it and is on record already.
     * Footage after a hole begins with its first key frame. Gaps give way to footage; what damage took out of the file is a gap `damaged`, unless its cause is known.
     */
    close(summary: SegmentSummary, flags: { readonly overlap: boolean; readonly late?: boolean }): void {
      database.transaction(() => {
        const reserved = openRow(summary.id);
        const row = placed(reserved, summary, flags.late ?? false);
        // First the row: its fragments say what is whole.
        segments.close(row, summary, flags.overlap);
        damages.insert(row, summary.fragments);
        activity.insert(row, summary.fragments);
        const holes = [...lostBegin(reserved, row, summary), ...segments.holes(row)];
        const after = flags.late ? begunWithin(row) : [];
        for (const other of after) coverage.release(other);
        const pieces = subtract(row, holes).flatMap((whole) => coverage.claim(row, whole));
        for (const other of after) {
          for (const whole of subtract(other, segments.holes(other))) coverage.claim(other, whole);
        }
        if (pieces.length === 0 && row.endMs > row.startMs) segments.markOverlap(row);
        for (const piece of pieces) gaps.trim(row.streamKey, piece);
        for (const hole of holes) {
          gaps.insert(row.streamKey, { ...hole, cause: 'damaged' }, coverage.between(row.streamKey, hole));
        }
      });
    },

    /**
     * Says that there is no footage from `fromMs` on. A gap that is open ends there, unless it has the same cause and began before;
     * instants that have footage or a gap already keep them.
     */
    openGap(streamId: string, fromMs: UnixMillis, cause: GapCause): void {
      database.transaction(() => {
        const stream = keys.require(streamId);
        const gap = { startMs: Math.round(fromMs), endMs: endOfTime, cause };
        const open = gaps.open(stream);
        if (open?.cause === cause && open.startMs <= gap.startMs) return;
        gaps.closeOpen(stream, gap.startMs);
        gaps.insert(stream, gap, coverage.between(stream, gap));
      });
    },

    /** Ends the open gap, if there is one. */
    closeGap(streamId: string, toMs: UnixMillis): void {
      database.transaction(() => gaps.closeOpen(keys.require(streamId), Math.round(toMs)));
    },

    /** Notes that the recorder is alive. */
    heartbeat(nowMs: UnixMillis): void {
      database.transaction(() => putHeartbeat.run(Math.round(nowMs)));
    },

    lastHeartbeat(): UnixMillis | undefined {
      const atMs = selectHeartbeat.get();
      return atMs === undefined ? undefined : unixMillis(atMs);
    },

    /** Whether the file belongs to a row, in whatever state; undefined when the stream is not known. */
    knowsFile(streamId: string, file: FootageFile): boolean | undefined {
      const stream = keys.find(streamId);
      return stream === undefined ? undefined : segments.hasFile(stream, file);
    },

    ...runFiles(database),

    /** Reservations that were neither closed nor released, oldest first. */
    openSegments: (): SegmentReservation[] => segments.open(),
  };
}
