import { backoffMs } from './backoff.ts';

/** 'lost' from a failure until the server is heard again. */
export type LinkState = 'connecting' | 'open' | 'lost';

/** A tab that is looked at again soon need not connect anew. */
export const hiddenGraceMs = 5_000;
/** After so long without a word from the server, what it said last need not be so any more. */
export const outdatedAfterMs = 5_000;

type Cancel = () => void;

interface LinkParts {
  /** Connects, and tells when that fails; not after close(). */
  open(onFailure: () => void): { close(): void };
  /** Calls back once after this time, unless what it returns is called before. */
  after(ms: number, call: () => void): Cancel;
  /** Told at each change. `current` is false when what the server said last need not be so any more. */
  onChange(state: LinkState, current: boolean): void;
}

/**
 * Holds one connection to the server's push: tries again after a failure, and lets go of it while nobody looks, because
 * a browser allows six connections to a server for all of its tabs together.
 */
export class UpdateLink {
  readonly #parts: LinkParts;
  #state: LinkState = 'connecting';
  #current = true;
  #failures = 0;
  #asleep = false;
  #source: { close(): void } | undefined;
  #retry: Cancel | undefined;
  #sleep: Cancel | undefined;
  #outdate: Cancel | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  connect(): void {
    this.#drop();
    this.#expectWord();
    this.#source = this.#parts.open(() => {
      this.#drop();
      this.#expectWord();
      this.#retry = this.#parts.after(backoffMs(this.#failures++), () => this.connect());
      this.#become('lost');
    });
  }

  /** The server has said its first word on this connection. */
  heard(): void {
    this.#failures = 0;
    this.#outdate?.();
    this.#outdate = undefined;
    this.#current = true;
    this.#become('open');
  }

  /** The page is looked at, or not any more. */
  seen(visible: boolean): void {
    this.#sleep?.();
    this.#sleep = undefined;
    if (!visible) {
      this.#sleep = this.#parts.after(hiddenGraceMs, () => this.#fallAsleep());
    } else if (this.#asleep) {
      this.#asleep = false;
      this.connect();
    } else {
      this.hasten();
    }
  }

  /** A network that comes back, or a machine that wakes, need not wait for the next attempt. */
  hasten(): void {
    if (this.#state === 'lost' && !this.#asleep) this.connect();
  }

  #fallAsleep(): void {
    this.#asleep = true;
    this.#drop();
    this.#outdate?.();
    this.#outdate = undefined;
    // Let go of on purpose is not lost: nothing is to be said about it when the page is looked at again.
    if (this.#state === 'open') this.#become('connecting');
  }

  #drop(): void {
    this.#retry?.();
    this.#source?.close();
    this.#source = undefined;
  }

  #expectWord(): void {
    this.#outdate ??= this.#parts.after(outdatedAfterMs, () => {
      this.#current = false;
      this.#become(this.#state);
    });
  }

  #become(state: LinkState): void {
    this.#state = state;
    this.#parts.onChange(state, this.#current);
  }
}
