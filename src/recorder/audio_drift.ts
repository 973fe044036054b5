import { type ArrivalWindow, arrivalWindowMs, extendWindow, leastOffset } from '../footage/run_clock.ts';

/** Sound that is out of step by less is left alone: half a picture at 25 a second. Its samples keep their exact times. */
const toleranceMs = 20;
/** And only when it has been so for so long: a minute of bad luck on the network is no drift. */
const confirmedMs = 60_000;
/** So near to step the bending ends. */
const inStepMs = 2;
/** The fastest that sound is bent against the pictures: 500 ppm, far below what can be heard. */
const maxSlew = 500e-6;

/**
 * Keeps the sound of a long run in step with its pictures, where a camera has two clocks that drift apart: some dozens of ppm
 * would be seconds a day. What the first minute has is right and stays; from there on sound that has come out of step by the
 * least delayed arrivals of both is bent back. Pure, and a step never happens.
 */
export class AudioDrift {
  #window: ArrivalWindow = [];
  #firstMs: number | undefined;
  #lastMs = 0;
  /** By how much sound takes longer to arrive than pictures do. */
  #reference: number | undefined;
  #correctionMs = 0;
  #bending = false;
  /** Since when sound has been out of step. */
  #outSinceMs: number | undefined;

  /** What is added to the sound's own media time, in milliseconds. */
  get correctionMs(): number {
    return this.#correctionMs;
  }

  /**
   * Takes a sound.
   *
   * @param mediaMs on the run's time line, without any correction
   * @param pictures arrivals of the pictures, as the run clock has them
   */
  sound(mediaMs: number, arrivalMs: number, pictures: ArrivalWindow): void {
    const stepMs = Math.max(0, mediaMs - (this.#firstMs === undefined ? mediaMs : this.#lastMs));
    this.#firstMs ??= mediaMs;
    this.#lastMs = mediaMs;
    this.#window = extendWindow(this.#window, mediaMs, arrivalMs - mediaMs);
    if (mediaMs - this.#firstMs < arrivalWindowMs) return;
    const longer = leastOffset(this.#window) - leastOffset(pictures);
    this.#reference ??= longer;
    const wanted = longer - this.#reference - this.#correctionMs;
    if (!this.#isToBend(mediaMs, Math.abs(wanted))) return;
    const most = stepMs * maxSlew;
    this.#correctionMs += Math.max(-most, Math.min(most, wanted));
  }

  #isToBend(mediaMs: number, outMs: number): boolean {
    if (this.#bending) {
      this.#bending = outMs > inStepMs;
      return this.#bending;
    }
    if (outMs > toleranceMs) this.#outSinceMs ??= mediaMs;
    else this.#outSinceMs = undefined;
    this.#bending = this.#outSinceMs !== undefined && mediaMs - this.#outSinceMs > confirmedMs;
    if (this.#bending) this.#outSinceMs = undefined;
    return this.#bending;
  }
}
