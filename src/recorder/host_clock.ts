import type { Clock } from '../clock/clock.ts';

/** A change of (wall - monotonic) beyond this between two looks is a step; NTP's slewing stays far below. */
const stepMs = 1_000;

/** Tells a step of the host's wall clock by the monotonic clock: instants of two epochs may overlap. */
export class HostClock {
  readonly #clock: Clock;
  #offsetMs: number;
  #epoch = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offsetMs = clock.now() - clock.monotonic();
  }

  /** Steps seen so far. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Compares the clocks; to be called at least once a second. Returns the step in milliseconds, 0 for none. */
  check(): number {
    const offsetMs = this.#clock.now() - this.#clock.monotonic();
    const change = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(change) < stepMs) return 0;
    this.#epoch++;
    return change;
  }
}
