import { protectedTime } from '../footage/protected_range.ts';
import type { Camera, RetainedStream } from '../index/cameras.ts';
import type { Index } from '../index/open_index.ts';
import { type Forecast, forecast, type RecordingCamera } from './forecast.ts';
import { type DefaultLimits, limitsOf } from './limits.ts';
import type { Shortfall } from './shortfall.ts';

const dayMs = 86_400_000;

/** How much footage a camera has, and how much it will have. */
export interface CameraRetention extends Forecast {
  readonly cameraId: string;
  readonly name: string;
  /** It was removed; its footage ages out. */
  readonly removed: boolean;
  readonly storedBytes: number;
  /** Of those, what is protected. */
  readonly protectedBytes: number;
  readonly oldestMs: number | undefined;
  /** From the oldest footage to now. */
  readonly achievedDays: number;
  /** What it takes while it records, all streams that are recorded together. */
  readonly bytesPerDay: number;
}

export interface RetentionReport {
  readonly storedBytes: number;
  readonly protectedBytes: number;
  /** What the last sweep could not reach. */
  readonly shortfalls: readonly Shortfall[];
  readonly cameras: readonly CameraRetention[];
}

export interface ReportSources {
  readonly index: Pick<Index, 'cameras' | 'deletion' | 'figures' | 'protections'>;
  readonly nowMs: number;
  readonly defaults: DefaultLimits;
  readonly minFreeBytes: number;
  readonly maxBytes: number | undefined;
  /** The storage roots that are there. */
  readonly roots: readonly { readonly id: string; readonly freeBytes?: number }[];
  /** Where a camera records to. */
  readonly rootIdOf: (camera: Camera) => string;
  /** What a stream takes at the moment: until there are files to measure. */
  readonly bitsPerSecond: (streamId: string) => number;
  readonly shortfalls: readonly Shortfall[];
}

/** What retention has achieved, and what is to be expected of it. */
export function retentionReport(sources: ReportSources): RetentionReport {
  const { index, maxBytes, minFreeBytes, roots, shortfalls } = sources;
  const streams = new Map<string, RetainedStream[]>();
  for (const stream of index.cameras.retained()) {
    streams.set(stream.cameraId, [...(streams.get(stream.cameraId) ?? []), stream]);
  }
  const stored = index.deletion.stored();
  const bytesOf = (of: Partial<(typeof stored)[number]>) =>
    stored
      .filter(
        ({ cameraId, rootId }) => (of.cameraId ?? cameraId) === cameraId && (of.rootId ?? rootId) === rootId,
      )
      .reduce((sum, { bytes }) => sum + bytes, 0);
  const recording = index.cameras.list().map((camera) => recordingCamera(camera, sources));
  const roomOf = ({ id, freeBytes }: ReportSources['roots'][number]) =>
    freeBytes === undefined ? undefined : freeBytes + bytesOf({ rootId: id }) - minFreeBytes;
  const forecasts = forecast({
    cameras: recording,
    maxBytes,
    roots: new Map(roots.map((root) => [root.id, { roomBytes: roomOf(root) }])),
  });
  const cameras = [...streams].map(([cameraId, own]): CameraRetention => {
    const found = recording.find(({ id }) => id === cameraId);
    return {
      cameraId,
      name: own[0]!.cameraName,
      removed: found === undefined,
      storedBytes: bytesOf({ cameraId }),
      protectedBytes: protectedBytes(cameraId, own, sources),
      ...achieved(own, sources),
      bytesPerDay: Math.round(found?.bytesPerDay ?? 0),
      ...(forecasts.get(cameraId) ?? { expectedDays: undefined, limitedBy: undefined }),
    };
  });
  const sum = (figure: 'storedBytes' | 'protectedBytes') =>
    cameras.reduce((total, camera) => total + camera[figure], 0);
  return {
    storedBytes: sum('storedBytes'),
    protectedBytes: sum('protectedBytes'),
    shortfalls,
    cameras: cameras.filter(({ removed, storedBytes }) => !removed || storedBytes > 0),
  };
}

function recordingCamera(camera: Camera, sources: ReportSources): RecordingCamera {
  const { index, nowMs, defaults, rootIdOf, bitsPerSecond } = sources;
  const bytesPerDay = camera.streams
    .filter(({ record }) => record)
    .reduce((sum, { id }) => {
      return sum + (index.figures.bytesPerDay(id, nowMs) ?? (bitsPerSecond(id) * dayMs) / 8_000);
    }, 0);
  const { maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours } = camera;
  const own = { maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours };
  return { id: camera.id, rootId: rootIdOf(camera), bytesPerDay, ...limitsOf(own, defaults) };
}

function achieved(streams: readonly RetainedStream[], { index, nowMs }: ReportSources) {
  const oldest = streams.flatMap(({ streamId }) => index.figures.oldestMs(streamId) ?? []);
  const oldestMs = oldest.length > 0 ? Math.min(...oldest) : undefined;
  return { oldestMs, achievedDays: Math.max(0, nowMs - (oldestMs ?? nowMs)) / dayMs };
}

function protectedBytes(
  cameraId: string,
  streams: readonly RetainedStream[],
  { index }: ReportSources,
): number {
  const times = protectedTime(cameraId, index.protections.list());
  return streams.reduce((sum, { streamId }) => {
    return sum + times.reduce((bytes, time) => bytes + index.figures.bytesBetween(streamId, time), 0);
  }, 0);
}
