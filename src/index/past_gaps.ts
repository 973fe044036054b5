import type { GapCause } from '../footage/gap_cause.ts';
import { type Interval, subtract } from '../footage/interval.ts';
import { coverageTable } from './coverage.ts';
import type { Database } from './database.ts';
import { endOfTime, gapsTable } from './gaps.ts';
import { streamKeys } from './stream_keys.ts';

/** Footage and gaps round the same instant by themselves. */
const roundingMs = 2;

/** A file is named when it begins, and the end of the one before it is known later: pictures of slow cameras last seconds. */
const longestOverlapMs = 5_000;

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
      const endMs = gap.endMs ?? holeFrom(covered, gap.startMs).endMs;
      if (endMs > gap.startMs)
        gaps.insert(stream, { startMs: gap.startMs, endMs, cause: gap.cause }, covered);
    },

    /**
     * Says that harm to a file has cost what is neither footage nor a gap from an instant on, up to the next of both.
     * What was before may have an end that is a little later.
     */
    addDamage(streamId: string, fromMs: number): void {
      const stream = keys.require(streamId);
      const rest = { startMs: fromMs, endMs: endOfTime };
      const known = [...coverage.between(stream, rest), ...gaps.between(stream, rest)];
      const hole = holeFrom(
        known.sort((a, b) => a.startMs - b.startMs),
        fromMs,
      );
      if (hole.startMs - fromMs <= longestOverlapMs && hole.endMs > hole.startMs && hole.endMs < endOfTime)
        gaps.insert(stream, { ...hole, cause: 'damaged' }, []);
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

/** What comes before the first of `known` that does not go back without a hole to an instant. */
function holeFrom(known: readonly Interval[], atMs: number): Interval {
  let reachedMs = atMs;
  for (const { startMs, endMs } of known) {
    if (startMs > reachedMs || startMs === atMs) return { startMs: reachedMs, endMs: startMs };
    reachedMs = Math.max(reachedMs, endMs);
  }
  return { startMs: reachedMs, endMs: endOfTime };
}
