import { flushCompileCache } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../clock/system_clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { heldBackText, placeOf, RepeatLimiter } from '../logging/repeat_limiter.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import type { RtspLog } from '../rtsp/client.ts';
import { FirstSegmentOffer } from './first_segment.ts';
import { HostClock } from './host_clock.ts';
import { LiveBatch } from './live_batch.ts';
import { MessageLedger } from './message_ledger.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { StorageRoot } from './storage_root.ts';
import type { CameraLabel } from './stream_job.ts';
import { StreamRecorder } from './stream_recorder.ts';

/**
 * The entry of a recorder worker: sockets, depacketizing, muxing and disk writes of its share of the streams.
 * Everything that it learns goes to the main thread by typed messages, and what somebody watches live.
 */

/** One read takes at most this much; shared by all sockets of the thread, as each read is consumed at once. */
const receiveBufferBytes = 256 * 1024;

/** When the code that was compiled is kept for the next start, which a power cut may come before. */
const keepCodeMs = 5_000;

const port = parentPort!;
/** Given by the first message. */
let settings: WorkerSettings;
const post = (message: FromWorker): void => port.postMessage(message);
/** Held back here already: a camera that sends rubbish must not keep the main thread busy with lines about it. */
const limiter = new RepeatLimiter(systemClock, (like, heldBack) =>
  post({
    kind: 'log',
    level: 'warn',
    fields: { dropped: heldBack, like },
    text: heldBackText,
    heldBack,
  }),
);
const say = (level: 'info' | 'warn') => (fields: object, text: string) => {
  if (limiter.admit(placeOf(fields), text)) post({ kind: 'log', level, fields, text });
};
const logger: RtspLog = { info: say('info'), warn: say('warn') };

const ledger = new MessageLedger(post);
const hostClock = new HostClock(systemClock);
const environment = {
  clock: systemClock,
  hostClock,
  ledger,
  pool: new ChunkPool(),
  receiveBuffer: Buffer.allocUnsafeSlow(receiveBufferBytes),
  logger,
};
const roots = new Map<string, StorageRoot>();
const recorders = new Map<string, StreamRecorder>();

systemClock.after(keepCodeMs, () => flushCompileCache());

let epoch = hostClock.epoch;
systemClock.every(1_000, () => {
  hostClock.check();
  if (hostClock.epoch !== epoch) logger.warn({}, 'The clock of this machine was set; new runs begin.');
  epoch = hostClock.epoch;
  for (const root of roots.values()) post({ kind: 'inFlight', rootId: root.id, bytes: root.inFlightBytes });
});

function rootOf(id: string): StorageRoot {
  const known = roots.get(id);
  if (known) return known;
  const folder = settings.roots.get(id);
  const root = new StorageRoot({ id, folder, isMarked: true, clock: systemClock, syncMs: settings.syncMs });
  roots.set(id, root);
  return root;
}

function record({ job, first }: ToWorker & { kind: 'record' }): void {
  const { streamId } = job;
  const live = new LiveBatch((items) => {
    const memory = items.map(({ bytes }) => bytes.buffer);
    port.postMessage({ kind: 'live', streamId, items } satisfies FromWorker, memory);
  });
  const recorder = new StreamRecorder(
    job,
    { ...environment, root: rootOf(job.rootId), first: new FirstSegmentOffer(first, ledger) },
    {
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
    },
  );
  recorders.set(streamId, recorder);
  recorder.start();
}

function rootChanged(rootId: string, away: string | undefined): void {
  rootOf(rootId).away = away;
  for (const recorder of recorders.values()) recorder.rootChanged(rootId);
}

function move({ streamId, rootId, label }: ToWorker & { kind: 'move' }): void {
  const root = rootOf(rootId);
  recorders.get(streamId)?.moveTo(root);
  if (root.away === undefined) void writeLabel(label, rootId);
}

async function stop(streamId: string): Promise<void> {
  await recorders.get(streamId)?.stop();
  recorders.delete(streamId);
  post({ kind: 'stopped', streamId });
}

async function writeLabel(label: CameraLabel, rootId: string): Promise<void> {
  try {
    await rootOf(rootId).writeLabel(label);
  } catch (error) {
    logger.warn({ camera: label.name }, `camera.json: ${toNightjarError(error).message}`);
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'begin':
      settings = message.settings;
      return;
    case 'answer':
      return ledger.answer(message.request, message.result);
    case 'rowsAnswer':
      return ledger.rowsAnswer(message.results);
    case 'stop':
      return void stop(message.streamId);
    case 'watch':
      return recorders.get(message.streamId)?.watch();
    case 'unwatch':
      return recorders.get(message.streamId)?.unwatch();
    case 'ping':
      return post({ kind: 'pong' });
    case 'root':
      return rootChanged(message.rootId, message.away);
    case 'move':
      return move(message);
    case 'label':
      return void writeLabel(message.label, message.rootId);
    case 'record':
      record(message);
      if (message.job.record && rootOf(message.job.rootId).away === undefined)
        void writeLabel(message.label, message.job.rootId);
  }
});
