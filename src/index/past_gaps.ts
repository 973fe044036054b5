import type { GapCause } from '../footage/gap_cause.ts';
import { type Interval, subtract } from '../footage/interval.ts';
import { coverageTable } from './coverage.ts';
import type { Database } from './database.ts';
import { endOfTime, gapsTable } from './gaps.ts';
import { streamKeys } from './stream_keys.ts';

/** Footage and gaps round the same instant by themselves. */
const roundingMs = 2;

/** Gaps that are told of the past, by journals and by files: footage and gaps that are on record keep their instants. */
export function pastGaps(database: Database) {
  const keys = streamKeys(database);
  const gaps = gapsTable(database);
  const coverage = coverageTable(database);

  return {
    /**
     * Adds a gap where there is neither footage nor a gap. One without an end lasts to the next footage; what was being
     * recorded as it began may have an end that is later.
     */
    add(streamId: string, gap: { startMs: number; endMs: number | undefined; cause: GapCause }): void {
      const stream = keys.require(streamId);
      const whole = { startMs: gap.startMs, endMs: gap.endMs ?? endOfTime };
      const covered = coverage.between(stream, whole);
      const endMs = gap.endMs ?? startOfNext(covered, gap.startMs) ?? endOfTime;
      if (endMs > gap.startMs)
        gaps.insert(stream, { startMs: gap.startMs, endMs, cause: gap.cause }, covered);
    },

    /** Says that harm to a file has cost what is neither footage nor a gap from an instant on, up to the next of both. */
    addDamage(streamId: string, fromMs: number): void {
      const stream = keys.require(streamId);
      const rest = { startMs: fromMs, endMs: endOfTime };
      const known = [...coverage.between(stream, rest), ...gaps.between(stream, rest)];
      const endMs = known.reduce(
        (least, { startMs }) => Math.min(least, Math.max(startMs, fromMs)),
        endOfTime,
      );
      if (endMs < endOfTime && endMs > fromMs)
        gaps.insert(stream, { startMs: fromMs, endMs, cause: 'damaged' }, []);
    },

    /**
     * Says that files are gone which had footage: what of a range is neither footage nor a gap is lost.
     *
     * @param range.isBeginVague only what reaches up to the end of the range
     * @returns how many gaps that makes
     */
    addLoss(streamId: string, range: Interval & { readonly isBeginVague: boolean }): number {
      const stream = keys.require(streamId);
      const known = [...coverage.between(stream, range), ...gaps.between(stream, range)];
      const lost = subtract(
        range,
        known.sort((a, b) => a.startMs - b.startMs),
      )
        .filter(({ startMs, endMs }) => endMs - startMs > roundingMs)
        .filter(({ endMs }) => !range.isBeginVague || range.endMs - endMs <= roundingMs);
      for (const piece of lost) gaps.insert(stream, { ...piece, cause: 'lost' }, []);
      return lost.length;
    },

    /** The gap that has not ended, if there is one. */
    open(streamId: string): { readonly startMs: number; readonly cause: GapCause } | undefined {
      return gaps.open(keys.require(streamId));
    },
  };
}

/** Where the first footage begins that does not go back without a hole to an instant. */
function startOfNext(covered: readonly Interval[], atMs: number): number | undefined {
  let reachedMs = atMs;
  for (const { startMs, endMs } of covered) {
    if (startMs > reachedMs || startMs === atMs) return startMs;
    reachedMs = Math.max(reachedMs, endMs);
  }
  return undefined;
}
