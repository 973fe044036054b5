/**
 * Unwraps the 32-bit time stamps of RTP (RFC 3550 section 5.1) to exact ticks.
 *
 * Tolerated on purpose: single frames whose time stamp is hours off or runs backwards (Intelbras, Wyze), a
 * pre-buffered burst at the start, a stall followed by a burst, and streams with seconds between two frames.
 */

import {
  type RtpTimestamp,
  type TrackTicks,
  ticksToMillis,
  trackTicks,
  type UnixMillis,
} from '../units/time.ts';

export type Placement =
  /** On the time line. */
  | { readonly kind: 'time'; readonly ticks: TrackTicks }
  /** The frame's own time stamp is implausible; `ticks` is where it probably belongs. */
  | { readonly kind: 'stray'; readonly ticks: TrackTicks }
  /**
   * The camera has moved to another time line for good, or stands still: a new run is due. Where the old line can be gone on
   * with until there is one, `ticks` is where the frame lies on it: as far from the frames before as on the new line.
   */
  | { readonly kind: 'break'; readonly ticks?: TrackTicks };

/** How far a time stamp may be ahead before it is called a stray. */
const toleranceMs = 5000;
/** How far one may be behind, or as far as the last step forward: more is no picture shown before one that came first. */
const backwardMs = 1000;
/** A time line that has not gone on for so long and for so many frames, more than any are reordered by, is none. */
const standstillMs = 2000;
const standstillFrames = 17;
/** So many frames in a row must agree with each other on a new time line before it is believed. */
const framesToBelieve = 3;
/** So long without a frame, in milliseconds and in steps, is a pause of the camera: as when its encoder begins anew. */
const leastPauseMs = 500;
const pauseSteps = 3;
/** The lead of media over arrival is remembered over one to two of these, so that clock drift cannot widen it. */
const leadWindowMs = 60_000;

/** A time stamp that was believed, with when it came. */
interface Anchor {
  timestamp: RtpTimestamp;
  ticks: number;
  arrivalMs: number;
}

/**
 * The time line of one track in one run. It starts at 0 with the first frame; a picture that is shown before the
 * first one has negative ticks. The caller makes a new one for each run.
 */
export class RtpTimeline {
  readonly #timescale: number;
  #last: Anchor | undefined;
  /** From one frame to the next, as the last believed ones had it. */
  #step = 0;
  #lastPlaced = 0;
  #lastArrivalMs = 0;
  #straysSinceLast = 0;
  /** The newest frame of a possible new time line, and how many frames of it have agreed so far. */
  #candidate: Anchor | undefined;
  #candidateFrames = 0;
  /** What is added to the ticks of the new time line for the old one to go on. */
  #bridge = 0;
  /** The frame that is furthest on, and how many came since. */
  #furthest: Anchor | undefined;
  #framesSinceFurthest = 0;
  #lead = Number.NEGATIVE_INFINITY;
  #leadBefore = Number.NEGATIVE_INFINITY;
  #leadWindowEnd = Number.NEGATIVE_INFINITY;
  #strays = 0;

  /** @param timescale clock rate of the time stamps, Hz */
  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  /** Frames that were given another time than their own. */
  get strays(): number {
    return this.#strays;
  }

  /**
   * Where a frame lies on the time line.
   *
   * A time stamp is plausible when it is at most 1 s before the last one, or the last step forward, and at most 5 s further on than the
   * time that passed between the arrivals, or not that much ahead of what arrived with the least delay.
   */
  place(timestamp: RtpTimestamp, arrivalMs: UnixMillis): Placement {
    const last = this.#last;
    const pauseMs = arrivalMs - this.#lastArrivalMs;
    this.#lastArrivalMs = arrivalMs;
    if (last === undefined) return this.#believe({ timestamp, ticks: 0, arrivalMs });
    const here = continued(last, timestamp, arrivalMs);
    if (this.#plausible(last, here, true)) {
      return this.#standsStill(here) ? { kind: 'break' } : this.#believe(here);
    }
    const candidate = this.#candidate;
    const next = candidate && continued(candidate, timestamp, arrivalMs);
    if (candidate && this.#candidateFrames < framesToBelieve)
      this.#bridge = this.#lastPlaced - candidate.ticks;
    // A time stamp that stands still is no time line.
    if (candidate && next && next.ticks !== candidate.ticks && this.#plausible(candidate, next, false)) {
      this.#candidate = next;
      this.#candidateFrames++;
    } else {
      this.#candidate = here;
      this.#candidateFrames = 1;
    }
    if (this.#candidateFrames >= framesToBelieve) {
      this.#lastPlaced = this.#candidate.ticks + this.#bridge;
      return { kind: 'break', ticks: trackTicks(this.#lastPlaced) };
    }
    this.#strays++;
    this.#straysSinceLast++;
    this.#lastPlaced += this.#stepAfter(pauseMs);
    return { kind: 'stray', ticks: trackTicks(this.#lastPlaced) };
  }

  /** From the frame before to one whose own time stamp says nothing: the usual step, or a pause that was much longer. */
  #stepAfter(pauseMs: number): number {
    const usual = Math.max(1, this.#step);
    const pause = Math.round((pauseMs * this.#timescale) / 1000);
    return pauseMs > leastPauseMs && pause > pauseSteps * usual ? pause : usual;
  }

  #believe(here: Anchor): Placement {
    if (this.#last && here.ticks > this.#last.ticks) {
      this.#step = Math.round((here.ticks - this.#last.ticks) / (this.#straysSinceLast + 1));
    }
    this.#straysSinceLast = 0;
    this.#last = here;
    this.#lastPlaced = here.ticks;
    this.#candidate = undefined;
    this.#candidateFrames = 0;
    this.#rememberLead(here);
    return { kind: 'time', ticks: trackTicks(here.ticks) };
  }

  /** True when frames keep coming and none is further on. */
  #standsStill(here: Anchor): boolean {
    if (!this.#furthest || here.ticks > this.#furthest.ticks) {
      this.#furthest = here;
      this.#framesSinceFurthest = 0;
      return false;
    }
    this.#framesSinceFurthest++;
    const sinceMs = here.arrivalMs - this.#furthest.arrivalMs;
    return this.#framesSinceFurthest >= standstillFrames && sinceMs > standstillMs;
  }

  #plausible(before: Anchor, here: Anchor, useLead: boolean): boolean {
    const stepMs = this.#millis(here.ticks - before.ticks);
    if (stepMs < -Math.min(toleranceMs, Math.max(backwardMs, this.#millis(this.#step)))) return false;
    if (stepMs <= toleranceMs + Math.max(0, here.arrivalMs - before.arrivalMs)) return true;
    return useLead && this.#leadOf(here) <= Math.max(this.#lead, this.#leadBefore) + toleranceMs;
  }

  #rememberLead(here: Anchor): void {
    if (here.arrivalMs >= this.#leadWindowEnd) {
      this.#leadBefore = this.#lead;
      this.#lead = Number.NEGATIVE_INFINITY;
      this.#leadWindowEnd = here.arrivalMs + leadWindowMs;
    }
    this.#lead = Math.max(this.#lead, this.#leadOf(here));
  }

  /** By how much media time is ahead of the arrivals, up to a constant. */
  #leadOf(here: Anchor): number {
    return this.#millis(here.ticks) - here.arrivalMs;
  }

  #millis(ticks: number): number {
    return ticksToMillis(ticks, this.#timescale);
  }
}

function continued(from: Anchor, timestamp: RtpTimestamp, arrivalMs: UnixMillis): Anchor {
  return { timestamp, ticks: from.ticks + ((timestamp - from.timestamp) | 0), arrivalMs };
}
