import type { DeletableSegment } from '../index/deletion.ts';

/** Footage that ended less than this ago is never deleted to free space: better a full disk than none of today. */
export const freeSpaceFloorMs = 10 * 60_000;

/** Why a segment goes. */
export type RetentionRule = 'max_age' | 'min_free';

export interface RetentionFacts {
  /** In any order; those that are not closed are passed over. */
  readonly segments: readonly DeletableSegment[];
  /** How old the footage of a stream may get; undefined: any age. */
  readonly maxAgeMs: (streamId: string) => number | undefined;
  /** Free now on the disk; undefined when that cannot be told: nothing is deleted for space then. */
  readonly freeBytes: number | undefined;
  /** What must be free. */
  readonly minFreeBytes: number;
  readonly nowMs: number;
  /** Default {@link freeSpaceFloorMs}. */
  readonly floorMs?: number;
}

export interface Condemned {
  readonly segment: DeletableSegment;
  readonly rule: RetentionRule;
}

/**
 * What is to be deleted, and by which rule: all that is past its age, then, if that does not free enough, the
 * oldest of all streams alike until it does.
 */
export function planRetention(facts: RetentionFacts): Condemned[] {
  const { nowMs, minFreeBytes, floorMs = freeSpaceFloorMs } = facts;
  const closed = facts.segments
    .filter(({ state }) => state === 'closed')
    .sort((a, b) => a.endMs - b.endMs || a.startMs - b.startMs);
  const isExpired = ({ streamId, endMs }: DeletableSegment) =>
    nowMs - endMs > (facts.maxAgeMs(streamId) ?? Number.POSITIVE_INFINITY);
  const plan: Condemned[] = closed.filter(isExpired).map((segment) => ({ segment, rule: 'max_age' }));
  let freeBytes = plan.reduce((sum, { segment }) => sum + segment.bytes, facts.freeBytes ?? minFreeBytes);
  for (const segment of closed) {
    if (freeBytes >= minFreeBytes || nowMs - segment.endMs < floorMs) break;
    if (isExpired(segment)) continue;
    plan.push({ segment, rule: 'min_free' });
    freeBytes += segment.bytes;
  }
  return plan;
}
