import type { Interval } from './interval.ts';

/** A calendar day of a time zone, or the part of it within a window. */
export interface LocalDay extends Interval {
  /** `2026-03-29`. */
  readonly date: string;
}

const dayMs = 86_400_000;
/** No zone is further from UTC. */
const furthestMs = 15 * 3_600_000;
/** Zones are whole seconds from UTC. */
const stepMs = 1_000;

/**
 * The days of a window, cut to it: they tile it. Where clocks are changed a day has 23 or 25 hours (or what the zone's
 * law says), and a date that a zone left out is left out.
 *
 * @param zone IANA name, such as Europe/Berlin
 * @throws RangeError when there is no such zone
 */
export function localDays({ startMs, endMs }: Interval, zone: string): LocalDay[] {
  const dateOf = dateReader(zone);
  const days: LocalDay[] = [];
  let date = dateOf(startMs);
  let from = startMs;
  while (from < endMs) {
    const next = dateAfter(date);
    const to = Math.min(endMs, beginOf(next, dateOf));
    if (to > from) days.push({ date, startMs: from, endMs: to });
    from = Math.max(from, to);
    date = next;
  }
  return days;
}

function dateReader(zone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (atMs) => format.format(atMs);
}

function dateAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}

/** The first instant of a date: midnight, or when clocks skip midnight, what comes after it. */
function beginOf(date: string, dateOf: (atMs: number) => string): number {
  const midnightMs = Date.parse(`${date}T00:00:00Z`);
  let before = midnightMs - furthestMs;
  let within = midnightMs + furthestMs;
  while (within - before > stepMs) {
    const middle = before + Math.floor((within - before) / 2 / stepMs) * stepMs;
    if (dateOf(middle) < date) before = middle;
    else within = middle;
  }
  return within;
}
