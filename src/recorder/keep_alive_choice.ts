import type { NightjarError } from '../errors/nightjar_error.ts';

const usualMs = 30_000;
/** More often no camera was seen to want it. */
const shortestMs = 2_500;
/** A session that ended sooner ended for another reason, and so did one that outlived several keep-alives. */
const leastPlayedMs = 4_000;
const mostPlayedMs = 75_000;

/**
 * How often a camera is to be told that somebody still watches. Some end sessions earlier than they say (C30): when one ends
 * so, the next is kept alive at twice the pace of what that one lived.
 */
export class KeepAliveChoice {
  #longestMs = usualMs;

  /** For the next session, in milliseconds: at least so often. */
  get longestMs(): number {
    return this.#longestMs;
  }

  /**
   * A session has ended.
   *
   * @param playedMs how long it had media, in milliseconds
   */
  ended(error: NightjarError, playedMs: number): void {
    if (error.code !== 'camera_closed' && error.code !== 'no_packets') return;
    if (playedMs < leastPlayedMs || playedMs > mostPlayedMs) return;
    this.#longestMs = Math.max(shortestMs, Math.min(this.#longestMs, playedMs) / 2);
  }
}
