import { type UnixMillis, unixMillis } from '../units/time.ts';

/** How long after a run's first arrival its start may still move: cameras send a buffered burst on connect. */
export const settleMs = 10_000;
/** How far back the least-delayed frame is looked for, in media time. */
export const arrivalWindowMs = 60_000;
const bucketMs = 10_000;
/** The fastest that wall time is bent against media time: 500 ppm. */
const maxSlew = 500e-6;
/** Beyond this error the media time line no longer fits the wall clock: a new run. */
const maxErrorMs = 2_000;

interface Bucket {
  readonly mediaMs: number;
  readonly minOffsetMs: number;
}

/** Least (arrival - media) per ten seconds of media time, oldest first, as far as a minute back. */
export type ArrivalWindow = readonly Bucket[];

/**
 * What is known of a run's wall time after some of its fragments. A plain value: it is kept in every segment's
 * identity box, so that each file can be placed without those before it.
 */
export interface RunClock {
  /** Wall time minus media time, in milliseconds, at `mediaMs`. */
  readonly offsetMs: number;
  /** Media time of the newest fragment's first picture. */
  readonly mediaMs: number;
  readonly firstArrivalMs: number;
  /** While false, the start of the run is provisional and may move back. */
  readonly settled: boolean;
  readonly window: ArrivalWindow;
}

/** One fact: the first picture of a fragment, at `mediaMs` on the run's time line, arrived at `arrivalMs`. */
export interface ArrivalPoint {
  readonly mediaMs: number;
  readonly arrivalMs: number;
}

/**
 * The wall time of a run, as a fold over the arrival of its fragments.
 *
 * Arrival is never early, so the least (arrival - media) seen is the best estimate of (wall - media). In the first
 * ten seconds it is adopted at once and moves the whole run so far; afterwards it is approached by at most 500 ppm
 * and never changes what was said of earlier media.
 */
export function advanceRunClock(before: RunClock | undefined, point: ArrivalPoint): RunClock {
  const offset = point.arrivalMs - point.mediaMs;
  if (!before) {
    return {
      offsetMs: offset,
      mediaMs: point.mediaMs,
      firstArrivalMs: point.arrivalMs,
      settled: false,
      window: [{ mediaMs: point.mediaMs, minOffsetMs: offset }],
    };
  }
  const window = extendWindow(before.window, point.mediaMs, offset);
  const settled = before.settled || point.arrivalMs - before.firstArrivalMs >= settleMs;
  return {
    ...before,
    offsetMs: nextOffset(before, point, offset, window),
    mediaMs: point.mediaMs,
    settled,
    window,
  };
}

function nextOffset(before: RunClock, point: ArrivalPoint, offset: number, window: ArrivalWindow): number {
  if (!before.settled) return Math.min(before.offsetMs, offset);
  const target = leastOffset(window);
  const most = Math.max(0, point.mediaMs - before.mediaMs) * maxSlew;
  return before.offsetMs + Math.max(-most, Math.min(most, target - before.offsetMs));
}

/** Ends the provisional time: at the first segment's close, what is in the index stays. */
export function settleRunClock(clock: RunClock): RunClock {
  return clock.settled ? clock : { ...clock, settled: true };
}

/** Wall time of an instant on the run's media time line, by what the clock knows now. */
export function wallTime(clock: RunClock, mediaMs: number): UnixMillis {
  return unixMillis(mediaMs + clock.offsetMs);
}

/** True when media and wall time have come apart so far that a new run must begin. */
export function isTornApart(clock: RunClock): boolean {
  return clock.settled && Math.abs(leastOffset(clock.window) - clock.offsetMs) > maxErrorMs;
}

/**
 * True when a picture is further on in media time than its arrival allows: media time leapt ahead of the wall clock, or
 * what came before was old when it was sent. For holes, which nothing between confirms.
 */
export function runsAhead(clock: RunClock, point: ArrivalPoint): boolean {
  return clock.offsetMs - (point.arrivalMs - point.mediaMs) > maxErrorMs;
}

/** Of the frame that was least delayed on its way: infinite when there is none. */
export function leastOffset(window: ArrivalWindow): number {
  return window.reduce((least, bucket) => Math.min(least, bucket.minOffsetMs), Number.POSITIVE_INFINITY);
}

/** The window with one more frame in it. @param offset its (arrival - media), in milliseconds */
export function extendWindow(window: ArrivalWindow, mediaMs: number, offset: number): ArrivalWindow {
  const newest = window.at(-1);
  if (newest && mediaMs - newest.mediaMs < bucketMs) {
    if (offset >= newest.minOffsetMs) return window;
    return [...window.slice(0, -1), { mediaMs: newest.mediaMs, minOffsetMs: offset }];
  }
  const kept = window.filter((bucket) => mediaMs - bucket.mediaMs < arrivalWindowMs);
  return [...kept, { mediaMs, minOffsetMs: offset }];
}
