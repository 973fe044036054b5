/**
 * A time zone of the IANA database by the browser's own tables: instants in, wall clock out, and back.
 *
 * Days are what the people of the zone lived: 23 hours long, 25, or beginning at 01:00 where midnight was skipped.
 */

export const dayMs = 86_400_000;
/** Offsets of so many UTC days are kept; a view of 60 days needs 62. */
const maxDays = 512;

/** What a clock on the wall shows; `month` and `day` count from 1. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

export type LocalInput = Pick<LocalTime, 'year' | 'month' | 'day' | 'hour' | 'minute'> & {
  readonly second?: number;
  readonly millisecond?: number;
};

/** Instants between two changes of the clocks, half-open, with the zone's distance from UTC. */
export interface OffsetSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly offsetMs: number;
}

export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, readonly OffsetSpan[]>();

  /** @throws RangeError when the name is of no zone */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What must be added to UTC to get the wall clock at `ms`. */
  offsetAt(ms: number): number {
    return this.#day(Math.floor(ms / dayMs)).find(({ endMs }) => ms < endMs)!.offsetMs;
  }

  localTime(ms: number): LocalTime {
    const date = new Date(ms + this.offsetAt(ms));
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      millisecond: date.getUTCMilliseconds(),
      weekday: date.getUTCDay(),
    };
  }

  /**
   * The instants at which the wall clock showed this, in order: one, none where the clocks were put forward over it,
   * two where they were put back.
   */
  instantsOf({ year, month, day, hour, minute, second = 0, millisecond = 0 }: LocalInput): number[] {
    const wall = Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
    const offsets = new Set([this.offsetAt(wall - dayMs), this.offsetAt(wall + dayMs)]);
    return [...offsets]
      .map((offsetMs) => ({ ms: wall - offsetMs, offsetMs }))
      .filter(({ ms, offsetMs }) => this.offsetAt(ms) === offsetMs)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
  }

  /** The first instant of the local day that holds `ms`. */
  startOfDay(ms: number): number {
    let start = this.startOfNextDay(ms - 51 * 3_600_000);
    for (;;) {
      const next = this.startOfNextDay(start);
      if (next > ms) return start;
      start = next;
    }
  }

  /** The first instant after `ms` of a later local day. */
  startOfNextDay(ms: number): number {
    const today = localDay(ms, this.offsetAt(ms));
    for (const { startMs, endMs, offsetMs } of this.offsetSpans(ms, ms + 3 * dayMs)) {
      if (startMs > ms && localDay(startMs, offsetMs) > today) return startMs;
      const midnight = (today + 1) * dayMs - offsetMs;
      if (midnight > ms && midnight >= startMs && midnight < endMs) return midnight;
    }
    throw new RangeError(`No day begins within three days after ${ms}.`);
  }

  /** The window cut where the clocks change, in order and without holes. */
  offsetSpans(fromMs: number, toMs: number): OffsetSpan[] {
    const spans: OffsetSpan[] = [];
    for (let day = Math.floor(fromMs / dayMs); day * dayMs < toMs; day++) {
      for (const span of this.#day(day)) {
        const startMs = Math.max(fromMs, span.startMs);
        const endMs = Math.min(toMs, span.endMs);
        if (startMs >= endMs) continue;
        const last = spans.at(-1);
        if (last?.offsetMs === span.offsetMs) spans[spans.length - 1] = { ...last, endMs };
        else spans.push({ startMs, endMs, offsetMs: span.offsetMs });
      }
    }
    return spans;
  }

  /** The spans of a UTC day: one, or two when the clocks change in it. */
  #day(day: number): readonly OffsetSpan[] {
    const known = this.#days.get(day);
    if (known) return known;
    const startMs = day * dayMs;
    const endMs = startMs + dayMs;
    const before = this.#readOffset(startMs);
    const after = this.#readOffset(endMs);
    let spans: OffsetSpan[] = [{ startMs, endMs, offsetMs: before }];
    if (before !== after) {
      let [low, high] = [startMs, endMs];
      while (high - low > 1000) {
        const middle = low + Math.floor((high - low) / 2000) * 1000;
        if (this.#readOffset(middle) === before) low = middle;
        else high = middle;
      }
      spans = [
        { startMs, endMs: high, offsetMs: before },
        { startMs: high, endMs, offsetMs: after },
      ].filter((span) => span.endMs > span.startMs);
      // A change at midnight UTC belongs to the next day.
      if (spans[0]!.endMs === endMs) spans = [spans[0]!];
    }
    if (this.#days.size >= maxDays) this.#days.delete(this.#days.keys().next().value!);
    this.#days.set(day, spans);
    return spans;
  }

  #readOffset(ms: number): number {
    const wholeMs = Math.floor(ms / 1000) * 1000;
    const parts = new Map(
      this.#format.formatToParts(wholeMs).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    return (
      Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) -
      wholeMs
    );
  }
}

/** Days since 1970-01-01 by the wall clock. */
function localDay(ms: number, offsetMs: number): number {
  return Math.floor((ms + offsetMs) / dayMs);
}
