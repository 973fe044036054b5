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
  readonly streams: readonly {
    readonly id: string;
    readonly role: 'main' | 'sub';
    readonly url: string;
    readonly transport: TransportSetting;
    readonly record: boolean;
  }[];
}

/** What it takes to open a session with a camera. */
export interface StreamOrder {
  readonly job: StreamJob;
  readonly label: CameraLabel;
}

interface JobSettings {
  readonly installationId: string;
  readonly segmentMs: number;
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
    .filter(({ record }) => !record)
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
  };
}

/** True when a running recorder need not be stopped to go from one to the other: a name is only a label. */
export function sameJob(a: StreamJob, b: StreamJob): boolean {
  return JSON.stringify(a) === JSON.stringify({ ...b, cameraName: a.cameraName });
}

export function cameraLabel(camera: SupervisedCamera, installationId: string): CameraLabel {
  const streams = camera.streams.map(({ id, role }) => ({ id, role }));
  return { installationId, id: camera.id, name: camera.name, streams };
}
