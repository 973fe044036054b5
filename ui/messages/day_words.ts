/** Names of days and months in the language of the interface. */
import { byLocale, message } from './message.ts';

/** A day of the calendar; `month` and `day` count from 1, and a weekday of 0 is Sunday. */
export interface NamedDay {
  readonly weekday: number;
  readonly day: number;
  readonly month: number;
}

// Formatting is dear and there are 19 words.
const shortNames = byLocale((locale) => {
  const weekdays = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  const months = new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' });
  return {
    weekdays: Array.from({ length: 7 }, (_, index) => weekdays.format(Date.UTC(2026, 0, 4 + index))),
    months: Array.from({ length: 12 }, (_, index) => months.format(Date.UTC(2026, index, 15))),
  };
});

/** `Sat 21 Nov`. */
export function dayWords({ weekday, day, month }: NamedDay): string {
  const { weekdays, months } = shortNames();
  return message('date.day', { weekday: weekdays[weekday]!, day, month: months[month - 1]! });
}

/** `21 Nov`, for narrow places. */
export function shortDayWords({ day, month }: Pick<NamedDay, 'day' | 'month'>): string {
  return message('date.day.short', { day, month: shortNames().months[month - 1]! });
}

/** `Sat`. */
export function shortWeekday({ weekday }: Pick<NamedDay, 'weekday'>): string {
  return shortNames().weekdays[weekday]!;
}

const utcFormat = (options: Intl.DateTimeFormatOptions) =>
  byLocale((locale) => new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }));
const fullDay = utcFormat({ dateStyle: 'full' });
const longMonth = utcFormat({ month: 'long', year: 'numeric' });
const longWeekday = utcFormat({ weekday: 'long' });

/** `Saturday, 21 November 2026`. */
export function fullDayWords({ year, month, day }: { year: number; month: number; day: number }): string {
  return fullDay().format(Date.UTC(year, month - 1, day));
}

/** `November 2026`. */
export function monthWords({ year, month }: { year: number; month: number }): string {
  return longMonth().format(Date.UTC(year, month - 1, 15));
}

/** The days of the week in short and in full, from Monday on. */
export function weekdayWords(): { short: string; long: string }[] {
  const { weekdays } = shortNames();
  return Array.from({ length: 7 }, (_, index) => ({
    short: weekdays[(index + 1) % 7]!,
    // 5 January 2026 was a Monday.
    long: longWeekday().format(Date.UTC(2026, 0, 5 + index)),
  }));
}
