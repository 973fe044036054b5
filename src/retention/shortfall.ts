import type { RetentionFacts, RetentionRule } from './plan.ts';

/** How far a rule of space is from what it asks for, when nothing more may go. */
export interface Shortfall {
  readonly rule: Extract<RetentionRule, 'camera_max_bytes' | 'max_bytes' | 'min_free'>;
  readonly missingBytes: number;
  /** Of `camera_max_bytes`. */
  readonly cameraId?: string;
  /** Of `min_free`. */
  readonly rootId?: string;
}

/** What is missing to each rule. Meant for the end of a sweep: before it, that says nothing. */
export function shortfalls(facts: Omit<RetentionFacts, 'segments'>): Shortfall[] {
  const found: Shortfall[] = [];
  const note = (shortfall: Shortfall) => {
    if (shortfall.missingBytes > 0) found.push(shortfall);
  };
  let allBytes = 0;
  for (const [cameraId, { storedBytes, maxBytes = Number.POSITIVE_INFINITY }] of facts.cameras) {
    allBytes += storedBytes;
    note({ rule: 'camera_max_bytes', missingBytes: storedBytes - maxBytes, cameraId });
  }
  note({ rule: 'max_bytes', missingBytes: allBytes - (facts.maxBytes ?? Number.POSITIVE_INFINITY) });
  for (const [rootId, { freeBytes, minFreeBytes }] of facts.roots) {
    note({ rule: 'min_free', missingBytes: minFreeBytes - (freeBytes ?? minFreeBytes), rootId });
  }
  return found;
}
