/** What a person types to go to a time, read as the clocks of a zone show it. */
import type { LocalInput, Zone } from './zone.ts';

/** Why a typed time is no instant, for the words that say so. */
export type TypedFault =
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'no_such_date' }
  | { readonly kind: 'no_such_time' }
  /** The clocks were put forward over it; `fromMs` is when. */
  | { readonly kind: 'skipped'; readonly changeMs: number }
  | { readonly kind: 'future' };

export type TypedTime =
  | {
      readonly kind: 'instant';
      readonly ms: number /** The same time came once more, then. */;
      readonly againMs?: number;
    }
  | { readonly kind: 'fault'; readonly fault: TypedFault };

const fault = (kind: 'unreadable' | 'no_such_date' | 'no_such_time' | 'future'): TypedTime => ({
  kind: 'fault',
  fault: { kind },
});

/**
 * Reads a date (2026-11-21, 21.11.2026, 21.11., or empty for the day of `besideMs`) and a time (14:03, 14:03:27, 1403).
 */
export function readTypedTime(
  date: string,
  time: string,
  context: { zone: Zone; besideMs: number; nowMs: number },
): TypedTime {
  const { zone, besideMs, nowMs } = context;
  const today = zone.localTime(besideMs);
  const calendar = readDate(date.trim(), today);
  const clock = readClock(time.trim());
  if (!calendar || !clock) return fault('unreadable');
  const { year, month, day } = calendar;
  const real = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC takes the years 0 to 99 for those of the last century.
  const isReal =
    real.getUTCFullYear() === year && real.getUTCMonth() === month - 1 && real.getUTCDate() === day;
  if (!isReal) return fault('no_such_date');
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 59) return fault('no_such_time');
  const [ms, againMs] = zone.instantsOf({ ...calendar, ...clock });
  if (ms === undefined) {
    return {
      kind: 'fault',
      fault: { kind: 'skipped', changeMs: changeOver(zone, { ...calendar, ...clock }) },
    };
  }
  if (ms > nowMs) return fault('future');
  return { kind: 'instant', ms, ...(againMs !== undefined && againMs <= nowMs && { againMs }) };
}

function readDate(text: string, today: { year: number; month: number; day: number }) {
  if (text === '') return { year: today.year, month: today.month, day: today.day };
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]) };
  const dotted = /^(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(\d{4}))?$/.exec(text);
  if (dotted)
    return {
      year: dotted[3] ? Number(dotted[3]) : today.year,
      month: Number(dotted[2]),
      day: Number(dotted[1]),
    };
  return undefined;
}

function readClock(text: string) {
  const match = /^(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?$/.exec(text) ?? /^(\d{2})(\d{2})(\d{2})?$/.exec(text);
  if (!match) return undefined;
  return { hour: Number(match[1]), minute: Number(match[2]), second: Number(match[3] ?? 0) };
}

/** When the clocks were put forward over a time that does not exist. */
function changeOver(zone: Zone, { year, month, day, hour, minute }: LocalInput): number {
  const about = Date.UTC(year, month - 1, day, hour, minute);
  const spans = zone.offsetSpans(about - 2 * 86_400_000, about + 2 * 86_400_000);
  return spans.at(1)?.startMs ?? about;
}
