import { NightjarError } from '../errors/nightjar_error.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';

/** 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write. */
const lastInstantMs = 253_402_300_799_999;

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * An instant from a query: integer epoch milliseconds or RFC 3339 section 5.6 with an offset. Fractions finer than
 * a millisecond are cut off; a leap second counts as the second after it.
 *
 * @param field the query parameter, for the error
 * @throws NightjarError `request_invalid`
 */
export function parseInstant(text: string, field: string): UnixMillis {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : parseRfc3339(text);
  if (value !== undefined && value >= 0 && value <= lastInstantMs) return unixMillis(value);
  // A plus sign in a query is a blank unless it is written as %2B.
  const hint = / \d\d:\d\d$/.test(text) ? ' Write the + of an offset as %2B.' : '';
  throw new NightjarError(
    'request_invalid',
    `${field} is ${JSON.stringify(text)}, but must be integer epoch milliseconds or an RFC 3339 time such as 2026-01-31T12:00:00Z.${hint}`,
    { place: { field } },
  );
}

function parseRfc3339(text: string): number | undefined {
  const parts = rfc3339.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const milliseconds = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000);
  const [offsetHours, offsetMinutes] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  // The 31st of June would silently become the 1st of July; years before 100 would move to 1900.
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) {
    return undefined;
  }
  const sign = parts[9] === '-' ? -1 : 1;
  const offsetMs = sign * (offsetHours * 60 + offsetMinutes) * 60_000;
  return date.getTime() + hour * 3_600_000 + minute * 60_000 + second * 1000 + milliseconds - offsetMs;
}

/**
 * The window of a query, half-open.
 *
 * @throws NightjarError `request_invalid`
 */
export function parseWindow(query: { from: string; to: string }): { fromMs: UnixMillis; toMs: UnixMillis } {
  const fromMs = parseInstant(query.from, 'from');
  const toMs = parseInstant(query.to, 'to');
  if (toMs > fromMs) return { fromMs, toMs };
  throw new NightjarError('request_invalid', 'to must be later than from.', { place: { field: 'to' } });
}
