/**
 * The `Range` header: which part of a presentation is played (RFC 2326 sections 3.5 to 3.7 and 12.29).
 *
 *   npt=10-20, npt=0:01:02.5-, npt=-30, npt=now-          seconds since its beginning
 *   clock=20260131T120000.25Z-20260131T121000Z            instants, in UTC
 *   smpte-25=00:10:00:12-00:10:20                         time codes: hours, minutes, seconds, frames, hundredths
 *
 * Tolerated on purpose: a colon in place of the equals sign, blanks, names in any casing, clock times without Z or with
 * separators as in ISO 8601, a `time` parameter behind the range.
 */
import { type UnixMillis, unixMillis } from '../units/time.ts';

export type Range =
  | {
      readonly unit: 'npt';
      /** Seconds; undefined: as far as there is something. */
      readonly start?: number | 'now';
      readonly end?: number;
    }
  | { readonly unit: 'clock'; readonly start: UnixMillis; readonly end?: UnixMillis }
  | { readonly unit: SmpteUnit; readonly start: TimeCode; readonly end?: TimeCode };

/** 30 frames a second with frames dropped (29.97), which `smpte` alone stands for too, or 25. */
export type SmpteUnit = 'smpte' | 'smpte-30-drop' | 'smpte-25';

export interface TimeCode {
  /** Of the time code, whose seconds are not quite those of a clock with dropped frames. */
  readonly seconds: number;
  /** 0 to 29, or to 24. */
  readonly frames: number;
  /** Hundredths of a frame. */
  readonly subframes: number;
}

/** Longer ones are no range. */
const maximumCharacters = 256;
/** Beyond any recording: a hundred years. */
const maximumSeconds = 100 * 366 * 86_400;

/** Undefined for what is no range, or one that ends before it begins. */
export function parseRange(value: string): Range | undefined {
  if (value.length > maximumCharacters) return undefined;
  const [, name = '', text = ''] = /^\s*([a-z][a-z\d-]*)\s*[=:]\s*([^;]*?)\s*(?:;.*)?$/is.exec(value) ?? [];
  const unit = name.toLowerCase();
  if (unit === 'npt') return parseNpt(text);
  if (unit === 'clock') return parseClock(text);
  if (unit === 'smpte' || unit === 'smpte-30-drop' || unit === 'smpte-25') return parseSmpte(unit, text);
  return undefined;
}

export function formatRange(range: Range): string {
  switch (range.unit) {
    case 'npt': {
      const start =
        range.start === undefined || range.start === 'now' ? (range.start ?? '') : npt(range.start);
      return `npt=${start}-${range.end === undefined ? '' : npt(range.end)}`;
    }
    case 'clock':
      return `clock=${clock(range.start)}-${range.end === undefined ? '' : clock(range.end)}`;
    default:
      return `${range.unit}=${timeCode(range.start)}-${range.end === undefined ? '' : timeCode(range.end)}`;
  }
}

/**
 * Where a range begins and ends, in seconds of its unit: since 1970, or since the beginning of the presentation. Undefined
 * where nobody knows; the end of the last 30 seconds (`npt=-30`) is not 30, and so unknown.
 */
export function rangeEnds(range: Range): { readonly start?: number; readonly end?: number } {
  switch (range.unit) {
    case 'npt': {
      const { start, end } = range;
      if (typeof start !== 'number') return start === undefined || end === undefined ? {} : { end };
      return { start, ...(end !== undefined && { end }) };
    }
    case 'clock':
      return { start: range.start / 1000, ...(range.end !== undefined && { end: range.end / 1000 }) };
    default: {
      const { unit, start, end } = range;
      return {
        start: smpteSeconds(unit, start),
        ...(end !== undefined && { end: smpteSeconds(unit, end) }),
      };
    }
  }
}

/** The same range with that length at most; undefined when its end cannot be told from its start. */
export function shortened(range: Range, seconds: number): Range | undefined {
  if (range.unit === 'clock') {
    const end = Math.min(range.end ?? Number.POSITIVE_INFINITY, range.start + seconds * 1000);
    return { ...range, end: unixMillis(Math.round(end)) };
  }
  if (range.unit !== 'npt' || typeof range.start !== 'number') return undefined;
  return { ...range, end: Math.min(range.end ?? Number.POSITIVE_INFINITY, range.start + seconds) };
}

function parseNpt(text: string): Range | undefined {
  const parts = /^([^-]*)(?:-([^-]*))?$/.exec(text);
  const start = nptTime(parts?.[1]);
  const end = nptTime(parts?.[2]);
  if (!parts || start === false || end === false || end === 'now') return undefined;
  if (start === undefined && end === undefined) return undefined;
  if (typeof start === 'number' && end !== undefined && end < start) return undefined;
  return { unit: 'npt', ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
}

/** Undefined for an open end, false for what is no time. */
function nptTime(text = ''): number | 'now' | undefined | false {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (/^now$/i.test(trimmed)) return 'now';
  const [, hours = '0', minutes, seconds] =
    /^(?:(\d{1,7}):(\d{1,2}):)?(\d{1,10}(?:\.\d{0,9})?)$/.exec(trimmed) ?? [];
  if (seconds === undefined) return false;
  if (minutes !== undefined && (Number(minutes) > 59 || Number(seconds) >= 60)) return false;
  const total = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
  return total <= maximumSeconds && total;
}

function parseClock(text: string): Range | undefined {
  // A separator of dates looks like that of the range: what stands between two whole times is it.
  const time = String.raw`\d{4}-?\d{2}-?\d{2}T\d{2}:?\d{2}:?\d{2}(?:\.\d{0,9})?Z?`;
  const [, from, to] = new RegExp(`^(${time})\\s*(?:-\\s*(${time})?)?$`, 'i').exec(text) ?? [];
  const start = utc(from);
  const end = utc(to);
  if (start === undefined || (to !== undefined && end === undefined)) return undefined;
  if (end !== undefined && end < start) return undefined;
  return { unit: 'clock', start, ...(end !== undefined && { end }) };
}

function utc(text: string | undefined): UnixMillis | undefined {
  const fields = /^(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d):?(\d\d)(?:\.(\d*))?/i.exec(text ?? '');
  if (!fields) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = fields;
  const milliseconds = `${fraction}000`.slice(0, 3);
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  const parsed = Date.parse(iso);
  // A day that its month does not have is moved on by some engines.
  if (Number.isNaN(parsed) || new Date(parsed).toISOString() !== iso) return undefined;
  return unixMillis(parsed);
}

function parseSmpte(unit: SmpteUnit, text: string): Range | undefined {
  const parts = /^([^-]+)(?:-([^-]*))?$/.exec(text);
  const start = parts && parseTimeCode(unit, parts[1]!);
  if (!start) return undefined;
  if (!parts[2]?.trim()) return { unit, start };
  const end = parseTimeCode(unit, parts[2]);
  if (!end || smpteSeconds(unit, end) < smpteSeconds(unit, start)) return undefined;
  return { unit, start, end };
}

function parseTimeCode(unit: SmpteUnit, text: string): TimeCode | undefined {
  const fields = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,2}))?)?$/.exec(text.trim());
  if (!fields) return undefined;
  const [hours, minutes, seconds, frames, subframes] = fields.slice(1).map((field) => Number(field ?? 0));
  if (minutes! > 59 || seconds! > 59 || frames! >= framesPerSecond(unit)) return undefined;
  return { seconds: hours! * 3600 + minutes! * 60 + seconds!, frames: frames!, subframes: subframes! };
}

/** Of the clock, from the time code 0 on. */
function smpteSeconds(unit: SmpteUnit, { seconds, frames, subframes }: TimeCode): number {
  if (unit === 'smpte-25') return seconds + (frames + subframes / 100) / 25;
  // The first two numbers of each minute are left out, except in each tenth minute (SMPTE 12M).
  const minutes = Math.floor(seconds / 60);
  const dropped = 2 * (minutes - Math.floor(minutes / 10));
  return ((seconds * 30 + frames + subframes / 100 - dropped) * 1001) / 30_000;
}

function framesPerSecond(unit: SmpteUnit): number {
  return unit === 'smpte-25' ? 25 : 30;
}

function npt(seconds: number): string {
  return seconds.toFixed(3);
}

function clock(instant: UnixMillis): string {
  const text = new Date(instant).toISOString().replace(/[-:]/g, '');
  return text.replace('.000Z', 'Z');
}

function timeCode({ seconds, frames, subframes }: TimeCode): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const whole = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (frames === 0 && subframes === 0) return whole;
  return `${whole}:${two(frames)}${subframes === 0 ? '' : `.${two(subframes)}`}`;
}
