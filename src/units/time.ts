import type { Brand } from './brand.ts';

/** An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored. May have a fraction until it is stored. */
export type UnixMillis = Brand<number, 'UnixMillis'>;

/** Milliseconds of a clock that never steps; only differences mean something. */
export type MonotonicMillis = Brand<number, 'MonotonicMillis'>;

/** Media time in ticks of its track's time scale, as an exact integer. */
export type TrackTicks = Brand<number, 'TrackTicks'>;

/** The 32-bit time stamp of an RTP packet (RFC 3550 section 5.1), before unwrapping: 0 to 2^32 - 1. */
export type RtpTimestamp = Brand<number, 'RtpTimestamp'>;

export const unixMillis = (value: number): UnixMillis => value as UnixMillis;
export const monotonicMillis = (value: number): MonotonicMillis => value as MonotonicMillis;
export const trackTicks = (value: number): TrackTicks => value as TrackTicks;
export const rtpTimestamp = (value: number): RtpTimestamp => (value >>> 0) as RtpTimestamp;

export type Rounding = 'floor' | 'round' | 'ceil';

/**
 * Converts a whole number of ticks from one time scale to another, exactly up to the stated rounding.
 *
 * The whole seconds are converted apart from the rest, so that no intermediate product leaves the range of
 * exact integers: at 90 kHz this holds for tens of thousands of years.
 *
 * @param ticks integer, may be negative
 * @param from time scale of `ticks` in Hz, a positive integer
 * @param to time scale of the result in Hz, a positive integer
 */
export function rescale(ticks: number, from: number, to: number, rounding: Rounding = 'round'): number {
  if (from === to) return ticks;
  const seconds = Math.floor(ticks / from);
  const rest = ticks - seconds * from;
  const scaled = (rest * to) / from;
  return seconds * to + roundAs(scaled, rounding);
}

function roundAs(value: number, rounding: Rounding): number {
  if (rounding === 'floor') return Math.floor(value);
  if (rounding === 'ceil') return Math.ceil(value);
  return Math.floor(value + 0.5);
}

/** Ticks of a time scale in milliseconds, with the fraction kept. */
export function ticksToMillis(ticks: number, timescale: number): number {
  const seconds = Math.floor(ticks / timescale);
  return seconds * 1000 + ((ticks - seconds * timescale) * 1000) / timescale;
}
