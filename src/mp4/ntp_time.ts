import { type UnixMillis, unixMillis } from '../units/time.ts';

/** Seconds from 1900-01-01 to 1970-01-01 (RFC 5905 section 6). */
const unixEpochSeconds = 2_208_988_800;
const eraSeconds = 2 ** 32;

/** A 64-bit NTP time stamp: seconds since 1900 in its era, and the fraction in units of 2^-32 s. */
export interface NtpTime {
  readonly seconds: number;
  readonly fraction: number;
}

/** An instant as an NTP time stamp, which is finer than a number of today's size: it reads back the same from 2004 on. */
export function toNtpTime(instant: UnixMillis): NtpTime {
  const whole = Math.floor(instant / 1000);
  const fraction = Math.round(((instant - whole * 1000) * eraSeconds) / 1000);
  const carry = fraction === eraSeconds ? 1 : 0;
  return {
    seconds: (whole + carry + unixEpochSeconds) % eraSeconds,
    fraction: carry ? 0 : fraction,
  };
}

/** Nothing was recorded before 1970, so smaller values belong to the era that begins in 2036. */
export function fromNtpTime({ seconds, fraction }: NtpTime): UnixMillis {
  const era = seconds < unixEpochSeconds ? eraSeconds : 0;
  return unixMillis((seconds + era - unixEpochSeconds) * 1000 + (fraction * 1000) / eraSeconds);
}
