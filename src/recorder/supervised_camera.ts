import type { UnixMillis } from '../units/time.ts';
import type { CameraLabel, StreamJob } from './stream_job.ts';
import type { TransportSetting } from './transport_choice.ts';

/** A camera as the recorder needs it. */
export interface SupervisedCamera {
  readonly id: string;
  readonly name: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tlsFingerprint?: string | undefined;
  readonly createdMs: UnixMillis;
  /** Name of its storage root; undefined: `default`. */
  readonly storageRoot?: string | undefined;
  readonly maxAgeDays?: number | undefined;
  readonly eventMaxAgeDays?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly minAgeHours?: number | undefined;
  readonly streams: readonly {
    readonly id: string;
    readonly role: 'main' | 'sub';
    readonly url: string;
    readonly transport: TransportSetting;
    readonly record: boolean;
    readonly createdMs?: UnixMillis;
  }[];
}

/** What it takes to open a session with a camera. */
export interface StreamOrder {
  readonly job: StreamJob;
  readonly label: CameraLabel;
}

/** What streams of all cameras have in common. */
export interface JobSettings {
  readonly installationId: string;
  readonly segmentMs: number;
  /** The id of the storage root with this name; undefined: of the one that is used unless a camera names another. */
  readonly rootIdOf: (name: string | undefined) => string;
}

/** What a worker is told of one stream of a camera. */
export function streamOrder(
  camera: SupervisedCamera,
  stream: SupervisedCamera['streams'][number],
  settings: JobSettings,
): StreamOrder {
  return {
    job: streamJob(camera, stream, settings),
    label: cameraLabel(camera, settings.installationId),
  };
}

/** The same of the streams that are not recorded. */
export function restingOrders(camera: SupervisedCamera, settings: JobSettings): StreamOrder[] {
  return camera.streams
    .filter(({ record, url }) => !record && url !== '')
    .map((stream) => streamOrder(camera, stream, settings));
}

export function streamJob(
  camera: SupervisedCamera,
  stream: SupervisedCamera['streams'][number],
  settings: JobSettings,
): StreamJob {
  return {
    installationId: settings.installationId,
    cameraId: camera.id,
    cameraName: camera.name,
    streamId: stream.id,
    role: stream.role,
    url: stream.url,
    transport: stream.transport,
    ...(camera.username !== undefined && { username: camera.username }),
    ...(camera.password !== undefined && { password: camera.password }),
    ...(camera.tlsFingerprint !== undefined && { tlsFingerprint: camera.tlsFingerprint }),
    record: stream.record,
    segmentMs: settings.segmentMs,
    rootId: settings.rootIdOf(camera.storageRoot),
  };
}

/** True when a running recorder need not be stopped to go from one to the other: a name is only a label. */
export function sameJob(a: StreamJob, b: StreamJob): boolean {
  return JSON.stringify(a) === JSON.stringify({ ...b, cameraName: a.cameraName });
}

/** True when the jobs tell no more apart than the storage root: the session can go on. */
export function differInRoot(a: StreamJob, b: StreamJob): boolean {
  return a.rootId !== b.rootId && sameJob({ ...a, rootId: b.rootId }, b);
}

export function cameraLabel(camera: SupervisedCamera, installationId: string): CameraLabel {
  const { id, name, createdMs, maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours, storageRoot } = camera;
  const streams = camera.streams.map((stream) => ({
    id: stream.id,
    role: stream.role,
    createdMs: stream.createdMs ?? createdMs,
    record: stream.record,
  }));
  const limits = { maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours };
  return { installationId, id, name, createdMs, ...limits, storageRoot, streams };
}
