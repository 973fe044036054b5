import type { Clock, Timer } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { AnswerBody, type MediaBody } from './answer_body.ts';
import { type Lease, leaseMs } from './lease_table.ts';
import { type AnswerFacts, type FromWorker, receivedError } from './messages.ts';
import type { JobListener, WorkerHandle } from './worker_handle.ts';

/**
 * Bytes that the worker holds ready. They are read once, or not at all; either way the answer must be closed, which
 * the end of its body does by itself. One of which nothing was taken for as long as a lease lasts is closed too.
 */
export class DeliveryAnswer implements JobListener {
  readonly facts: AnswerFacts;
  readonly #worker: WorkerHandle;
  readonly #job: number;
  readonly #lease: Lease;
  readonly #clock: Clock;
  #stall: Timer;
  #body: AnswerBody | undefined;
  #closed = false;
  #lost: NightjarError | undefined;
  #takenMs: number;

  constructor(options: {
    worker: WorkerHandle;
    job: number;
    facts: AnswerFacts;
    lease: Lease;
    clock: Clock;
  }) {
    this.facts = options.facts;
    this.#worker = options.worker;
    this.#job = options.job;
    this.#lease = options.lease;
    this.#clock = options.clock;
    this.#takenMs = options.clock.monotonic();
    this.#stall = options.clock.after(leaseMs, () => this.#onStall());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The bytes [start, end) of the answer; all of them when not said. Reading fails with a NightjarError. */
  read(start = 0, end = this.facts.totalBytes): MediaBody {
    if (this.#body) throw new Error('an answer is read once');
    if (start < 0 || end < start || end > this.facts.totalBytes)
      throw new RangeError(`no bytes ${start} to ${end}`);
    const body = new AnswerBody({
      onTaken: (bytes) => {
        this.#takenMs = this.#clock.monotonic();
        this.#lease.renew();
        this.#worker.giveBack(this.#job, bytes.buffer);
      },
      onClosed: () => this.close(),
    });
    this.#body = body;
    const lost = this.#lost ?? (this.#closed ? stalled() : undefined);
    if (lost) body.fail(lost);
    else if (start === end) body.end();
    else this.#worker.send({ kind: 'read', job: this.#job, start, end });
    return body;
  }

  /** Gives back what the answer holds; may be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stall.cancel();
    this.#worker.send({ kind: 'close', job: this.#job });
    this.#worker.end(this.#job);
    this.#lease.release();
  }

  onMessage(message: FromWorker): void {
    if (message.kind === 'chunk') this.#body?.push(message.bytes);
    else if (message.kind === 'end') this.#body?.end();
    else if (message.kind === 'failed') this.onLost(receivedError(message.error));
  }

  onLost(error: NightjarError): void {
    this.#lost = error;
    this.#body?.fail(error);
    this.close();
  }

  #onStall(): void {
    const idleMs = this.#clock.monotonic() - this.#takenMs;
    // A disk that is slow to answer is no fault of the reader.
    if (idleMs >= leaseMs && !this.#body?.isWaiting) return this.onLost(stalled());
    this.#stall = this.#clock.after(Math.max(1, idleMs < leaseMs ? leaseMs - idleMs : leaseMs), () =>
      this.#onStall(),
    );
  }
}

function stalled(): NightjarError {
  return new NightjarError('reader_stalled', `Nothing was taken of the answer for ${leaseMs / 1000} s.`);
}
