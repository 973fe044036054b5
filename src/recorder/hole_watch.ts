import type { GapCause } from '../footage/gap_cause.ts';
import { timelineAllowanceMs } from '../footage/timeline.ts';

/** A pause is the stream's own pace, and no hole, when a recent one was at least this share of it. */
const paceShare = 0.5;
/** So many steps from picture to picture are recent. */
const recentSteps = 8;

/**
 * Watches the pictures of one run for time without any. Pure: what came and when, on a monotonic clock, goes in.
 *
 * Whether there is a hole is decided by media time: pictures that come late, all at once, leave none. Streams with
 * seconds between two pictures have none either, but for the first pause, as long as nothing was damaged.
 */
export class HoleWatch {
  /** Presentation time of the latest picture so far. */
  #latestMediaMs: number | undefined;
  /** The newest steps forward, oldest first. */
  readonly #recentStepsMs: number[] = [];
  /** When the newest picture came, and when the newest sign of pictures, whole or damaged. */
  #pictureAtMs = 0;
  #signAtMs = 0;
  /** Since the newest picture. */
  #longestSilenceMs = 0;
  #damaged = false;

  /**
   * Takes a picture.
   *
   * @param mediaMs its presentation time
   * @returns why there was none before it, when it ends a hole
   */
  picture(mediaMs: number, nowMs: number): GapCause | undefined {
    const stepMs = mediaMs - (this.#latestMediaMs ?? mediaMs);
    this.#noteSign(nowMs);
    const hole = this.#isHole(stepMs) ? this.#cause() : undefined;
    if (stepMs > 0) this.#noteStep(stepMs);
    this.#latestMediaMs = Math.max(mediaMs, this.#latestMediaMs ?? mediaMs);
    this.#pictureAtMs = nowMs;
    this.#longestSilenceMs = 0;
    this.#damaged = false;
    return hole;
  }

  /** Notes that a picture was lost or spoilt. */
  damage(nowMs: number): void {
    this.#noteSign(nowMs);
    this.#damaged = true;
  }

  /** When the newest picture came, on the clock of what goes in. */
  get pictureAtMs(): number {
    return this.#pictureAtMs;
  }

  /** Why there has been no picture for so long that it is a hole by now, as far as one can tell before the next one. */
  overdue(nowMs: number): GapCause | undefined {
    if (this.#latestMediaMs === undefined || !this.#isHole(nowMs - this.#pictureAtMs)) return undefined;
    return nowMs - this.#signAtMs > timelineAllowanceMs ? 'no_packets' : this.#cause();
  }

  #isHole(ms: number): boolean {
    return ms > timelineAllowanceMs && (this.#damaged || ms * paceShare > this.#paceMs);
  }

  get #paceMs(): number {
    return Math.max(0, ...this.#recentStepsMs);
  }

  #noteStep(stepMs: number): void {
    this.#recentStepsMs.push(stepMs);
    if (this.#recentStepsMs.length > recentSteps) this.#recentStepsMs.shift();
  }

  /** Where the camera was silent for long, what was damaged beside that is no longer the reason. */
  #cause(): GapCause {
    return this.#damaged && this.#longestSilenceMs <= timelineAllowanceMs ? 'damaged' : 'no_packets';
  }

  #noteSign(nowMs: number): void {
    if (this.#latestMediaMs !== undefined) {
      this.#longestSilenceMs = Math.max(this.#longestSilenceMs, nowMs - this.#signAtMs);
    }
    this.#signAtMs = nowMs;
  }
}
