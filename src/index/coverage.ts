import { type Interval, subtract } from '../footage/interval.ts';
import type { Database } from './database.ts';

/** What coverage must know of a segment's row. */
export interface CoveringSegment {
  readonly streamKey: number;
  readonly runKey: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly bytes: number;
}

interface CoverageRow extends Interval {
  readonly runKey: number;
  readonly bytes: number;
}

/**
 * The table of maximal stretches of footage. Stretches of a stream are disjoint, so that those of a window are
 * found from the last one that begins before it.
 */
export function coverageTable({ sqlite }: Database) {
  const selectBetween = sqlite.prepare<[object], CoverageRow>(`
    select start_ms as startMs, end_ms as endMs, run_key as runKey, bytes from coverage
    where stream_key = @stream and start_ms < @to and end_ms > @from
      and start_ms >= coalesce(
        (select max(start_ms) from coverage where stream_key = @stream and start_ms <= @from), @from)
    order by start_ms`);
  const selectStart = sqlite.prepare<[number, number], CoverageRow>(`
    select start_ms as startMs, end_ms as endMs, run_key as runKey, bytes from coverage
    where stream_key = ? and start_ms = ?`);
  const selectBefore = sqlite.prepare<[number, number], CoverageRow>(`
    select start_ms as startMs, end_ms as endMs, run_key as runKey, bytes from coverage
    where stream_key = ? and start_ms < ? order by start_ms desc limit 1`);
  const insert = sqlite.prepare(`
    insert into coverage (stream_key, start_ms, end_ms, run_key, bytes)
    values (@stream, @startMs, @endMs, @runKey, @bytes)`);
  const remove = sqlite.prepare('delete from coverage where stream_key = ? and start_ms = ?');
  // Numbers come as REAL: without the cast a share would have a fraction, which the table refuses.
  const sumShares = sqlite.prepare<[object], number>(`
    select coalesce(sum(cast(bytes * (min(end_ms, @to) - max(start_ms, @from)) / (end_ms - start_ms) as integer)), 0)
    from segments
    where stream_key = @stream and run_key = @run and state <> 'open' and lost_because is null and start_ms < @to and end_ms > @from
      and start_ms > @from - (select longest_segment_ms from streams where key = @stream) - 1`);
  sumShares.pluck();

  const between = (stream: number, range: Interval): CoverageRow[] =>
    selectBetween.all({ stream, from: range.startMs, to: range.endMs });

  /** Adds a stretch that nothing covers yet, joined with the neighbours of its run that it touches. */
  function add(stream: number, piece: CoverageRow): void {
    const before = selectBefore.get(stream, piece.startMs);
    const after = selectStart.get(stream, piece.endMs);
    let { startMs, endMs, bytes } = piece;
    if (before?.endMs === startMs && before.runKey === piece.runKey) {
      remove.run(stream, before.startMs);
      startMs = before.startMs;
      bytes += before.bytes;
    }
    if (after?.runKey === piece.runKey) {
      remove.run(stream, after.startMs);
      endMs = after.endMs;
      bytes += after.bytes;
    }
    insert.run({ stream, startMs, endMs, runKey: piece.runKey, bytes });
  }

  /** Takes the instants of `range` away from one stretch. */
  function cut(stream: number, row: CoverageRow, segment: CoveringSegment): void {
    remove.run(stream, row.startMs);
    const [left, right, ...none] = subtract(row, [segment]);
    if (none.length > 0 || !left) return;
    const removed = {
      startMs: Math.max(row.startMs, segment.startMs),
      endMs: Math.min(row.endMs, segment.endMs),
    };
    const rest = Math.max(0, row.bytes - shareOf(segment, removed));
    if (!right) {
      insert.run({ stream, ...left, runKey: row.runKey, bytes: rest });
      return;
    }
    const onLeft = sumShares.get({ stream, run: row.runKey, from: left.startMs, to: left.endMs }) ?? 0;
    const leftBytes = Math.min(rest, onLeft);
    insert.run({ stream, ...left, runKey: row.runKey, bytes: leftBytes });
    insert.run({ stream, ...right, runKey: row.runKey, bytes: rest - leftBytes });
  }

  return {
    between,

    /** Gives the segment those of its instants within `range` that nothing covers yet, and returns them. */
    claim(segment: CoveringSegment, range: Interval = segment): Interval[] {
      const { streamKey, runKey } = segment;
      const pieces = subtract(range, between(streamKey, range));
      for (const piece of pieces) add(streamKey, { ...piece, runKey, bytes: shareOf(segment, piece) });
      return pieces;
    },

    /** Whether one stretch has all of the segment's instants. */
    isWhole(segment: CoveringSegment): boolean {
      const [row, ...others] = between(segment.streamKey, segment);
      return (
        row?.runKey === segment.runKey &&
        others.length === 0 &&
        row.startMs <= segment.startMs &&
        row.endMs >= segment.endMs
      );
    },

    /** Takes the segment's instants away from its run. */
    release(segment: CoveringSegment): void {
      for (const row of between(segment.streamKey, segment)) {
        if (row.runKey === segment.runKey) cut(segment.streamKey, row, segment);
      }
    },
  };
}

/** The segment's bytes, in proportion to how much of its time is meant; rounded down, as in the sum of shares. */
function shareOf(segment: CoveringSegment, part: Interval): number {
  const whole = segment.endMs - segment.startMs;
  return whole === 0 ? 0 : Math.floor((segment.bytes * (part.endMs - part.startMs)) / whole);
}
