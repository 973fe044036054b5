import type { RetainedStream } from '../index/cameras.ts';
import type { CameraLimits } from './plan.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What holds for cameras that say nothing themselves. */
export interface DefaultLimits {
  /** Undefined: any age. */
  readonly maxAgeDays: number | undefined;
  /** Of footage with events; undefined: as other footage. */
  readonly eventMaxAgeDays: number | undefined;
  readonly minAgeHours: number;
}

/** What holds for the footage of a camera: its own where it has one. */
export function limitsOf(
  camera: Pick<RetainedStream, 'maxAgeDays' | 'eventMaxAgeDays' | 'maxBytes' | 'minAgeHours'>,
  defaults: DefaultLimits,
): CameraLimits {
  const days = (own: number | undefined, other: number | undefined) => {
    const value = own ?? other;
    return value === undefined ? undefined : value * dayMs;
  };
  return {
    minAgeMs: (camera.minAgeHours ?? defaults.minAgeHours) * hourMs,
    maxAgeMs: days(camera.maxAgeDays, defaults.maxAgeDays),
    eventMaxAgeMs: days(camera.eventMaxAgeDays, defaults.eventMaxAgeDays),
    maxBytes: camera.maxBytes,
  };
}
