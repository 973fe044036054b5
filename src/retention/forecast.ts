import type { CameraLimits, RetentionRule } from './plan.ts';

const dayMs = 86_400_000;
/** Beyond a hundred years nobody counts. */
const endlessDays = 36_500;
/** Halvings of a hundred years, down to less than a second. */
const halvings = 42;

/** What a camera will record from now on, by what it does today. */
export interface RecordingCamera extends CameraLimits {
  readonly id: string;
  readonly bytesPerDay: number;
  /** Where it records to. */
  readonly rootId: string;
}

export interface ForecastFacts {
  readonly cameras: readonly RecordingCamera[];
  /** Of all cameras together; undefined: as much as there is room for. */
  readonly maxBytes: number | undefined;
  /** What the footage on each disk may take, with what is there already; undefined when that is not known. */
  readonly roots: ReadonlyMap<string, { readonly roomBytes: number | undefined }>;
}

export interface Forecast {
  /** How old the footage of the camera will get once the rules are in balance; undefined: without end, or not known. */
  readonly expectedDays: number | undefined;
  /** The rule that will end it. */
  readonly limitedBy: RetentionRule | undefined;
}

interface Bound {
  readonly days: number;
  readonly rule: RetentionRule | undefined;
}

/**
 * How many days each camera will have, when all go on as they do. Space takes the oldest of all cameras alike, so that
 * they share one age; those whose own limits are stricter leave their share to the others. Events and protected footage
 * are not foreseen: they make it less.
 */
export function forecast(facts: ForecastFacts): Map<string, Forecast> {
  const own = new Map(facts.cameras.map((camera) => [camera.id, ownBound(camera)]));
  const sharedDays = (cameras: readonly RecordingCamera[], roomBytes: number | undefined): number => {
    if (roomBytes === undefined) return endlessDays;
    const bytesAt = (days: number) =>
      cameras.reduce((sum, camera) => {
        const most = Math.min(days, own.get(camera.id)!.days);
        return sum + camera.bytesPerDay * Math.max(most, camera.minAgeMs / dayMs);
      }, 0);
    if (bytesAt(endlessDays) <= roomBytes) return endlessDays;
    let [low, high] = [0, endlessDays];
    for (let step = 0; step < halvings; step++) {
      const middle = (low + high) / 2;
      if (bytesAt(middle) <= roomBytes) low = middle;
      else high = middle;
    }
    return low;
  };
  const allDays = sharedDays(facts.cameras, facts.maxBytes);
  const rootDays = new Map(
    [...facts.roots].map(([id, { roomBytes }]) => {
      const there = facts.cameras.filter(({ rootId }) => rootId === id);
      return [id, sharedDays(there, roomBytes)] as const;
    }),
  );
  return new Map(
    facts.cameras.map((camera): [string, Forecast] => {
      const bounds: Bound[] = [
        own.get(camera.id)!,
        { days: allDays, rule: 'max_bytes' },
        { days: rootDays.get(camera.rootId) ?? endlessDays, rule: 'min_free' },
      ];
      const least = bounds.reduce((a, b) => (b.days < a.days ? b : a));
      if (camera.bytesPerDay <= 0 || least.days >= endlessDays) {
        return [camera.id, { expectedDays: undefined, limitedBy: undefined }];
      }
      return [
        camera.id,
        { expectedDays: Math.max(least.days, camera.minAgeMs / dayMs), limitedBy: least.rule },
      ];
    }),
  );
}

/** What the camera's own rules allow. */
function ownBound({ maxAgeMs, maxBytes, bytesPerDay }: RecordingCamera): Bound {
  const byAge: Bound =
    maxAgeMs === undefined
      ? { days: endlessDays, rule: undefined }
      : { days: maxAgeMs / dayMs, rule: 'max_age' };
  const byBytes = maxBytes === undefined || bytesPerDay <= 0 ? endlessDays : maxBytes / bytesPerDay;
  return byBytes < byAge.days ? { days: byBytes, rule: 'camera_max_bytes' } : byAge;
}
