import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';

/** One recorder worker as the main thread sees it. */
export class WorkerHandle {
  readonly #worker: Worker;
  readonly #stopping = new Map<string, () => void>();
  readonly streams = new Set<string>();
  #ending = false;
  #exited = false;

  constructor(options: {
    settings: WorkerSettings;
    onMessage: (message: FromWorker, worker: WorkerHandle) => void;
    /** The worker died by itself, and its streams with it: also those that were being stopped. */
    onDeath: (error: Error | undefined, worker: WorkerHandle, streams: readonly string[]) => void;
  }) {
    let cause: Error | undefined;
    this.#worker = new Worker(new URL('recorder_worker.ts', import.meta.url), {
      workerData: options.settings,
      name: 'recorder',
    });
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'stopped') this.#stopped(message.streamId);
      else options.onMessage(message, this);
    });
    this.#worker.on('error', (error: Error) => {
      cause = error;
    });
    this.#worker.on('exit', () => {
      this.#exited = true;
      const streams = [...this.streams];
      if (!this.#ending) options.onDeath(cause, this, streams);
      for (const streamId of [...this.#stopping.keys()]) this.#stopped(streamId);
    });
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  record(message: ToWorker & { kind: 'record' }): void {
    this.streams.add(message.job.streamId);
    this.post(message);
  }

  /** Resolves when the stream's files are closed, or the worker is dead. */
  stop(streamId: string): Promise<void> {
    if (this.#exited) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#stopping.get(streamId);
    this.#stopping.set(streamId, () => {
      waiting?.();
      resolve();
    });
    this.post({ kind: 'stop', streamId });
    return promise;
  }

  /** Stops all its streams, then the thread. */
  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all([...this.streams].map((streamId) => this.stop(streamId)));
    await this.#worker.terminate();
  }

  #stopped(streamId: string): void {
    this.streams.delete(streamId);
    this.#stopping.get(streamId)?.();
    this.#stopping.delete(streamId);
  }
}
