import type { GapCause } from './gap_cause.ts';
import type { Interval } from './interval.ts';
import type { Timeline, TimelineGap } from './timeline.ts';

/** Causes that are no failure to record: nobody wanted footage of that time, or wants it no more. */
export const intendedCauses: readonly GapCause[] = ['paused', 'deleted'];

/** The gaps of one cause. */
export interface CauseTotal {
  readonly cause: GapCause;
  readonly count: number;
  readonly totalMs: number;
}

/** Time without any footage, whatever the causes. */
export interface LongestGap extends Interval {
  /** Each once, that of most time first. */
  readonly causes: readonly GapCause[];
  readonly ongoing: boolean;
}

/** How much of a range has footage, and why not the rest: `coveredMs` and `missingMs` add up to its known time. */
export interface CoverageSummary {
  readonly coveredMs: number;
  readonly missingMs: number;
  /**
   * Share of the time that footage was wanted of ({@link intendedCauses} are not), 0 to 100, with three digits rounded
   * down: 100 means that nothing is missing at all. Undefined when there was no such time.
   */
  readonly percent: number | undefined;
  /** That of most time first. */
  readonly gaps: readonly CauseTotal[];
  /** Undefined when nothing is missing. */
  readonly longestGap: LongestGap | undefined;
}

/**
 * Sums up a timeline, or a range of it. The time of adjacent ranges adds up to that of both together.
 *
 * @param timeline in full detail: a coarse one shows footage as gaps
 */
export function summariseCoverage(
  timeline: Pick<Timeline, 'recordings' | 'gaps'>,
  range: Interval = { startMs: 0, endMs: Number.MAX_SAFE_INTEGER },
): CoverageSummary {
  const gaps = clipped(timeline.gaps, range);
  const coveredMs = totalLength(clipped(timeline.recordings, range));
  const missingMs = totalLength(gaps);
  const totals = causeTotals(gaps);
  const intendedMs = totals
    .filter(({ cause }) => intendedCauses.includes(cause))
    .reduce((sum, { totalMs }) => sum + totalMs, 0);
  return {
    coveredMs,
    missingMs,
    percent: percentOf(coveredMs, coveredMs + missingMs - intendedMs),
    gaps: totals,
    longestGap: longestGap(gaps),
  };
}

function percentOf(partMs: number, wholeMs: number): number | undefined {
  return wholeMs === 0 ? undefined : Math.floor((partMs * 100_000) / wholeMs) / 1000;
}

function clipped<Part extends Interval>(parts: readonly Part[], { startMs, endMs }: Interval): Part[] {
  return parts
    .map((part) => ({
      ...part,
      startMs: Math.max(part.startMs, startMs),
      endMs: Math.min(part.endMs, endMs),
    }))
    .filter((part) => part.startMs < part.endMs);
}

function totalLength(parts: readonly Interval[]): number {
  return parts.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}

function causeTotals(gaps: readonly TimelineGap[]): CauseTotal[] {
  const ofCause = Map.groupBy(gaps, ({ cause }) => cause);
  return [...ofCause]
    .map(([cause, those]) => ({ cause, count: those.length, totalMs: totalLength(those) }))
    .sort((a, b) => b.totalMs - a.totalMs);
}

function longestGap(gaps: readonly TimelineGap[]): LongestGap | undefined {
  const touching: TimelineGap[][] = [];
  for (const gap of gaps) {
    const group = touching.at(-1);
    if (group?.at(-1)?.endMs === gap.startMs) group.push(gap);
    else touching.push([gap]);
  }
  const [longest] = touching.sort((a, b) => totalLength(b) - totalLength(a));
  if (!longest) return undefined;
  const last = longest.at(-1)!;
  return {
    startMs: longest[0]!.startMs,
    endMs: last.endMs,
    causes: causeTotals(longest).map(({ cause }) => cause),
    ongoing: last.ongoing,
  };
}
