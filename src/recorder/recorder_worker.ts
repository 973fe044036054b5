import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock/system_clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import type { RtspLog } from '../rtsp/client.ts';
import { writeCameraLabel } from './camera_label_file.ts';
import { HostClock } from './host_clock.ts';
import { MessageLedger } from './message_ledger.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { StorageRoot } from './storage_root.ts';
import type { StreamJob } from './stream_job.ts';
import { StreamRecorder } from './stream_recorder.ts';

/**
 * The entry of a recorder worker: sockets, depacketizing, muxing and disk writes of its share of the streams.
 * Everything that it learns goes to the main thread by typed messages; bytes of footage never do.
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
  const recorder = new StreamRecorder(job, environment, {
    onStatus: (status) => post({ kind: 'status', status }),
    onNotRecording: (sinceMs, cause) =>
      post({ kind: 'notRecording', streamId: job.streamId, sinceMs, cause }),
  });
  recorders.set(job.streamId, recorder);
  recorder.start();
}

async function stop(streamId: string): Promise<void> {
  await recorders.get(streamId)?.stop();
  recorders.delete(streamId);
  post({ kind: 'stopped', streamId });
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'answer') {
    ledger.answer(message.request, message.result);
  } else if (message.kind === 'stop') {
    void stop(message.streamId);
  } else {
    if (message.kind === 'record') record(message.job);
    writeCameraLabel(settings.recordingsDir, message.label).catch((error) =>
      logger.warn({ camera: message.label.name }, `camera.json: ${toNightjarError(error).message}`),
    );
  }
});
