import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';

/** A worker without jobs is ended after this long, since it takes tens of megabytes. */
export const idleMs = 120_000;
/** More jobs at once than that are refused: each may hold a file open and a quarter of a megabyte of media, few of them a whole one. */
const maxJobs = 256;

/** What a job hears of its worker. */
export interface JobListener {
  onMessage(message: FromWorker): void;
  /** Once, instead of any further message. */
  onLost(error: NightjarError): void;
}

/** The delivery worker as the main thread sees it: started when there is work, again when it died. */
export class WorkerHandle {
  readonly #settings: WorkerSettings;
  readonly #clock: Clock;
  readonly #entry: URL;
  readonly #jobs = new Map<number, JobListener>();
  #worker: Worker | undefined;
  #lastJob = 0;
  #idle: Timer | undefined;
  #stopped = false;

  /** @param entry what the thread runs; another one only for tests */
  constructor(
    settings: WorkerSettings,
    clock: Clock,
    entry = new URL('./delivery_worker.ts', import.meta.url),
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#entry = entry;
  }

  get running(): boolean {
    return this.#worker !== undefined;
  }

  /** Thread id of the worker, for diagnosis. */
  get threadId(): number | undefined {
    return this.#worker?.threadId;
  }

  /** @throws NightjarError `stopping`, or `too_busy` */
  begin(listener: JobListener): number {
    if (this.#stopped) throw new NightjarError('stopping', 'The server is stopping.');
    if (this.#jobs.size >= maxJobs) {
      throw new NightjarError('too_busy', `${maxJobs} playlists, clips and exports are being sent already.`);
    }
    const job = ++this.#lastJob;
    this.#jobs.set(job, listener);
    this.#idle?.cancel();
    this.#worker ??= this.#start();
    // Only while it works does it keep the process alive.
    this.#worker.ref();
    return job;
  }

  /** To a job that is over nothing is sent. */
  send(message: ToWorker): void {
    if (this.#jobs.has(message.job)) this.#worker?.postMessage(message);
  }

  /** Memory of a chunk that was read, to be used for another; also when the job is over. */
  giveBack(job: number, buffer: ArrayBuffer): void {
    this.#worker?.postMessage({ kind: 'taken', job, buffer } satisfies ToWorker, [buffer]);
  }

  /** Nothing more is heard of the job. */
  end(job: number): void {
    if (!this.#jobs.delete(job) || this.#jobs.size > 0 || this.#stopped) return;
    this.#worker?.unref();
    this.#idle?.cancel();
    this.#idle = this.#clock.after(idleMs, () => void this.#terminate());
  }

  /** Ends the worker; its jobs hear `stopping`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#idle?.cancel();
    this.#loseJobs(new NightjarError('stopping', 'The server is stopping.'));
    await this.#terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { name: 'delivery', workerData: this.#settings });
    worker.on('message', (message: FromWorker) => this.#jobs.get(message.job)?.onMessage(message));
    worker.on('error', (error) => this.#onDeath(worker, error));
    worker.on('exit', (code) => this.#onDeath(worker, new Error(`it ended with code ${code}`)));
    return worker;
  }

  #onDeath(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const reason = error instanceof Error ? error.message : String(error);
    this.#loseJobs(
      new NightjarError(
        'internal',
        `The thread that reads footage died: ${reason}. It starts again when needed.`,
        {
          cause: error,
        },
      ),
    );
  }

  #loseJobs(error: NightjarError): void {
    const listeners = [...this.#jobs.values()];
    this.#jobs.clear();
    for (const listener of listeners) listener.onLost(error);
  }

  async #terminate(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
