import { NightjarError } from '../errors/nightjar_error.ts';

/** Lets so many do something at once, and so many more wait for their turn, first come first served. */
export class Turns {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #what: string;
  #busy = 0;
  readonly #waiting = new Set<() => void>();

  /** @param options.what is made at its turn, in words: `clips` */
  constructor({ most, mostWaiting, what }: { most: number; mostWaiting: number; what: string }) {
    this.#most = most;
    this.#mostWaiting = mostWaiting;
    this.#what = what;
  }

  /**
   * Resolves when it is this one's turn, which lasts until `leave`.
   *
   * @throws NightjarError `too_busy` when too many wait, or the reason of the signal
   */
  async enter(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (this.#busy < this.#most) {
      this.#busy++;
      return;
    }
    if (this.#waiting.size >= this.#mostWaiting) {
      const all = this.#most + this.#mostWaiting;
      throw new NightjarError('too_busy', `${all} ${this.#what} are being prepared or wait for it already.`);
    }
    await new Promise<void>((resolve, reject) => {
      const onTurn = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.delete(onTurn);
        reject(signal?.reason);
      };
      this.#waiting.add(onTurn);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Ends a turn that `enter` began. */
  leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#busy--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
