/** What the server pushes to whoever listens. */
import Type, { type Static } from 'typebox';
import { CameraAnswer, cameraAnswer, streamAnswer } from './camera.ts';
import { instantMs } from './field.ts';
import { AlarmList, StorageAnswer } from './status.ts';

export const updateEvents = {
  /** The first of every connection: whatever is shown was missed and must be asked for. */
  hello: Type.Object({ nowMs: instantMs('Of the server.'), version: Type.String() }),
  /** It was added, changed, or a stream of it changed its state. */
  camera: CameraAnswer,
  camera_removed: Type.Object({ id: cameraAnswer.id }),
  /** Footage of a stream reaches up to `endMs` now; at most once a second for each stream. */
  footage: Type.Object({
    cameraId: cameraAnswer.id,
    streamId: streamAnswer.id,
    role: streamAnswer.role,
    endMs: instantMs('Of the newest footage in a file.'),
    bitsPerSecond: streamAnswer.bitsPerSecond,
    framesPerSecond: streamAnswer.framesPerSecond,
  }),
  /** Footage of a stream was deleted: ask for its timeline there. */
  footage_deleted: Type.Object({
    cameraId: cameraAnswer.id,
    streamId: streamAnswer.id,
    role: streamAnswer.role,
    fromMs: instantMs('Inclusive.'),
    toMs: instantMs('Exclusive.'),
  }),
  /** Footage of a stream arrived damaged: ask for its timeline there. At most once in five seconds for each stream. */
  footage_damaged: Type.Object({
    cameraId: cameraAnswer.id,
    streamId: streamAnswer.id,
    role: streamAnswer.role,
    fromMs: instantMs('Inclusive.'),
    toMs: instantMs('Exclusive.'),
  }),
  /** An event of the camera was told, or ended: ask for its timeline there. At most once a second for each camera. */
  camera_events: Type.Object({
    cameraId: cameraAnswer.id,
    fromMs: instantMs('Inclusive.'),
    toMs: instantMs('Inclusive; now where one goes on.'),
  }),
  /** The storage can be used or not, or its free space changed noticeably. */
  storage: StorageAnswer,
  /** An alarm was raised or cleared: all that there are now. */
  alarms: AlarmList,
};

/** What is pushed, by the names of the events. */
export type UpdateEvents = { [Name in keyof typeof updateEvents]: Static<(typeof updateEvents)[Name]> };
