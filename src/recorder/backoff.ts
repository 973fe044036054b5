/** Delays between attempts to reach a camera, in milliseconds; the last one repeats. */
const delaysMs = [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;

/** Share by which a delay is stretched or shortened, so that cameras do not come back in step after a power cut. */
const jitter = 0.2;

/**
 * When to try again. Only committed footage resets it: a camera that accepts a session and closes it again and
 * again is left in peace more and more (C40).
 */
export class Backoff {
  readonly #random: () => number;
  #failures = 0;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and says how many milliseconds to wait before the next attempt. */
  next(): number {
    const delay = delaysMs[Math.min(this.#failures, delaysMs.length - 1)]!;
    this.#failures++;
    return delay * (1 + jitter * (2 * this.#random() - 1));
  }

  reset(): void {
    this.#failures = 0;
  }
}
