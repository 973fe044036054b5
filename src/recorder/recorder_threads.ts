import { Worker } from 'node:worker_threads';
import type { ToWorker, WorkerSettings } from './messages.ts';
import type { RecorderThread } from './worker_handle.ts';

const recorderEntry = new URL('recorder_worker.ts', import.meta.url);

/** Threads for recorder workers. Some are started ahead: they load their code while it is found out what to record. */
export class RecorderThreads {
  readonly #entry: URL;
  /** Started, and not yet told what to do. */
  readonly #spare = new Set<Worker>();

  /**
   * @param ahead how many to start at once
   * @param entry what they run, in place of the recorder
   */
  constructor(ahead: number, entry = recorderEntry) {
    this.#entry = entry;
    while (this.#spare.size < ahead) this.#startSpare();
  }

  /** One of those that were started ahead, or else a new one. Whoever takes it ends it. */
  take(settings: WorkerSettings): RecorderThread {
    const [spare] = this.#spare;
    const thread = spare ?? this.#start();
    this.#spare.delete(thread);
    thread.postMessage({ kind: 'begin', settings } satisfies ToWorker);
    return thread;
  }

  /** Ends those that nobody took. */
  async end(): Promise<void> {
    await Promise.all([...this.#spare].map((thread) => thread.terminate()));
  }

  #start(): Worker {
    return new Worker(this.#entry, { name: 'recorder' });
  }

  #startSpare(): void {
    const thread = this.#start();
    this.#spare.add(thread);
    // One that dies before it is wanted is not given out: the next one tells whoever takes it why.
    thread.on('error', () => this.#spare.delete(thread));
    thread.on('exit', () => this.#spare.delete(thread));
  }
}
