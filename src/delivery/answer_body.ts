import { NightjarError } from '../errors/nightjar_error.ts';

/**
 * The bytes of an answer, read once. A chunk is lent: it is valid only until the next one is asked for, since its
 * memory is used again.
 */
export interface MediaBody extends AsyncIterable<Uint8Array> {
  /** Aborted, with a NightjarError, when no more can come although the reader may be busy with a chunk. */
  readonly signal: AbortSignal;
  /** Stops the reading and gives everything back; may be called again, and must be when it is not read to its end. */
  destroy(): void;
}

/** Chunks as the worker sends them, at most as many as it was allowed. */
export class AnswerBody implements MediaBody {
  readonly #onTaken: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #onClosed: () => void;
  readonly #lost = new AbortController();
  readonly #arrived: Uint8Array<ArrayBuffer>[] = [];
  #ended = false;
  /** The reader has all bytes, or gave up. */
  #done = false;
  #wake: (() => void) | undefined;

  /** @param options.onTaken gets each chunk when the reader is done with it */
  constructor(options: { onTaken: (bytes: Uint8Array<ArrayBuffer>) => void; onClosed: () => void }) {
    this.#onTaken = options.onTaken;
    this.#onClosed = options.onClosed;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  /** The reader waits for bytes, not they for him. */
  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** Memory that is held until the reader takes it. */
  get heldBytes(): number {
    return this.#arrived.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#arrived.push(bytes);
    this.#wake?.();
  }

  /** All bytes have been pushed. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: NightjarError): void {
    if (this.#done) return;
    this.#lost.abort(error);
    this.#wake?.();
  }

  destroy(): void {
    this.fail(new NightjarError('stopping', 'The reader went away.'));
    this.#onClosed();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        this.#lost.signal.throwIfAborted();
        const bytes = this.#arrived.shift();
        if (bytes) {
          yield bytes;
          this.#onTaken(bytes);
        } else if (this.#ended) return;
        else await this.#more();
      }
    } finally {
      this.#done = true;
      this.#onClosed();
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}
