/** Footage that a rate is taken over. */
const windowMs = 5_000;
/** Footage comes about once a second; only a longer silence says that the rate fell. */
const silenceMs = 2_000;

interface Part {
  readonly atMs: number;
  readonly durationMs: number;
  readonly amount: number;
}

/**
 * Rate of something in footage, over its newest five seconds. Footage is measured by its own length and not by when it came:
 * cameras begin with what they had in store, and some send in bursts.
 */
export class RateMeter {
  #parts: Part[] = [];

  /**
   * @param atMs when the footage was written, monotonic
   * @param footage how long it is, and how much of what is measured is in it
   */
  note(atMs: number, footage: { readonly durationMs: number; readonly amount: number }): void {
    const last = this.#parts.at(-1);
    // What was before a silence says nothing about what is now.
    if (last && atMs - last.atMs > windowMs) this.#parts = [];
    this.#parts.push({ atMs, ...footage });
    while (this.#durationMs - this.#parts[0]!.durationMs >= windowMs) this.#parts.shift();
  }

  /** @param nowMs monotonic milliseconds */
  perSecond(nowMs: number): number {
    const last = this.#parts.at(-1);
    if (!last) return 0;
    const silentMs = nowMs - last.atMs;
    const overMs = this.#durationMs + (silentMs > silenceMs ? silentMs : 0);
    const amount = this.#parts.reduce((sum, part) => sum + part.amount, 0);
    return overMs > 0 ? (amount * 1000) / overMs : 0;
  }

  get #durationMs(): number {
    return this.#parts.reduce((sum, part) => sum + part.durationMs, 0);
  }
}
