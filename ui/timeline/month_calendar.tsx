import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import './month_calendar.css';
import { readTimeline } from '../api/client.ts';
import { RequestProblem } from '../api/problem.ts';
import { Icon } from '../design/icon.tsx';
import { monthWords, weekdayWords } from '../messages/day_words.ts';
import { message } from '../messages/message.ts';
import {
  addMonths,
  type CalendarDate,
  type CalendarDay,
  canGoTo,
  clampDate,
  coverageOf,
  type DayCoverage,
  dateByKey,
  dateText,
  daysOf,
  weeksOf,
} from './calendar.ts';
import { calendarDayWords } from './calendar_words.ts';
import { useMonthCoverage } from './use_month_coverage.ts';
import type { Zone } from './zone.ts';

export interface CalendarAddress {
  readonly cameraId: string;
  readonly streamId: string;
  /** When the camera was added: days before are not offered. */
  readonly createdMs: number;
}

/** A month of days, each filled as far as it is recorded. Going to one is going to its first footage. */
export function MonthCalendar(props: {
  address: CalendarAddress;
  zone: Zone;
  atMs: number;
  nowMs: number;
  onGo: (ms: number) => void;
}) {
  const { address, zone, atMs, nowMs, onGo } = props;
  const first = zone.localTime(Math.min(address.createdMs, nowMs));
  const today = zone.localTime(nowMs);
  const shown = dateText(zone.localTime(atMs));
  const [focused, setFocused] = useState<CalendarDate>(() => clampDate(zone.localTime(atMs), first, today));
  const [pointed, setPointed] = useState<CalendarDay>();
  const grid = useRef<HTMLTableElement>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const weeks = weeksOf(focused, zone);
  const days = weeks.flat().filter((day) => day !== undefined);
  const { figures, problem } = useMonthCoverage(address, zone.name, days[0]!.startMs, days.at(-1)!.endMs);
  const coverage = (day: CalendarDay): DayCoverage =>
    coverageOf(day, figures, { fromMs: address.createdMs, nowMs });

  // Keys may come faster than they are drawn: each goes on from where the one before led.
  const latest = useRef(focused);
  const move = (to: CalendarDate) => {
    latest.current = clampDate(to, first, today);
    setFocused(latest.current);
  };
  // The focus follows the keys at once, so that the next key finds it; the buttons of the months keep it.
  const byKey = useRef(false);
  useLayoutEffect(() => {
    if (byKey.current) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    byKey.current = false;
  }, [dateText(focused)]);

  const go = async (day: CalendarDay): Promise<void> => {
    const known = coverage(day);
    if (!canGoTo(known)) return;
    leaving.current.abort();
    leaving.current = new AbortController();
    const { signal } = leaving.current;
    const isEmpty = known.kind === 'known' && known.coveredMs === 0;
    const ms = isEmpty ? undefined : await firstFootage(address, day, signal);
    if (!signal.aborted) onGo(ms ?? day.startMs);
  };

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = latest.current;
    const to = dateByKey(from, event.key);
    if (to) {
      byKey.current = true;
      move(to);
    } else if (event.key === 'Enter' || event.key === ' ') {
      const day = daysOf(from, zone).find((each) => each.day === from.day);
      if (day) void go(day);
    } else return;
    event.preventDefault();
  };

  const told = pointed ?? days.find(({ day }) => day === focused.day);
  const isFirst = dateText({ ...focused, day: 1 }) <= dateText({ ...first, day: 1 });
  const isLast = dateText({ ...focused, day: 1 }) >= dateText({ ...today, day: 1 });
  return (
    <div class="calendar" data-testid="calendar">
      <div class="calendar-head">
        <button
          type="button"
          class="button quiet square"
          aria-label={message('calendar.previous')}
          aria-disabled={isFirst}
          onClick={() => move(addMonths(latest.current, -1))}
        >
          <Icon name="back" />
        </button>
        <h3 id="calendar-month" aria-live="polite">
          {monthWords(focused)}
        </h3>
        <button
          type="button"
          class="button quiet square"
          aria-label={message('calendar.next')}
          aria-disabled={isLast}
          onClick={() => move(addMonths(latest.current, 1))}
        >
          <Icon name="next" />
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells keys move between is a grid. */}
      <table ref={grid} role="grid" aria-labelledby="calendar-month">
        <thead>
          <tr>
            {weekdayWords().map(({ short, long }) => (
              <th key={long} scope="col" abbr={long}>
                {short}
              </th>
            ))}
          </tr>
        </thead>
        <tbody onPointerLeave={() => setPointed(undefined)}>
          {weeks.map((week, index) => (
            <tr key={index}>
              {week.map((day, weekday) =>
                day ? (
                  <Day
                    key={day.date}
                    day={day}
                    coverage={coverage(day)}
                    isFocused={day.day === focused.day}
                    isShown={day.date === shown}
                    isToday={day.date === dateText(today)}
                    onPoint={() => setPointed(day)}
                    onKey={pressed}
                    onChoose={() => {
                      move(day);
                      void go(day);
                    }}
                  />
                ) : (
                  <td key={weekday} />
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {problem ? (
        <p class="wrong" role="alert">
          {message('calendar.problem', { detail: problem.detail })}
        </p>
      ) : (
        // The names of the days say it to those who do not see it.
        <p class="small calendar-told" aria-hidden="true">
          {told && calendarDayWords(told, coverage(told))}
        </p>
      )}
    </div>
  );
}

function Day(props: {
  day: CalendarDay;
  coverage: DayCoverage;
  isFocused: boolean;
  /** The picture that is shown is of this day. */
  isShown: boolean;
  isToday: boolean;
  onPoint: () => void;
  onKey: (event: KeyboardEvent) => void;
  onChoose: () => void;
}) {
  const { day, coverage, isFocused, isShown, isToday, onPoint, onKey, onChoose } = props;
  const share = coverage.kind === 'known' ? coverage.share : 0;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the cells of a table that is a grid can be selected.
    <td
      class={`calendar-day ${coverage.kind}`}
      tabIndex={isFocused ? 0 : -1}
      aria-label={calendarDayWords(day, coverage)}
      aria-selected={isShown}
      aria-disabled={!canGoTo(coverage)}
      aria-current={isToday ? 'date' : undefined}
      data-date={day.date}
      onPointerEnter={onPoint}
      onKeyDown={onKey}
      onClick={onChoose}
    >
      {share > 0 && <i class={share < 1 ? 'part' : ''} style={{ height: `${share * 100}%` }} />}
      <span>{day.day}</span>
    </td>
  );
}

/** When the footage of a day begins; undefined when there is none, or nobody knows. */
async function firstFootage(
  { cameraId, streamId }: CalendarAddress,
  { startMs, endMs }: CalendarDay,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const query = { stream: streamId, from: startMs, to: endMs };
    return (await readTimeline(cameraId, query, signal)).recordings[0]?.startMs;
  } catch (thrown) {
    if (signal.aborted || thrown instanceof RequestProblem) return undefined;
    throw thrown;
  }
}
