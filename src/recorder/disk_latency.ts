import type { Clock } from '../clock/clock.ts';

/** The longest of each such time is kept, of this one and the one before. */
const bucketMs = 15_000;

/** How long calls of a disk take, with their wait for their turn. */
export class DiskLatency {
  readonly #clock: Clock;
  /** Begin of each call that has not come back, oldest first. */
  readonly #underWay = new Set<{ readonly beganMs: number }>();
  #bucketFromMs = 0;
  #longestMs = 0;
  #longestBeforeMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call begins. Returns what is to be called at its end, however it ends. */
  begin(): () => void {
    const call = { beganMs: this.#clock.monotonic() };
    this.#underWay.add(call);
    return () => {
      this.#underWay.delete(call);
      this.#turn();
      this.#longestMs = Math.max(this.#longestMs, this.#clock.monotonic() - call.beganMs);
    };
  }

  /** The longest call of the last 15 to 30 s, in milliseconds; one that has not come back counts as far as it has got. */
  get slowestMs(): number {
    this.#turn();
    return Math.max(this.#longestMs, this.#longestBeforeMs, this.waitsMs);
  }

  /** For how long the oldest call has not come back, in milliseconds; 0 when none is under way. */
  get waitsMs(): number {
    const [oldest] = this.#underWay;
    return oldest ? this.#clock.monotonic() - oldest.beganMs : 0;
  }

  #turn(): void {
    const ageMs = this.#clock.monotonic() - this.#bucketFromMs;
    if (ageMs < bucketMs) return;
    this.#longestBeforeMs = ageMs < 2 * bucketMs ? this.#longestMs : 0;
    this.#longestMs = 0;
    this.#bucketFromMs = this.#clock.monotonic();
  }
}
