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
 * Reads a date (2026-11-21, 21.11.2026, 21.11., yesterday, gestern, or empty for the day of `besideMs`) and a time (14:03,
 * 14:03:27, 1403). A date before the time is the one that holds: `gestern 14:03`, `21.11.2026 14:03`. `5 min ago` and
 * `vor 5 min` count from now. Words of all languages are read in each: they mean the same.
 */
export function readTypedTime(
  date: string,
  time: string,
  context: { zone: Zone; besideMs: number; nowMs: number },
): TypedTime {
  const { zone, nowMs } = context;
  const text = time
    .trim()
    .toLowerCase()
    .replace(/\s+uhr$/, '');
  const agoMs = readAgo(text);
  if (agoMs !== undefined) return { kind: 'instant', ms: nowMs - agoMs };
  const [, ownDate, ownTime = text] = dateAndTime.exec(text) ?? [];
  const calendar = readDate(ownDate ?? date.trim().toLowerCase(), zone, context);
  const clock = readClock(ownTime);
  if (!calendar || !clock) return fault('unreadable');
  const { year, month, day } = calendar;
  const real = new Date(Date.UTC(year, month - 1, day));
  // Date.UTC takes the years 0 to 99 for those of the last century.
  const isReal =
    real.getUTCFullYear() === year && real.getUTCMonth() === month - 1 && real.getUTCDate() === day;
  if (!isReal) return fault('no_such_date');
  if (clock.hour > 23 || clock.minute > 59 || clock.second > 59) return fault('no_such_time');
  const [ms, againMs] = zone.instantsOf({ year, month, day, ...clock });
  if (ms === undefined) {
    return {
      kind: 'fault',
      fault: { kind: 'skipped', changeMs: changeOver(zone, { year, month, day, ...clock }) },
    };
  }
  if (ms > nowMs) return fault('future');
  return { kind: 'instant', ms, ...(againMs !== undefined && againMs <= nowMs && { againMs }) };
}

/** A date before a time, with what people put between them. */
const dateAndTime = /^([^\s,]+|\d+\.\s?\d+\.(?:\s?\d{4})?),?\s+(?:at\s+|um\s+)?(\S+)$/;

const dayNames: ReadonlyMap<string, 'today' | 'yesterday'> = new Map([
  ['today', 'today'],
  ['heute', 'today'],
  ['yesterday', 'yesterday'],
  ['gestern', 'yesterday'],
]);

const ago = /^(?:vor\s+(\d{1,6})\s*([a-z]+)|(\d{1,6})\s*([a-z]+)\s+ago)$/;
const agoUnits: readonly (readonly [name: RegExp, ms: number])[] = [
  [/^(s|sec|sek|seconds?|sekunden?)$/, 1000],
  [/^(m|min|minutes?|minuten?)$/, 60_000],
  [/^(h|hours?|std|stunden?)$/, 3_600_000],
];

/** How long ago, in milliseconds; of days nobody can say whether they mean hours or the calendar. */
function readAgo(text: string): number | undefined {
  const match = ago.exec(text);
  const unit = match?.[2] ?? match?.[4] ?? '';
  const ms = agoUnits.find(([name]) => name.test(unit))?.[1];
  return ms === undefined ? undefined : Number(match?.[1] ?? match?.[3]) * ms;
}

function readDate(text: string, zone: Zone, { besideMs, nowMs }: { besideMs: number; nowMs: number }) {
  const today = zone.localTime(besideMs);
  if (text === '') return { year: today.year, month: today.month, day: today.day };
  const named = dayNames.get(text);
  if (named === 'today') return zone.localTime(nowMs);
  if (named === 'yesterday') return zone.localTime(zone.startOfDay(nowMs) - 1);
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
