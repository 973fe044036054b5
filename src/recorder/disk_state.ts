import { Backoff } from './backoff.ts';

/** What a stream knows of its disk; it outlives runs and sessions, which come and go while the disk stays sick. */
export class DiskState {
  readonly #backoff = new Backoff();
  #readyAtMs = 0;
  #failing = false;
  /** Bytes of all runs of the stream that wait for the disk; kept by their writers. */
  queuedBytes = 0;

  /** @param nowMs monotonic milliseconds */
  failed(nowMs: number): void {
    this.#failing = true;
    this.#readyAtMs = nowMs + Math.max(this.#backoff.next(), 500);
  }

  /** Something has changed that may have made it better: no more waiting. */
  retryNow(): void {
    this.#readyAtMs = 0;
    this.#backoff.reset();
  }

  succeeded(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#backoff.reset();
  }

  /** Whether a run may begin. */
  isReady(nowMs: number): boolean {
    return nowMs >= this.#readyAtMs;
  }

  /** True while missing footage is the disk's fault: it refused the newest run, or has not written what it was given. */
  get isToBlame(): boolean {
    return this.#failing || this.queuedBytes > 0;
  }
}
