import { EventEmitter } from 'node:events';
import type { Clock } from '../../src/clock/clock.ts';
import { ChunkPool } from '../../src/media/sample_arena.ts';
import { writeCameraLabel } from '../../src/recorder/camera_label_file.ts';
import { FirstSegmentOffer } from '../../src/recorder/first_segment.ts';
import { HostClock } from '../../src/recorder/host_clock.ts';
import { MessageLedger } from '../../src/recorder/message_ledger.ts';
import type { FromWorker, ToWorker, WorkerSettings } from '../../src/recorder/messages.ts';
import { StorageRoot } from '../../src/recorder/storage_root.ts';
import { type RecorderEnvironment, StreamRecorder } from '../../src/recorder/stream_recorder.ts';
import type { ScriptedCamera } from './scripted_camera.ts';

/**
 * What a recorder worker does, on the clock of a simulation: the real recorders, files and messages; only sessions with
 * cameras are played.
 */
export class SimulatedThread extends EventEmitter {
  readonly #settings: WorkerSettings;
  readonly #camera: (streamId: string) => ScriptedCamera;
  readonly #environment: Omit<RecorderEnvironment, 'openSession' | 'root'> & {
    readonly ledger: MessageLedger;
  };
  readonly #roots = new Map<string, StorageRoot>();
  readonly #recorders = new Map<string, StreamRecorder>();
  #alive = true;

  constructor(settings: WorkerSettings, clock: Clock, camera: (streamId: string) => ScriptedCamera) {
    super();
    this.#settings = settings;
    this.#camera = camera;
    this.#environment = {
      clock,
      hostClock: new HostClock(clock),
      ledger: new MessageLedger((message) => this.#post(message)),
      pool: new ChunkPool(),
      receiveBuffer: Buffer.alloc(0),
    };
    clock.every(1_000, () => this.#environment.hostClock.check());
  }

  /** Not a word leaves it any more. */
  die(): void {
    this.#alive = false;
  }

  async terminate(): Promise<number> {
    this.die();
    return 0;
  }

  postMessage(message: ToWorker): void {
    queueMicrotask(() => {
      if (this.#alive) this.#take(message);
    });
  }

  #post(message: FromWorker): void {
    queueMicrotask(() => {
      if (this.#alive) this.emit('message', message);
    });
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case 'answer':
        return this.#environment.ledger.answer(message.request, message.result);
      case 'rowsAnswer':
        return this.#environment.ledger.rowsAnswer(message.results);
      case 'stop':
        return void this.#stop(message.streamId);
      case 'ping':
        return this.#post({ kind: 'pong' });
      case 'record':
        this.#record(message);
        return void writeCameraLabel(this.#rootOf(message.job.rootId).folder, message.label);
      default:
    }
  }

  #rootOf(id: string): StorageRoot {
    const { roots, syncMs } = this.#settings;
    const root =
      this.#roots.get(id) ??
      new StorageRoot({ id, folder: roots.get(id), clock: this.#environment.clock, syncMs });
    this.#roots.set(id, root);
    return root;
  }

  #record({ job, first }: ToWorker & { kind: 'record' }): void {
    const { streamId } = job;
    const openSession: RecorderEnvironment['openSession'] = (options) =>
      this.#camera(streamId).openSession(options);
    const recorder = new StreamRecorder(
      job,
      {
        ...this.#environment,
        root: this.#rootOf(job.rootId),
        first: new FirstSegmentOffer(first, this.#environment.ledger),
        openSession,
      },
      {
        onStatus: (status) => this.#post({ kind: 'status', status }),
        onNotRecording: (sinceMs, cause) => this.#post({ kind: 'notRecording', streamId, sinceMs, cause }),
        onLive() {},
      },
    );
    this.#recorders.set(streamId, recorder);
    recorder.start();
  }

  async #stop(streamId: string): Promise<void> {
    await this.#recorders.get(streamId)?.stop();
    this.#recorders.delete(streamId);
    this.#post({ kind: 'stopped', streamId });
  }
}
