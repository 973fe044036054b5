import { type Clock, sleep } from '../clock/clock.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { type TakeThread, WorkerHandle } from './worker_handle.ts';

/** How often a worker is asked for a sign of life. */
export const pingMs = 5_000;
/** With so many unanswered it is given up: its event loop has been blocked for 20 s at least. */
export const maxUnanswered = 4;
/** A worker that was ended and has not gone after this hangs in a call of the disk: its streams do not wait for it. */
const exitMs = 10_000;
/** Files that are not closed so long after the end was asked for are closed by recovery at the next start. */
const endMs = 1_500;
/** A worker that died is started again after this, and after twice as long each time that it happens again soon. */
const restartMs = 1_000;
const maxRestartMs = 30_000;
/** Deaths that lie further apart have nothing to do with each other. */
const calmMs = 120_000;

export interface PoolEvents {
  onMessage(message: FromWorker, worker: WorkerHandle): void;
  /** The worker records nothing any more; its streams wait for `onReplaced`. */
  onLost(worker: WorkerHandle): void;
  /** Its thread has ended: nobody writes to its files any more. Never before `onLost`. */
  onExit(worker: WorkerHandle): void;
  /** There is another worker in its place. */
  onReplaced(worker: WorkerHandle): void;
}

/** The recorder workers: starts them, looks after them, and replaces those that die or hang. Lives on the main thread. */
export class WorkerPool {
  readonly #clock: Clock;
  readonly #log: { error(fields: object, text: string): void };
  readonly #settings: WorkerSettings;
  readonly #takeThread: TakeThread;
  readonly #events: PoolEvents;
  readonly #size: number;
  readonly #workers: WorkerHandle[] = [];
  /** Given up, and not gone yet. */
  readonly #dying = new Set<WorkerHandle>();
  #deathsInARow = 0;
  #lastDeathMs = Number.NEGATIVE_INFINITY;
  #losses = 0;
  #ended = false;

  constructor(options: {
    clock: Clock;
    log: { error(fields: object, text: string): void };
    settings: WorkerSettings;
    size: number;
    takeThread: TakeThread;
    events: PoolEvents;
  }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#settings = options.settings;
    this.#size = options.size;
    this.#takeThread = options.takeThread;
    this.#events = options.events;
  }

  /** Workers that died or were given up since the start. */
  get losses(): number {
    return this.#losses;
  }

  start(): void {
    while (this.#workers.length < this.#size) this.#add();
  }

  /** Closes all files, and ends the threads. Does not wait long for one that hangs. */
  async end(): Promise<void> {
    this.#ended = true;
    const late = sleep(this.#clock, endMs);
    await Promise.all(this.#workers.map((worker) => Promise.race([worker.end(), late])));
    for (const worker of this.#workers) worker.kill();
  }

  /** False once it was lost. */
  has(worker: WorkerHandle): boolean {
    return this.#workers.includes(worker);
  }

  /** The worker that takes the next stream. */
  leastLoaded(): WorkerHandle {
    if (this.#workers.length === 0) return this.#add();
    return this.#workers.reduce((least, worker) =>
      worker.streams.size < least.streams.size ? worker : least,
    );
  }

  /** Tells all workers. */
  post(message: ToWorker): void {
    for (const worker of this.#workers) worker.post(message);
  }

  /** Gives up those that do not answer. To be called every `pingMs`: when this thread hangs, no answer is missed. */
  ping(): void {
    for (const worker of [...this.#workers]) {
      const unanswered = worker.ping();
      if (unanswered < maxUnanswered) continue;
      this.giveUp(worker, `A recorder worker has not answered for ${(unanswered * pingMs) / 1000} s.`);
    }
  }

  /**
   * Ends a worker that is of no use any more, and has its streams go on in another one.
   *
   * @returns false when nothing was done: an earlier one still hangs, as in a disk that does not answer, and another
   *   would hang in it too
   */
  giveUp(worker: WorkerHandle, why: string): boolean {
    if (this.#ended || this.#dying.size > 0 || !this.#workers.includes(worker)) return false;
    this.#log.error({ streams: worker.streams.size }, `${why} It is ended and started again.`);
    this.#dying.add(worker);
    this.#clock.after(exitMs, () => this.#lost(worker));
    worker.kill();
    return true;
  }

  #add(): WorkerHandle {
    const worker = new WorkerHandle({
      thread: this.#takeThread(this.#settings),
      onMessage: (message, from) => this.#events.onMessage(message, from),
      onDeath: (error, dead) => this.#died(error, dead),
    });
    this.#workers.push(worker);
    return worker;
  }

  #died(error: Error | undefined, dead: WorkerHandle): void {
    const expected = this.#dying.delete(dead);
    if (!expected) {
      this.#log.error({ err: error }, 'A recorder worker died; its cameras go on in a new one.');
    }
    this.#lost(dead);
    this.#events.onExit(dead);
  }

  #lost(worker: WorkerHandle): void {
    const place = this.#workers.indexOf(worker);
    if (place < 0) return;
    this.#workers.splice(place, 1);
    this.#losses++;
    this.#events.onLost(worker);
    this.#clock.after(this.#pauseMs(), () => {
      if (this.#ended) return;
      if (this.#workers.length < this.#size) this.#add();
      this.#events.onReplaced(worker);
    });
  }

  /** How long to wait with the next one: what kills a worker at once must not take all the time of the machine. */
  #pauseMs(): number {
    const nowMs = this.#clock.monotonic();
    this.#deathsInARow = nowMs - this.#lastDeathMs < calmMs ? this.#deathsInARow + 1 : 0;
    this.#lastDeathMs = nowMs;
    return Math.min(maxRestartMs, restartMs * 2 ** this.#deathsInARow);
  }
}
