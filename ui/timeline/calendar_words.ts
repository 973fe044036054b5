/** What a day of the calendar is called, and how much of it there is, in words. */
import { fullDayWords } from '../messages/day_words.ts';
import { hours } from '../messages/format.ts';
import { message } from '../messages/message.ts';
import type { CalendarDate, DayCoverage } from './calendar.ts';
import { causeWords } from './gap_words.ts';

/** `Saturday, 21 November 2026: 14 h 3 min recorded, 2 gaps`. */
export function calendarDayWords(date: CalendarDate, coverage: DayCoverage): string {
  return message('calendar.day', { day: fullDayWords(date), words: coverageWords(coverage) });
}

function coverageWords(coverage: DayCoverage): string {
  switch (coverage.kind) {
    case 'left_out':
      return message('calendar.left_out');
    case 'known': {
      const { coveredMs, gaps, cause } = coverage;
      if (coveredMs > 0) return message('calendar.recorded', { length: hours(coveredMs), gaps });
      return cause ? message('calendar.none.cause', { cause: causeWords(cause) }) : message('calendar.none');
    }
    default:
      return message(`state.${coverage.kind}`);
  }
}
