import { NightjarError } from '../errors/nightjar_error.ts';
import type { Camera, CameraStream } from '../index/cameras.ts';
import { nothingCounted, type StreamStatus } from '../recorder/status.ts';
import { defaultRootName } from '../roots/root_folders.ts';
import type { CameraStore } from './camera_store.ts';
import type { CameraAnswer, StreamAnswer } from './contract/camera.ts';
import type { StatusAnswer } from './contract/status.ts';

type StatusOf = (streamId: string) => StreamStatus | undefined;

/** A camera as the API shows it: with what its streams do, without secrets. */
export function viewCamera(camera: Camera, statusOf: StatusOf): CameraAnswer {
  return {
    ...viewLabels(camera),
    streams: camera.streams.map((stream) => viewStream(camera, stream, statusOf)),
  };
}

/** The same with every figure. */
export function viewCameraInFull(
  camera: Camera,
  statusOf: StatusOf,
  restartsOf: (streamId: string) => number,
): StatusAnswer['cameras'][number] {
  const streams = camera.streams.map((stream) => {
    const status = statusOf(stream.id);
    return {
      ...viewStream(camera, stream, statusOf),
      counters: status?.counters ?? nothingCounted,
      restarts: restartsOf(stream.id),
      queuedBytes: status?.queuedBytes ?? 0,
      slowestWriteMs: status?.slowestWriteMs ?? 0,
      lossBoundMs: status?.lossBoundMs ?? 0,
    };
  });
  return { ...viewLabels(camera), streams };
}

function viewLabels(camera: Camera): Omit<CameraAnswer, 'streams'> {
  return {
    id: camera.id,
    name: camera.name,
    ...(camera.address !== undefined && { address: camera.address }),
    ...(camera.username !== undefined && { username: camera.username }),
    hasPassword: camera.password !== undefined,
    ...(camera.tlsFingerprint !== undefined && { tlsFingerprint: camera.tlsFingerprint }),
    createdMs: camera.createdMs,
    ...(camera.maxAgeDays !== undefined && { maxAgeDays: camera.maxAgeDays }),
    storageRoot: camera.storageRoot ?? defaultRootName,
    ...(camera.eventMaxAgeDays !== undefined && { eventMaxAgeDays: camera.eventMaxAgeDays }),
    ...(camera.maxBytes !== undefined && { maxBytes: camera.maxBytes }),
    ...(camera.minAgeHours !== undefined && { minAgeHours: camera.minAgeHours }),
  };
}

function viewStream(camera: Camera, stream: CameraStream, statusOf: StatusOf): StreamAnswer {
  const status = statusOf(stream.id) ?? statusWithoutRecorder(camera, stream);
  return {
    id: stream.id,
    role: stream.role,
    url: stream.url,
    transport: stream.transport,
    ...(status.transport !== undefined && { transportInUse: status.transport }),
    record: stream.record,
    state: status.state,
    stateReason: status.stateReason,
    ...(status.errorCode !== undefined && { errorCode: status.errorCode }),
    sinceMs: Math.round(status.sinceMs),
    codecs: [...status.codecs],
    ...(status.width !== undefined && { width: status.width }),
    ...(status.height !== undefined && { height: status.height }),
    bitsPerSecond: status.bitsPerSecond,
    framesPerSecond: status.framesPerSecond,
    ...(status.lastFootageMs !== undefined && { lastFootageMs: Math.round(status.lastFootageMs) }),
  };
}

/** A stream that nobody has begun to record has no status yet. */
function statusWithoutRecorder(
  camera: Camera,
  stream: CameraStream,
): Pick<StreamStatus, 'state' | 'stateReason' | 'sinceMs' | 'codecs' | 'bitsPerSecond' | 'framesPerSecond'> &
  Partial<StreamStatus> {
  const still = { sinceMs: camera.createdMs, codecs: [], bitsPerSecond: 0, framesPerSecond: 0 };
  if (stream.url === '') {
    return { ...still, state: 'needs-address', stateReason: 'Its address is not known. Enter the URL.' };
  }
  if (!stream.record) return { ...still, state: 'stopped', stateReason: 'It is set not to be recorded.' };
  return { ...still, state: 'connecting', stateReason: 'It is about to be started.' };
}

/** @throws NightjarError `camera_unknown` */
export function findCamera(cameras: Pick<CameraStore, 'get'>, id: string): Camera {
  const camera = cameras.get(id);
  if (camera) return camera;
  throw new NightjarError('camera_unknown', `There is no camera ${JSON.stringify(id)}.`, {
    place: { field: 'cameraId' },
  });
}

/**
 * The stream of a camera that a query means.
 *
 * @param asked role or id; the main stream when undefined
 * @throws NightjarError `stream_unknown`
 */
export function findStream(camera: Camera, asked = 'main'): CameraStream {
  const stream = camera.streams.find(({ id, role }) => id === asked || role === asked);
  if (stream) return stream;
  const roles = camera.streams.map(({ role }) => role).join(', ');
  throw new NightjarError(
    'stream_unknown',
    `stream is ${JSON.stringify(asked)}, but must be one of ${roles}, or the id of one.`,
    { place: { field: 'stream' } },
  );
}
