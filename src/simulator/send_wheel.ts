import type { Clock, Timer } from '../clock/clock.ts';

/** How late a packet may be, by default: one timer at this interval serves all sessions. */
export const wheelIntervalMs = 5;

export interface Sender {
  /** Sends all that is due at this instant of the monotonic clock. */
  send(nowMs: number): void;
}

/** Lets all sessions send in turn; runs only while there are any. */
export class SendWheel {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #senders = new Set<Sender>();
  #timer: Timer | undefined;

  constructor(clock: Clock, intervalMs = wheelIntervalMs) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  add(sender: Sender): void {
    this.#senders.add(sender);
    this.#timer ??= this.#clock.every(this.#intervalMs, () => {
      const now = this.#clock.monotonic();
      for (const each of this.#senders) each.send(now);
    });
  }

  remove(sender: Sender): void {
    this.#senders.delete(sender);
    if (this.#senders.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
