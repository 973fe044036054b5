import { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import { subtract } from '../footage/interval.ts';
import type { Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { coverageTable } from './coverage.ts';
import { damagesTable } from './damages.ts';
import type { Database } from './database.ts';
import { endOfTime, gapsTable } from './gaps.ts';
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
  const putHeartbeat = sqlite.prepare(
    'insert into heartbeat values (1, ?) on conflict (only_row) do update set at_ms = excluded.at_ms',
  );
  const selectHeartbeat = sqlite.prepare<[], number>('select at_ms from heartbeat').pluck();

  function openRow(id: string): SegmentRow {
    const row = segments.row(id);
    if (row?.state === 'open') return row;
    throw new NightjarError('internal', `Segment ${id} is ${row ? row.state : 'not there'}, and not open.`);
  }

  function placed(row: SegmentRow, summary: SegmentSummary): SegmentRow {
    const previousEnd = segments.endOfPrevious(row);
    let startMs = Math.round(summary.startMs);
    if (previousEnd !== undefined && Math.abs(previousEnd - startMs) <= roundingMs) startMs = previousEnd;
    else if (previousEnd !== undefined && !summary.independent) startMs = firstShownMs(summary);
    const endMs = Math.max(startMs, Math.round(summary.endMs));
    return { ...row, startMs, endMs, bytes: summary.bytes };
  }

  return {
    /** Commits a row `open` ahead of its file, and the run with its first segment. Throws `stream_unknown`. */
    reserve(reservation: SegmentReservation, run: Run): void {
      database.transaction(() => segments.insert(reservation, run, keys.require(reservation.streamId)));
    },

    /** Drops a reservation that came to nothing: there is no file, or nothing in it. */
    release(segmentId: string): void {
      database.transaction(() => segments.remove(openRow(segmentId)));
    },

    /**
     * Makes an open segment a closed one. Instants that the stream already covers stay with the earlier footage;
     * a segment that gets none at all, or comes after a backward step of the clock (`flags.overlap`), is marked.
     * Footage after a hole begins with its first key frame. Gaps give way to footage; what damage took out of the file is a gap `damaged`, unless its cause is known.
     */
    close(summary: SegmentSummary, flags: { readonly overlap: boolean }): void {
      database.transaction(() => {
        const row = placed(openRow(summary.id), summary);
        // First the row: its fragments say what is whole.
        segments.close(row, summary, flags.overlap);
        damages.insert(row, summary.fragments);
        const holes = segments.holes(row);
        const pieces = subtract(row, holes).flatMap((whole) => coverage.claim(row, whole));
        if (pieces.length === 0 && row.endMs > row.startMs) segments.markOverlap(row);
        for (const piece of pieces) gaps.trim(row.streamKey, piece);
        for (const hole of holes) {
          gaps.insert(row.streamKey, { ...hole, cause: 'damaged' }, coverage.between(row.streamKey, hole));
        }
      });
    },

    /**
     * Says that there is no footage from `fromMs` on. A gap that is open ends there, unless it has the same cause;
     * instants that have footage or a gap already keep them.
     */
    openGap(streamId: string, fromMs: UnixMillis, cause: GapCause): void {
      database.transaction(() => {
        const stream = keys.require(streamId);
        if (gaps.open(stream)?.cause === cause) return;
        const gap = { startMs: Math.round(fromMs), endMs: endOfTime, cause };
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
    knowsFile(streamId: string, path: string): boolean | undefined {
      const stream = keys.find(streamId);
      return stream === undefined ? undefined : segments.hasPath(stream, path);
    },

    /** Reservations that were neither closed nor released, oldest first. */
    openSegments: (): SegmentReservation[] => segments.open(),
  };
}
