import type { Clock, Timer } from '../../src/clock/clock.ts';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import type { MonotonicMillis, UnixMillis } from '../../src/units/time.ts';

/**
 * A simulated clock for weeks: what repeats fires once in each leap, when it is due first, and once at its end, as timers
 * do whose thread was busy meanwhile.
 */
export class LeapingClock extends SimulatedClock {
  #leapEndMs = 0;

  override advance(milliseconds: number): void {
    this.#leapEndMs = this.monotonic() + milliseconds;
    super.advance(milliseconds);
  }

  override every(intervalMs: number, callback: () => void): Timer {
    let timer: Timer;
    const arm = () => {
      timer = this.after(Math.max(intervalMs, this.#leapEndMs - this.monotonic()), () => {
        arm();
        callback();
      });
    };
    arm();
    return { cancel: () => timer.cancel() };
  }
}

/** The clock as one process has it: when the process is killed, its timers go with it. */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): UnixMillis {
    return this.#clock.now();
  }

  monotonic(): MonotonicMillis {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): Timer {
    if (!this.#alive) return { cancel() {} };
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    return this.#kept(timer);
  }

  every(intervalMs: number, callback: () => void): Timer {
    return this.#alive ? this.#kept(this.#clock.every(intervalMs, callback)) : { cancel() {} };
  }

  die(): void {
    this.#alive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #kept(timer: Timer): Timer {
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }
}
