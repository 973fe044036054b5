import { dayWords } from './day_words.ts';
import { byLocale, message } from './message.ts';

const decimalPlaces = (digits: number) =>
  byLocale((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }));
const whole = decimalPlaces(0);
const oneDecimal = decimalPlaces(1);
const twoDecimals = decimalPlaces(2);

const decimal = ['', 'k', 'M', 'G', 'T', 'P'];

/** A figure below 1000 with the decimal prefix that makes it so: 1.21 T, 43.5 G, 512 k. */
function scaled(value: number, unit: string): string {
  let step = 0;
  let figure = value;
  // What would be rounded to 1000 takes the next prefix.
  while (figure >= 999.5 && step < decimal.length - 1) {
    figure /= 1000;
    step++;
  }
  const n = (step === 0 || figure >= 99.95 ? whole : figure >= 9.995 ? oneDecimal : twoDecimals)().format(
    figure,
  );
  return message('unit.figure', { n, unit: `${decimal[step]}${unit}` });
}

/** `43.5 GB`, in powers of a thousand. */
export const bytes = (count: number): string => scaled(count, 'B');

/** `1.9 Mbit/s`. */
export const bitRate = (bitsPerSecond: number): string => {
  const rounded =
    bitsPerSecond >= 1e6 ? Math.round(bitsPerSecond / 1e5) * 1e5 : Math.round(bitsPerSecond / 1e3) * 1e3;
  return scaled(rounded, 'bit/s');
};

/** `25 fps`, `12.5 fps`: camera clocks are not exact, so whole rates are shown whole. */
export const frameRate = (framesPerSecond: number): string => {
  const nearest = Math.round(framesPerSecond);
  const isWhole = Math.abs(framesPerSecond - nearest) < 0.02 * framesPerSecond;
  return message('unit.framesPerSecond', { n: oneDecimal().format(isWhole ? nearest : framesPerSecond) });
};

export const pictureSize = (width: number, height: number): string => message('unit.size', { width, height });

/** `0.4 s`, `12 s`, `6 min 12 s`, `3 h 5 min`, `12 days 3 h`: two units at most, and never rounded up into the next. */
export function duration(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  if (seconds < 60) {
    const exact = ms < 9950 ? oneDecimal().format(Math.max(0, ms) / 1000) : whole().format(seconds);
    return message('unit.seconds', { n: exact });
  }
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const parts: string[] = [];
  if (days > 0) parts.push(message('unit.days', { n: days }));
  if (hours % 24 > 0) parts.push(message('unit.hours', { n: whole().format(hours % 24) }));
  if (minutes % 60 > 0) parts.push(message('unit.minutes', { n: whole().format(minutes % 60) }));
  if (seconds % 60 > 0) parts.push(message('unit.seconds', { n: whole().format(seconds % 60) }));
  return adjacent(parts, [days > 0, hours % 24 > 0, minutes % 60 > 0, seconds % 60 > 0]).join(' ');
}

/** `14 h 3 min`, `25 h`: a part of a day, which may have more than 24 hours; below an hour as {@link duration}. */
export function hours(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return duration(ms);
  const inHours = message('unit.hours', { n: whole().format(Math.floor(minutes / 60)) });
  if (minutes % 60 === 0) return inHours;
  return `${inHours} ${message('unit.minutes', { n: whole().format(minutes % 60) })}`;
}

/** The first part and the one of the very next unit; `3 h 5 s` would pretend to an exactness that nobody reads. */
function adjacent(parts: string[], present: boolean[]): string[] {
  const first = present.indexOf(true);
  return present[first + 1] ? parts.slice(0, 2) : parts.slice(0, 1);
}

const times = (options: Intl.DateTimeFormatOptions) =>
  byLocale((locale) => new Intl.DateTimeFormat(locale, options));
const clockFormat = times({ timeStyle: 'medium', hourCycle: 'h23' });
const minuteFormat = times({ timeStyle: 'short', hourCycle: 'h23' });
const dateFormat = times({ dateStyle: 'medium' });

/** `14:03:27`, in the browser's time zone. */
export const clockTime = (ms: number): string => clockFormat().format(ms);

/** `Sat 21 Nov`. */
export function day(ms: number): string {
  const date = new Date(ms);
  return dayWords({ weekday: date.getDay(), day: date.getDate(), month: date.getMonth() + 1 });
}

/** When something was, as briefly as is clear: `14:03`, `Sat 21 Nov 14:03`, `21 Nov 2025`. */
export function moment(ms: number, nowMs: number): string {
  if (dateFormat().format(ms) === dateFormat().format(nowMs)) return minuteFormat().format(ms);
  if (Math.abs(nowMs - ms) < 300 * 86_400_000) return `${day(ms)} ${minuteFormat().format(ms)}`;
  return dateFormat().format(ms);
}

/** `Berlin, UTC+1`: the zone that times are shown in, as it is at that instant. */
export function zone(ms: number, timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone): string {
  const city = timeZone.split('/').at(-1)?.replaceAll('_', ' ') ?? timeZone;
  // The distance from UTC is written alike in all languages.
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'shortOffset' }).formatToParts(ms);
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value.replace('GMT', 'UTC') ?? '';
  return city === 'UTC' ? city : `${city}, ${offset}`;
}
