const windowMs = 5_000;
/** Footage is counted about once a second; only a longer silence says that the rate fell. */
const silenceMs = 2_000;

/** Rate of something counted, over the last five seconds. */
export class RateMeter {
  readonly #points: { atMs: number; total: number }[] = [];

  /** @param atMs monotonic milliseconds; @param total a count that only grows */
  note(atMs: number, total: number): void {
    this.#points.push({ atMs, total });
    while (this.#points.length > 2 && atMs - this.#points[1]!.atMs >= windowMs) this.#points.shift();
  }

  /** @param nowMs monotonic milliseconds */
  perSecond(nowMs: number): number {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (!first || !last || last === first) return 0;
    const endMs = nowMs - last.atMs > silenceMs ? nowMs : last.atMs;
    return ((last.total - first.total) * 1000) / (endMs - first.atMs);
  }
}
