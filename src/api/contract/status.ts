/** The state of the server, its storage and its alarms, in the HTTP API. */
import Type, { type Static } from 'typebox';
import { alarmKinds } from '../../alarms/alarm_kind.ts';
import { rootStates } from '../../roots/root_status.ts';
import { cameraAnswer, streamAnswer } from './camera.ts';
import { count, id, instantMs } from './field.ts';
import { VerificationAnswer } from './verification.ts';

const Counters = Type.Object({
  packets: count('RTP packets received.'),
  packetsLost: count('RTP packets that never came.'),
  bytesReceived: count('Bytes received.'),
  framingBytesLost: count('Bytes skipped to find the framing again.'),
  framesWritten: count('Pictures in files.'),
  audioFramesWritten: count('Sound frames in files.'),
  fragmentsWritten: count('Fragments in files.'),
  bytesWritten: count('Bytes in files.'),
  damagedUnits: count('Pictures and sounds that came in broken and were left out.'),
  damagedFootageMs: count('Footage in files that shows damage, in milliseconds.'),
  samplesDropped: count('Samples that had no place on the time line.'),
  metadataPackets: count('RTP packets with metadata; not among `packets`.'),
  metadataDocuments: count('Whole metadata documents received.'),
  metadataBytes: count('Bytes of those documents.'),
  metadataLost: count(
    'Metadata documents that came incomplete, too large, too many at once, or were no XML.',
  ),
  reconnects: count('Sessions after the first.'),
});

const disk = {
  folder: Type.String(),
  usable: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'Why it is not usable.' })),
  totalBytes: Type.Optional(count('Size of the disk.')),
  freeBytes: Type.Optional(count('Free for Nightjar.')),
};

export const StorageRootAnswer = Type.Object({
  id: id('Of the root, as its marker has it.'),
  name: Type.String({ description: 'As cameras name it.' }),
  ...disk,
  state: Type.Enum(rootStates, {
    description:
      'full: deleting old footage may help; unwritable: mounted read-only, or not ours; missing: not mounted; failing: its disk does not answer, or with errors.',
  }),
  inFlightBytes: count(
    'On the way to the disk: in memory, or written and not yet synced. Taken off the free space before that is judged.',
  ),
});
export type StorageRootAnswer = Static<typeof StorageRootAnswer>;

/** The disk of the root `default`, and all roots, that one among them. */
export const StorageAnswer = Type.Object({
  ...disk,
  minFreeBytes: count('Kept free on each disk by deleting the oldest footage.'),
  roots: Type.Array(StorageRootAnswer, { description: 'The folders that footage is written to.' }),
});
export type StorageAnswer = Static<typeof StorageAnswer>;

export const AlarmAnswer = Type.Object({
  id: id('The same for the same condition of the same subject.'),
  kind: Type.Enum(alarmKinds),
  severity: Type.Enum(['critical', 'warning'], {
    description: 'critical: footage is being lost, or will be soon.',
  }),
  sinceMs: instantMs('Since when it is so; an alarm is raised when it has been so for a while.'),
  text: Type.String({ description: 'What is so, in words.' }),
  advice: Type.String({ description: 'What a person should do.' }),
  cameraId: Type.Optional(cameraAnswer.id),
  streamId: Type.Optional(streamAnswer.id),
  role: Type.Optional(streamAnswer.role),
  root: Type.Optional(Type.String({ description: 'Name of the storage root.' })),
});
export type AlarmAnswer = Static<typeof AlarmAnswer>;

export const AlarmList = Type.Object({
  alarms: Type.Array(AlarmAnswer, { description: 'What needs a person now, the gravest first.' }),
});
export type AlarmList = Static<typeof AlarmList>;

export const StatusAnswer = Type.Object({
  version: Type.String(),
  installationId: id('Of this data folder.'),
  startedMs: instantMs('When the server started.'),
  nowMs: instantMs('Of the server.'),
  healthy: Type.Boolean(),
  problems: Type.Array(Type.String({ description: 'What keeps the server from working, in words.' })),
  alarms: AlarmList.properties.alarms,
  storage: StorageAnswer,
  verification: VerificationAnswer,
  process: Type.Object({
    residentBytes: count('Memory of the process.'),
    cpuSeconds: Type.Number({ description: 'Processor time since the start.' }),
    eventLoopDelayMs: Type.Number({
      description: 'How late the main thread was at worst in the last minute.',
    }),
  }),
  supervision: Type.Object({
    streamRestarts: count('Streams begun anew because nothing of them was committed for too long.'),
    workerRestarts: count('Recorder threads replaced because they died, hung, or were of no help.'),
    logLinesHeldBack: count('Lines that were not logged because they repeat.'),
  }),
  cameras: Type.Array(
    Type.Object({
      ...cameraAnswer,
      streams: Type.Array(
        Type.Object({
          ...streamAnswer,
          counters: Counters,
          restarts: count('Times that it was begun anew because nothing of it was committed for too long.'),
          queuedBytes: count('Bytes that wait for the disk.'),
          slowestWriteMs: Type.Number({
            description:
              'The longest that a call of its disk took in the last half a minute, in milliseconds.',
          }),
          lossBoundMs: Type.Number({ description: 'What a power cut can cost at most, in milliseconds.' }),
        }),
      ),
    }),
  ),
});
export type StatusAnswer = Static<typeof StatusAnswer>;

export const HealthAnswer = Type.Object({
  status: Type.Enum(['ok', 'failing', 'stopping']),
  problems: Type.Array(Type.String()),
});
export type HealthAnswer = Static<typeof HealthAnswer>;
