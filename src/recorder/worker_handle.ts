import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';

/** What a recorder runs in: a thread, unless a simulation has it share the thread and the clock of the test. */
export interface RecorderThread {
  postMessage(message: ToWorker): void;
  terminate(): Promise<number>;
  // biome-ignore lint/suspicious/noExplicitAny: as the listeners of a Worker are declared.
  on(event: 'message' | 'error' | 'exit', listener: (value: any) => void): unknown;
}
/** Gives a thread that records as the settings say. */
export type TakeThread = (settings: WorkerSettings) => RecorderThread;

/** One recorder worker as the main thread sees it. */
export class WorkerHandle {
  readonly #worker: RecorderThread;
  readonly #stopping = new Map<string, () => void>();
  readonly streams = new Set<string>();
  /** Segments that it has reserved and not finished: its own to write, as long as it runs. */
  readonly segments = new Set<string>();
  #unanswered = 0;
  #ending = false;
  #exited = false;

  constructor(options: {
    thread: RecorderThread;
    onMessage: (message: FromWorker, worker: WorkerHandle) => void;
    /** The thread ended without having been asked to by `end`. */
    onDeath: (error: Error | undefined, worker: WorkerHandle) => void;
  }) {
    let cause: Error | undefined;
    this.#worker = options.thread;
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'stopped') this.#stopped(message.streamId);
      else if (message.kind === 'pong') this.#unanswered = 0;
      else options.onMessage(message, this);
    });
    this.#worker.on('error', (error: Error) => {
      cause = error;
    });
    this.#worker.on('exit', () => {
      this.#exited = true;
      if (!this.#ending) options.onDeath(cause, this);
      for (const streamId of [...this.#stopping.keys()]) this.#stopped(streamId);
    });
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Asks for a sign of life. Returns how many were asked for before and not given. */
  ping(): number {
    this.post({ kind: 'ping' });
    return this.#unanswered++;
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

  /** Ends the thread in the middle of what it does. It is a death: `onDeath` follows, unless a call of the disk hangs. */
  kill(): void {
    void this.#worker.terminate();
  }

  #stopped(streamId: string): void {
    this.streams.delete(streamId);
    this.#stopping.get(streamId)?.();
    this.#stopping.delete(streamId);
  }
}
