import type { Clock, Timer } from '../../clock/clock.ts';

interface Pause {
  readonly timer: Timer;
  latest?: { readonly send: () => void };
}

/** Lets at most one event of a kind through in each interval: the first at once, the newest of the others at its end. */
export class Pacer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  /** Keys that had their event; as many as had one in the last interval. */
  readonly #pauses = new Map<string, Pause>();

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Calls `send` now or later, or never when a newer one of the same key comes before. */
  offer(key: string, send: () => void): void {
    const pause = this.#pauses.get(key);
    if (pause) {
      pause.latest = { send };
      return;
    }
    const timer = this.#clock.after(this.#intervalMs, () => this.#resume(key));
    this.#pauses.set(key, { timer });
    send();
  }

  /** Forgets what was not sent yet. */
  clear(): void {
    for (const { timer } of this.#pauses.values()) timer.cancel();
    this.#pauses.clear();
  }

  #resume(key: string): void {
    const { latest } = this.#pauses.get(key)!;
    this.#pauses.delete(key);
    if (latest) this.offer(key, latest.send);
  }
}
