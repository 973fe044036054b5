import { Readable } from 'node:stream';
import type { NightjarError } from '../errors/nightjar_error.ts';
import type { Lease } from './lease_table.ts';
import {
  type AnswerFacts,
  chunkBytes,
  type FromWorker,
  maxChunksInFlight,
  receivedError,
} from './messages.ts';
import type { JobListener, WorkerHandle } from './worker_handle.ts';

/**
 * Bytes that the worker holds ready. They are read once, or not at all; either way the answer must be closed, which
 * the end of its stream does by itself.
 */
export class DeliveryAnswer implements JobListener {
  readonly facts: AnswerFacts;
  readonly #worker: WorkerHandle;
  readonly #job: number;
  readonly #lease: Lease;
  #body: AnswerBody | undefined;
  #closed = false;
  #lost: NightjarError | undefined;

  constructor(options: { worker: WorkerHandle; job: number; facts: AnswerFacts; lease: Lease }) {
    this.facts = options.facts;
    this.#worker = options.worker;
    this.#job = options.job;
    this.#lease = options.lease;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** True once its bytes were asked for. */
  get reading(): boolean {
    return this.#body !== undefined;
  }

  /**
   * The bytes [start, end) of the answer; all of them when not said. The stream fails with a NightjarError; to
   * destroy it stops the reading.
   */
  read(start = 0, end = this.facts.totalBytes): Readable {
    if (this.#body) throw new Error('an answer is read once');
    if (start < 0 || end < start || end > this.facts.totalBytes)
      throw new RangeError(`no bytes ${start} to ${end}`);
    this.#body = new AnswerBody({
      onTaken: (chunks) => {
        this.#lease.renew();
        this.#worker.send({ kind: 'credit', job: this.#job, chunks });
      },
      onClosed: () => this.close(),
    });
    const lost = this.#lost ?? (this.#closed ? new Error('the answer was closed') : undefined);
    if (lost) this.#body.destroy(lost);
    else if (start === end) this.#body.push(null);
    else this.#worker.send({ kind: 'read', job: this.#job, start, end });
    return this.#body;
  }

  /** Gives back what the answer holds; may be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#worker.send({ kind: 'close', job: this.#job });
    this.#worker.end(this.#job);
    this.#lease.release();
    if (this.#body && !this.#body.readableEnded) this.#body.destroy();
  }

  onMessage(message: FromWorker): void {
    if (message.kind === 'chunk') this.#body?.push(message.bytes);
    else if (message.kind === 'end') this.#body?.push(null);
    else if (message.kind === 'failed') this.onLost(receivedError(message.error));
  }

  onLost(error: NightjarError): void {
    this.#lost = error;
    this.#body?.destroy(error);
    this.close();
  }
}

/** Takes chunks as they come, and asks for as many more as were read. */
class AnswerBody extends Readable {
  readonly #onTaken: (chunks: number) => void;
  readonly #onClosed: () => void;
  #arrived = 0;

  constructor(options: { onTaken: (chunks: number) => void; onClosed: () => void }) {
    super({ highWaterMark: maxChunksInFlight * chunkBytes });
    this.#onTaken = options.onTaken;
    this.#onClosed = options.onClosed;
  }

  override push(chunk: Uint8Array | null): boolean {
    if (chunk) this.#arrived++;
    return super.push(chunk);
  }

  /** Called while there is room, so whatever arrived so far was or can be kept. */
  override _read(): void {
    const chunks = this.#arrived;
    this.#arrived = 0;
    if (chunks > 0) this.#onTaken(chunks);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#onClosed();
    callback(error);
  }
}
