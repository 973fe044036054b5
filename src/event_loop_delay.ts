import type { Clock, Timer } from './clock/clock.ts';

const intervalMs = 500;
/** Delays that are remembered: the last minute. */
const remembered = 60_000 / intervalMs;

/** Measures how late the main thread's timers fire: how long requests and the index may have to wait. */
export class EventLoopDelay {
  readonly #delays: number[] = [];
  readonly #timer: Timer;

  constructor(clock: Clock) {
    let lastMs = clock.monotonic();
    this.#timer = clock.every(intervalMs, () => {
      const nowMs = clock.monotonic();
      this.#delays.push(Math.max(0, nowMs - lastMs - intervalMs));
      if (this.#delays.length > remembered) this.#delays.shift();
      lastMs = nowMs;
    });
  }

  /** The longest of the last minute, in milliseconds. */
  get worstMs(): number {
    return Math.max(0, ...this.#delays);
  }

  stop(): void {
    this.#timer.cancel();
  }
}
