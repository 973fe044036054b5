import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock/system_clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import type { RtspLog } from '../rtsp/client.ts';
import { writeCameraLabel } from './camera_label_file.ts';
import { HostClock } from './host_clock.ts';
import { LiveBatch } from './live_batch.ts';
import { MessageLedger } from './message_ledger.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { StorageRoot } from './storage_root.ts';
import type { CameraLabel, StreamJob } from './stream_job.ts';
import { StreamRecorder } from './stream_recorder.ts';

/**
 * The entry of a recorder worker: sockets, depacketizing, muxing and disk writes of its share of the streams.
 * Everything that it learns goes to the main thread by typed messages, and what somebody watches live.
 */

/** One read takes at most this much; shared by all sockets of the thread, as each read is consumed at once. */
const receiveBufferBytes = 256 * 1024;

const port = parentPort!;
const settings = workerData as WorkerSettings;
const post = (message: FromWorker): void => port.postMessage(message);
const logger: RtspLog = {
  info: (fields, text) => post({ kind: 'log', level: 'info', fields, text }),
  warn: (fields, text) => post({ kind: 'log', level: 'warn', fields, text }),
};

const ledger = new MessageLedger(post);
const hostClock = new HostClock(systemClock);
const environment = {
  clock: systemClock,
  hostClock,
  ledger,
  root: new StorageRoot({ folder: settings.recordingsDir, clock: systemClock, syncMs: settings.syncMs }),
  pool: new ChunkPool(),
  receiveBuffer: Buffer.allocUnsafeSlow(receiveBufferBytes),
  logger,
};
const recorders = new Map<string, StreamRecorder>();

let epoch = hostClock.epoch;
systemClock.every(1_000, () => {
  hostClock.check();
  if (hostClock.epoch !== epoch) logger.warn({}, 'The clock of this machine was set; new runs begin.');
  epoch = hostClock.epoch;
});

function record(job: StreamJob): void {
  const { streamId } = job;
  const live = new LiveBatch((items) => {
    const memory = items.map(({ bytes }) => bytes.buffer);
    port.postMessage({ kind: 'live', streamId, items } satisfies FromWorker, memory);
  });
  const recorder = new StreamRecorder(job, environment, {
    onStatus: (status) => post({ kind: job.record ? 'status' : 'viewing', status }),
    onNotRecording(sinceMs, cause) {
      if (job.record) post({ kind: 'notRecording', streamId, sinceMs, cause });
    },
    onLive: (item) => live.add(item),
    onMetadata({ xml, arrivalMs }) {
      const { cameraId, role } = job;
      const document = { cameraId, streamId, role, arrivalMs, xml };
      port.postMessage({ kind: 'metadata', document } satisfies FromWorker, [xml.buffer]);
    },
  });
  recorders.set(streamId, recorder);
  recorder.start();
}

async function stop(streamId: string): Promise<void> {
  await recorders.get(streamId)?.stop();
  recorders.delete(streamId);
  post({ kind: 'stopped', streamId });
}

function writeLabel(label: CameraLabel): void {
  writeCameraLabel(settings.recordingsDir, label).catch((error) =>
    logger.warn({ camera: label.name }, `camera.json: ${toNightjarError(error).message}`),
  );
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'answer':
      return ledger.answer(message.request, message.result);
    case 'stop':
      return void stop(message.streamId);
    case 'watch':
      return recorders.get(message.streamId)?.watch();
    case 'unwatch':
      return recorders.get(message.streamId)?.unwatch();
    case 'label':
      return writeLabel(message.label);
    case 'record':
      record(message.job);
      if (message.job.record) writeLabel(message.label);
  }
});
