import type { GapCause } from '../footage/gap_cause.ts';
import { type Interval, subtract } from '../footage/interval.ts';
import type { Database } from './database.ts';

/** Later than any instant: the end of an open gap, for comparisons. */
export const endOfTime = Number.MAX_SAFE_INTEGER;

interface GapRow extends Interval {
  readonly cause: GapCause;
}

/**
 * The table of gaps. Gaps of a stream are disjoint, from each other and from its coverage; only the last can be
 * open, and `endMs` is {@link endOfTime} then.
 */
export function gapsTable({ sqlite }: Database) {
  const columns = `start_ms as startMs, coalesce(end_ms, ${endOfTime}) as endMs, cause`;
  const selectBetween = sqlite.prepare<[object], GapRow>(`
    select ${columns} from gaps
    where stream_key = @stream and start_ms < @to and (end_ms is null or end_ms > @from)
      and start_ms >= coalesce(
        (select max(start_ms) from gaps where stream_key = @stream and start_ms <= @from), @from)
    order by start_ms`);
  const selectBefore = sqlite.prepare<[number, number], GapRow>(
    `select ${columns} from gaps where stream_key = ? and start_ms < ? order by start_ms desc limit 1`,
  );
  const selectStart = sqlite.prepare<[number, number], GapRow>(
    `select ${columns} from gaps where stream_key = ? and start_ms = ?`,
  );
  const selectOpen = sqlite.prepare<[number], GapRow>(
    `select ${columns} from gaps where stream_key = ? and end_ms is null`,
  );
  const insertRow = sqlite.prepare(
    'insert into gaps (stream_key, start_ms, end_ms, cause) values (@stream, @startMs, @endMs, @cause)',
  );
  const remove = sqlite.prepare('delete from gaps where stream_key = ? and start_ms = ?');

  const between = (stream: number, range: Interval): GapRow[] =>
    selectBetween.all({ stream, from: range.startMs, to: range.endMs });

  /** Adds a gap where there is none, joined with neighbours of the same cause that it touches. */
  function add(stream: number, gap: GapRow): void {
    const before = selectBefore.get(stream, gap.startMs);
    const after = gap.endMs === endOfTime ? undefined : selectStart.get(stream, gap.endMs);
    let { startMs, endMs } = gap;
    if (before?.endMs === startMs && before.cause === gap.cause) {
      remove.run(stream, before.startMs);
      startMs = before.startMs;
    }
    if (after?.cause === gap.cause) {
      remove.run(stream, after.startMs);
      endMs = after.endMs;
    }
    insertRow.run({ stream, startMs, endMs: endMs === endOfTime ? null : endMs, cause: gap.cause });
  }

  return {
    between,

    /** The gap that has not ended, if there is one. */
    open: (stream: number): GapRow | undefined => selectOpen.get(stream),

    /** Records a gap on those instants that have neither footage nor a gap yet. */
    insert(stream: number, gap: GapRow, covered: readonly Interval[]): void {
      const taken = [...covered, ...between(stream, gap)].sort((a, b) => a.startMs - b.startMs);
      for (const piece of subtract(gap, taken)) add(stream, { ...piece, cause: gap.cause });
    },

    /** Takes away the instants of `range`: there is footage after all. An open gap goes on after them. */
    trim(stream: number, range: Interval): void {
      for (const gap of between(stream, range)) {
        remove.run(stream, gap.startMs);
        for (const piece of subtract(gap, [range])) add(stream, { ...piece, cause: gap.cause });
      }
    },

    /**
     * Ends the open gap; one that would end where it began, or before, is forgotten. Where a clock that was ahead left
     * footage in the future, the gap has a part before it, which ends as well.
     */
    closeOpen(stream: number, toMs: number): void {
      const gap = selectOpen.get(stream);
      if (!gap) return;
      remove.run(stream, gap.startMs);
      if (toMs > gap.startMs) return add(stream, { ...gap, endMs: toMs });
      const part = selectBefore.get(stream, toMs);
      if (part?.cause !== gap.cause || part.endMs <= toMs) return;
      remove.run(stream, part.startMs);
      add(stream, { ...part, endMs: toMs });
    },
  };
}
