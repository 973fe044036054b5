import type { Interval } from '../footage/interval.ts';
import { unprotectedTime } from '../footage/protected_range.ts';
import type { DeletableSegment, SegmentClass } from '../index/deletion.ts';
import type { Deletion } from '../index/open_index.ts';
import { ageLimit, noAgeFromMs, type RetentionFacts, type RetentionRule } from './plan.ts';

/** Of each class at least, when the oldest of several are looked for: enough that few looks are needed. */
const leastOfClass = 32;

/** What of the index is needed to find what may go. */
type CandidateSource = Pick<Deletion, 'stored' | 'oldestSegments'>;

/** Rules, and what they are about: others must wait for what these leave. */
interface CandidateStep {
  readonly rules: readonly RetentionRule[];
  readonly segments: readonly DeletableSegment[];
}

type Facts = Omit<RetentionFacts, 'segments'>;
type Class = SegmentClass & { readonly cameraId: string };

/**
 * What the rules are about, one rule after the other, each time as few of the oldest segments as its next step needs:
 * a sweep must not read a million rows to find the sixty that go. What is protected is passed over by its time, and
 * costs nothing however much it is.
 *
 * @param limit most segments of one step
 */
export function* candidateSteps(
  source: CandidateSource,
  facts: Facts,
  limit: number,
): Generator<CandidateStep> {
  const classes = source
    .stored()
    .filter(({ cameraId, rootId }) => facts.cameras.has(cameraId) && facts.roots.has(rootId))
    .flatMap((stored): Class[] => [false, true].map((hasEvent) => ({ ...stored, hasEvent })));
  yield { rules: ['max_age', 'event_max_age'], segments: expired(source, facts, classes, limit) };
  for (const [id, { storedBytes, maxBytes = Number.POSITIVE_INFINITY }] of facts.cameras) {
    if (storedBytes > maxBytes) {
      const own = classes.filter(({ cameraId }) => cameraId === id);
      yield { rules: ['camera_max_bytes'], segments: oldest(source, facts, own, limit) };
    }
  }
  const storedBytes = [...facts.cameras.values()].reduce((sum, camera) => sum + camera.storedBytes, 0);
  if (storedBytes > (facts.maxBytes ?? Number.POSITIVE_INFINITY)) {
    yield { rules: ['max_bytes'], segments: oldest(source, facts, classes, limit) };
  }
  for (const [id, { freeBytes, minFreeBytes }] of facts.roots) {
    if (freeBytes !== undefined && freeBytes < minFreeBytes) {
      const own = classes.filter(({ rootId }) => rootId === id);
      yield { rules: ['min_free'], segments: oldest(source, facts, own, limit) };
    }
  }
}

function expired(
  source: CandidateSource,
  facts: Facts,
  classes: readonly Class[],
  limit: number,
): DeletableSegment[] {
  const found: DeletableSegment[] = [];
  for (const each of classes) {
    if (found.length >= limit) break;
    const camera = facts.cameras.get(each.cameraId)!;
    const age = ageLimit(camera, each.hasEvent);
    if (!age) continue;
    const time = { startMs: 0, endMs: facts.nowMs - Math.max(age.ageMs, camera.minAgeMs) };
    found.push(...take(source, facts, each, time, limit - found.length));
  }
  return found;
}

/** The oldest of all classes together; where there are none, those that have no age. */
function oldest(
  source: CandidateSource,
  facts: Facts,
  classes: readonly Class[],
  limit: number,
): DeletableSegment[] {
  const ofClass = Math.max(leastOfClass, Math.ceil((2 * limit) / classes.length));
  const aged = oldestIn(source, facts, classes, ofClass, ({ cameraId }) => {
    return { startMs: 0, endMs: facts.nowMs - facts.cameras.get(cameraId)!.minAgeMs };
  });
  if (aged.length > 0) return aged;
  const stray = { startMs: noAgeFromMs(facts), endMs: Number.MAX_SAFE_INTEGER };
  return oldestIn(source, facts, classes, ofClass, () => stray);
}

/** At least so many as of one class; none is left out that is older than the last. */
function oldestIn(
  source: CandidateSource,
  facts: Facts,
  classes: readonly Class[],
  ofClass: number,
  timeOf: (each: Class) => Interval,
): DeletableSegment[] {
  let completeToMs = Number.POSITIVE_INFINITY;
  const found = classes.flatMap((each) => {
    const taken = take(source, facts, each, { ...timeOf(each), withMissing: false }, ofClass);
    if (taken.length === ofClass) completeToMs = Math.min(completeToMs, taken.at(-1)!.endMs);
    return taken;
  });
  return found.filter(({ endMs }) => endMs <= completeToMs);
}

/** The oldest of one class that lie within `within`, are not protected, and nobody reads. */
function take(
  source: CandidateSource,
  facts: Facts,
  segments: Class,
  within: Interval & { readonly withMissing?: boolean },
  limit: number,
): DeletableSegment[] {
  const found: DeletableSegment[] = [];
  for (const time of unprotectedTime(segments.cameraId, facts.protectedRanges, within)) {
    for (let offset = 0; found.length < limit; offset += limit) {
      const page = source.oldestSegments(segments, { ...within, ...time }, limit, offset);
      for (const segment of page) {
        if (found.length < limit && !facts.isRead(segment)) found.push(segment);
      }
      if (page.length < limit) break;
    }
  }
  return found;
}
