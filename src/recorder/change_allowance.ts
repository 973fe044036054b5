/** So many changes are taken at once: a camera that starts may try some. */
const most = 10;
/** And then one in so long, since each begins a file. */
const refillMs = 10_000;

/** How often a camera may change what its pictures or sounds decode with, so that it cannot make a file of each. */
export class ChangeAllowance {
  #left = most;
  #refilledMs: number | undefined;

  /**
   * @param nowMs of the clock that never steps
   * @returns whether the change is taken
   */
  take(nowMs: number): boolean {
    this.#refilledMs ??= nowMs;
    const refills = Math.floor((nowMs - this.#refilledMs) / refillMs);
    this.#left = Math.min(most, this.#left + refills);
    this.#refilledMs = this.#left === most ? nowMs : this.#refilledMs + refills * refillMs;
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
