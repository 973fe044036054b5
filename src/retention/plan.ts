import { isProtected, type ProtectedRange } from '../footage/protected_range.ts';
import type { DeletableSegment } from '../index/deletion.ts';

/**
 * Why a segment goes: too old; too old though something happened in it; its camera has too much; all cameras together
 * have; its disk has too little free.
 */
export type RetentionRule = 'max_age' | 'event_max_age' | 'camera_max_bytes' | 'max_bytes' | 'min_free';

/** What holds for the footage of one camera. */
export interface CameraLimits {
  /** Younger footage never goes, whatever is missing. */
  readonly minAgeMs: number;
  /** Older footage goes; undefined: any age. */
  readonly maxAgeMs: number | undefined;
  /** The same for footage with events, where that is longer; undefined: as other footage. */
  readonly eventMaxAgeMs: number | undefined;
  /** Undefined: as much as there is room for. */
  readonly maxBytes: number | undefined;
}

export interface CameraFacts extends CameraLimits {
  /** What it has on all disks, with the files that are being written. */
  readonly storedBytes: number;
}

/** A disk. */
export interface RootFacts {
  /** Undefined when that cannot be told: nothing is deleted for space then. */
  readonly freeBytes: number | undefined;
  /** What must be free. */
  readonly minFreeBytes: number;
}

export interface RetentionFacts {
  /** The time by which footage ages. */
  readonly nowMs: number;
  /** The wall clock, which may have been stepped ahead of that. */
  readonly wallMs: number;
  /** In any order. Those that are not closed, and those of cameras that are not in `cameras`, are passed over. */
  readonly segments: readonly DeletableSegment[];
  readonly cameras: ReadonlyMap<string, CameraFacts>;
  readonly roots: ReadonlyMap<string, RootFacts>;
  readonly protectedRanges: readonly ProtectedRange[];
  /** Whether somebody reads the segment now. */
  readonly isRead: (segment: DeletableSegment) => boolean;
  /** Of all cameras together; undefined: as much as there is room for. */
  readonly maxBytes: number | undefined;
}

export interface Condemned {
  readonly segment: DeletableSegment;
  readonly rule: RetentionRule;
}

/** Footage from so much later than now was recorded when the clock was wrong: how old it is cannot be told. */
const strayMs = 86_400_000;

/** What begins from then on has no age: it goes when space is missing and nothing else may go. */
export function noAgeFromMs({ nowMs, wallMs }: Pick<RetentionFacts, 'nowMs' | 'wallMs'>): number {
  return Math.max(nowMs, wallMs) + strayMs;
}

/** How old the footage may get, and by which rule; undefined: any age. */
export function ageLimit(
  { maxAgeMs, eventMaxAgeMs }: CameraLimits,
  hasEvent: boolean,
): { readonly ageMs: number; readonly rule: RetentionRule } | undefined {
  if (maxAgeMs === undefined) return undefined;
  if (hasEvent && eventMaxAgeMs !== undefined && eventMaxAgeMs > maxAgeMs) {
    return { ageMs: eventMaxAgeMs, rule: 'event_max_age' };
  }
  return { ageMs: maxAgeMs, rule: 'max_age' };
}

/**
 * What is to be deleted, and by which rule: all that is past its age; then, where that does not suffice, the oldest of a
 * camera until it has no more than it may; then the oldest of all cameras until they have no more than they may; then
 * the oldest on each disk until so much is free there. What goes by one rule counts for those after it.
 *
 * Never: what is protected, open, being read, or younger than its camera's guaranteed age. Footage from more than a day
 * ahead, of a clock that was wrong, comes last for the rules of space.
 */
export function planRetention(facts: RetentionFacts): Condemned[] {
  const { nowMs, cameras, roots } = facts;
  const left = new Set(facts.segments.filter((segment) => mayGo(segment, facts)).sort(byAge));
  const plan: Condemned[] = [];
  const storedBytes = new Map([...cameras].map(([id, camera]) => [id, camera.storedBytes]));
  const freedBytes = new Map<string, number>();
  const condemn = (segment: DeletableSegment, rule: RetentionRule) => {
    plan.push({ segment, rule });
    left.delete(segment);
    const { cameraId, rootId, bytes } = segment;
    storedBytes.set(cameraId, storedBytes.get(cameraId)! - bytes);
    freedBytes.set(rootId, (freedBytes.get(rootId) ?? 0) + bytes);
  };

  for (const segment of left) {
    const limit = ageLimit(cameras.get(segment.cameraId)!, segment.hasEvent);
    if (limit && nowMs - segment.endMs > limit.ageMs) condemn(segment, limit.rule);
  }
  for (const segment of left) {
    const most = cameras.get(segment.cameraId)!.maxBytes ?? Number.POSITIVE_INFINITY;
    if (storedBytes.get(segment.cameraId)! > most) condemn(segment, 'camera_max_bytes');
  }
  let allBytes = [...storedBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  for (const segment of left) {
    if (allBytes <= (facts.maxBytes ?? Number.POSITIVE_INFINITY)) break;
    condemn(segment, 'max_bytes');
    allBytes -= segment.bytes;
  }
  for (const segment of left) {
    const root = roots.get(segment.rootId);
    if (root?.freeBytes === undefined) continue;
    const freeBytes = root.freeBytes + (freedBytes.get(segment.rootId) ?? 0);
    if (freeBytes < root.minFreeBytes) condemn(segment, 'min_free');
  }
  return plan;
}

/** Oldest first. Where files end at once the order is one that does not depend on how they were found. */
function byAge(a: DeletableSegment, b: DeletableSegment): number {
  return a.endMs - b.endMs || a.startMs - b.startMs || (a.id < b.id ? -1 : 1);
}

function mayGo(segment: DeletableSegment, facts: RetentionFacts): boolean {
  const camera = facts.cameras.get(segment.cameraId);
  return (
    camera !== undefined &&
    segment.state === 'closed' &&
    (facts.nowMs - segment.endMs >= camera.minAgeMs || segment.startMs >= noAgeFromMs(facts)) &&
    !facts.isRead(segment) &&
    !facts.protectedRanges.some((range) => isProtected(segment, range))
  );
}
