/**
 * A month as a calendar shows it: weeks from Monday to Sunday, each day with its instants in a zone and how much of it is
 * recorded. Knows no page.
 */
import type { CoverageAnswer } from '../../src/api/contract/coverage.ts';
import type { GapCause } from './footage_part.ts';
import type { LocalTime, Zone } from './zone.ts';

/** A month; `month` counts from 1. */
export type CalendarMonth = Pick<LocalTime, 'year' | 'month'>;
/** A date, whatever its instants are. */
export type CalendarDate = Pick<LocalTime, 'year' | 'month' | 'day'>;

/** A date with its instants, half-open; none where the zone left the date out. */
export interface CalendarDay extends CalendarDate {
  /** `2026-03-29`. */
  readonly date: string;
  readonly startMs: number;
  readonly endMs: number;
}

type DayFigures = Pick<
  NonNullable<CoverageAnswer['days']>[number],
  'date' | 'coveredMs' | 'missingMs' | 'gaps'
>;

/** How much of a day there is. */
export type DayCoverage =
  | { readonly kind: 'before' | 'future' | 'left_out' | 'unknown' }
  | {
      readonly kind: 'known';
      /** 0 to 1, of as much of the day as has passed; 1 only when nothing is missing. */
      readonly share: number;
      readonly coveredMs: number;
      readonly gaps: number;
      /** Of the most time without footage. */
      readonly cause?: GapCause;
    };

const daysOfWeek = 7;
/** Shares are told apart down to this, so that what has a gap is never shown as whole. */
const leastMissing = 0.001;

/** The weeks of a month, Monday first; undefined stands for the days of the months beside it. */
export function weeksOf({ year, month }: CalendarMonth, zone: Zone): (CalendarDay | undefined)[][] {
  const days = daysOf({ year, month }, zone);
  const before = weekdayOf({ year, month, day: 1 });
  const cells = [...Array.from({ length: before }, () => undefined), ...days];
  return Array.from({ length: Math.ceil(cells.length / daysOfWeek) }, (_, week) =>
    Array.from({ length: daysOfWeek }, (_, index) => cells[week * daysOfWeek + index]),
  );
}

/** The days of a month, in order and without holes between their instants. */
export function daysOf({ year, month }: CalendarMonth, zone: Zone): CalendarDay[] {
  const days: CalendarDay[] = [];
  for (let day = daysIn({ year, month }); day >= 1; day--) {
    // No zone changes its clocks over noon; a date without noon was left out.
    const [noonMs] = zone.instantsOf({ year, month, day, hour: 12, minute: 0 });
    const next = days[0]?.startMs;
    const startMs = noonMs === undefined ? next : zone.startOfDay(noonMs);
    const endMs = next ?? (noonMs === undefined ? undefined : zone.startOfNextDay(noonMs));
    if (startMs === undefined || endMs === undefined) continue;
    days.unshift({ year, month, day, date: dateText({ year, month, day }), startMs, endMs });
  }
  return days;
}

/** @param figures of all days that the server told of; undefined while it has not told */
export function coverageOf(
  day: CalendarDay,
  figures: ReadonlyMap<string, DayFigures> | undefined,
  { fromMs, nowMs }: { fromMs: number; nowMs: number },
): DayCoverage {
  if (day.endMs <= day.startMs) return { kind: 'left_out' };
  if (day.startMs >= nowMs) return { kind: 'future' };
  if (day.endMs <= fromMs) return { kind: 'before' };
  const told = figures?.get(day.date);
  if (!told) return { kind: 'unknown' };
  const { coveredMs, missingMs, gaps } = told;
  // The camera was there, and this stream of it was not yet.
  if (coveredMs + missingMs === 0 && day.endMs <= nowMs) return { kind: 'before' };
  const share = Math.min(1, coveredMs / (Math.min(day.endMs, nowMs) - day.startMs));
  const [most] = gaps;
  return {
    kind: 'known',
    share: missingMs > 0 ? Math.min(share, 1 - leastMissing) : share,
    coveredMs,
    gaps: gaps.reduce((sum, { count }) => sum + count, 0),
    ...(most && { cause: most.cause }),
  };
}

/** Whether a day can be gone to. */
export const canGoTo = ({ kind }: DayCoverage): boolean => kind === 'known' || kind === 'unknown';

/** The date that a key leads to from another; undefined for keys of something else. */
export function dateByKey(from: CalendarDate, key: string): CalendarDate | undefined {
  switch (key) {
    case 'ArrowLeft':
      return addDays(from, -1);
    case 'ArrowRight':
      return addDays(from, 1);
    case 'ArrowUp':
      return addDays(from, -daysOfWeek);
    case 'ArrowDown':
      return addDays(from, daysOfWeek);
    case 'Home':
      return addDays(from, -weekdayOf(from));
    case 'End':
      return addDays(from, daysOfWeek - 1 - weekdayOf(from));
    case 'PageUp':
      return addMonths(from, -1);
    case 'PageDown':
      return addMonths(from, 1);
    default:
      return undefined;
  }
}

/** The same day of another month, or its last one where it has fewer. */
export function addMonths({ year, month, day }: CalendarDate, count: number): CalendarDate {
  const first = new Date(Date.UTC(year, month - 1 + count, 1));
  const target = { year: first.getUTCFullYear(), month: first.getUTCMonth() + 1 };
  return { ...target, day: Math.min(day, daysIn(target)) };
}

/** The date itself, or the nearest of the first and last that may be looked at. */
export function clampDate(date: CalendarDate, first: CalendarDate, last: CalendarDate): CalendarDate {
  if (dateText(date) < dateText(first)) return first;
  return dateText(date) > dateText(last) ? last : date;
}

/** `2026-03-29`, which also sorts. */
export function dateText({ year, month, day }: CalendarDate): string {
  return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

function addDays({ year, month, day }: CalendarDate, count: number): CalendarDate {
  const date = new Date(Date.UTC(year, month - 1, day + count));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 0 is Monday. */
function weekdayOf({ year, month, day }: CalendarDate): number {
  return (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % daysOfWeek;
}

function daysIn({ year, month }: CalendarMonth): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
