import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CalendarDate,
  type CalendarDay,
  canGoTo,
  clampDate,
  coverageOf,
  dateByKey,
  dateText,
  daysOf,
  weeksOf,
} from './calendar.ts';
import { Zone } from './zone.ts';

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(text);
const dateOf = (text: string): CalendarDate => {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return { year, month, day };
};

const months: readonly {
  readonly zone: string;
  readonly month: string;
  readonly start: string;
  readonly end: string;
  /** Days that do not have 24 hours. */
  readonly odd: Readonly<Record<string, number>>;
}[] = [
  {
    zone: 'Europe/Berlin',
    month: '2026-03',
    start: '2026-02-28T23:00:00Z',
    end: '2026-03-31T22:00:00Z',
    odd: { '2026-03-29': 23 },
  },
  {
    zone: 'Europe/Berlin',
    month: '2026-10',
    start: '2026-09-30T22:00:00Z',
    end: '2026-10-31T23:00:00Z',
    odd: { '2026-10-25': 25 },
  },
  {
    zone: 'America/New_York',
    month: '2026-03',
    start: '2026-03-01T05:00:00Z',
    end: '2026-04-01T04:00:00Z',
    odd: { '2026-03-08': 23 },
  },
  {
    zone: 'America/New_York',
    month: '2026-11',
    start: '2026-11-01T04:00:00Z',
    end: '2026-12-01T05:00:00Z',
    odd: { '2026-11-01': 25 },
  },
  {
    zone: 'Asia/Kolkata',
    month: '2026-03',
    start: '2026-02-28T18:30:00Z',
    end: '2026-03-31T18:30:00Z',
    odd: {},
  },
  {
    zone: 'Asia/Kolkata',
    month: '2026-10',
    start: '2026-09-30T18:30:00Z',
    end: '2026-10-31T18:30:00Z',
    odd: {},
  },
  // Without a midnight: this day begins at 01:00.
  {
    zone: 'Asia/Beirut',
    month: '2026-03',
    start: '2026-02-28T22:00:00Z',
    end: '2026-03-31T21:00:00Z',
    odd: { '2026-03-29': 23 },
  },
  {
    zone: 'Australia/Lord_Howe',
    month: '2026-10',
    start: '2026-09-30T13:30:00Z',
    end: '2026-10-31T13:00:00Z',
    odd: { '2026-10-04': 23.5 },
  },
  // Went over the date line, and left a day out.
  {
    zone: 'Pacific/Apia',
    month: '2011-12',
    start: '2011-12-01T10:00:00Z',
    end: '2011-12-31T10:00:00Z',
    odd: { '2011-12-30': 0 },
  },
  {
    zone: 'UTC',
    month: '2028-02',
    start: '2028-02-01T00:00:00Z',
    end: '2028-03-01T00:00:00Z',
    odd: {},
  },
];

for (const { zone, month, start, end, odd } of months) {
  test(`the days of ${month} in ${zone} are as long as they were, and leave nothing out`, () => {
    const days = daysOf(dateOf(`${month}-01`), new Zone(zone));
    const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
    assert.equal(days.length, last);
    assert.equal(days[0]!.startMs, at(start));
    assert.equal(days.at(-1)!.endMs, at(end));
    for (const [index, day] of days.entries()) {
      assert.equal(day.date, `${month}-${String(index + 1).padStart(2, '0')}`);
      assert.equal((day.endMs - day.startMs) / hourMs, odd[day.date] ?? 24, day.date);
      assert.equal(day.startMs, days[index - 1]?.endMs ?? day.startMs, 'without holes');
    }
  });
}

test('a week begins on Monday, and the days of other months are empty', () => {
  const rows: [month: string, first: string, last: string, weeks: number][] = [
    // A Sunday is the last day of the first week.
    ['2026-03', '------1', '30 31-----', 6],
    ['2026-06', '1 2 3 4 5 6 7', '29 30-----', 5],
    ['2027-02', '1 2 3 4 5 6 7', '22 23 24 25 26 27 28', 4],
    ['2026-11', '------1', '30------', 6],
    ['2026-12', '-1 2 3 4 5 6', '28 29 30 31---', 5],
  ];
  for (const [month, first, last, count] of rows) {
    const weeks = weeksOf(dateOf(`${month}-01`), new Zone('Europe/Berlin'));
    const words = weeks.map((week) =>
      week
        .map((day) => (day ? `${day.day}` : '-'))
        .join(' ')
        .replaceAll(/ ?- ?/g, '-'),
    );
    assert.deepEqual([words[0], words.at(-1), weeks.length], [first, last, count], month);
  }
});

const berlin = new Zone('Europe/Berlin');
const dayOf = (text: string): CalendarDay => daysOf(dateOf(text), berlin).find(({ date }) => date === text)!;

const figures = (date: string, coveredMs: number, missingMs: number, gaps: [string, number][] = []) =>
  new Map([
    [
      date,
      {
        date,
        coveredMs,
        missingMs,
        gaps: gaps.map(([cause, count]) => ({ cause: cause as 'crash', count, totalMs: missingMs })),
      },
    ],
  ]);

const bounds = { fromMs: at('2026-03-27T12:00:00Z'), nowMs: at('2026-10-25T11:00:00Z') };
const coverages: [what: string, date: string, known: ReturnType<typeof figures> | undefined, want: object][] =
  [
    [
      'a day of 23 hours that is all there is whole',
      '2026-03-29',
      figures('2026-03-29', 23 * hourMs, 0),
      { kind: 'known', share: 1, coveredMs: 23 * hourMs, gaps: 0 },
    ],
    [
      'of a day, as much as there is of its own length',
      '2026-03-29',
      figures('2026-03-29', 11.5 * hourMs, 11.5 * hourMs, [
        ['unreachable', 2],
        ['crash', 1],
      ]),
      { kind: 'known', share: 0.5, coveredMs: 11.5 * hourMs, gaps: 3, cause: 'unreachable' },
    ],
    [
      'the present day counts as far as it has passed, also when it will have 25 hours',
      '2026-10-25',
      figures('2026-10-25', 13 * hourMs, 0),
      { kind: 'known', share: 1, coveredMs: 13 * hourMs, gaps: 0 },
    ],
    [
      'the first day counts as a whole, since nothing is there of the time before the camera',
      '2026-03-27',
      figures('2026-03-27', 11 * hourMs, 0),
      { kind: 'known', share: 11 / 24, coveredMs: 11 * hourMs, gaps: 0 },
    ],
    [
      'a second that is missing is never rounded away',
      '2026-06-01',
      figures('2026-06-01', 24 * hourMs - 1000, 1000, [['crash', 1]]),
      { kind: 'known', share: 0.999, coveredMs: 24 * hourMs - 1000, gaps: 1, cause: 'crash' },
    ],
    [
      'a day without footage',
      '2026-06-01',
      figures('2026-06-01', 0, 24 * hourMs, [['deleted', 1]]),
      { kind: 'known', share: 0, coveredMs: 0, gaps: 1, cause: 'deleted' },
    ],
    [
      'the present day of a camera that has sent nothing yet',
      '2026-10-25',
      figures('2026-10-25', 0, 0),
      { kind: 'known', share: 0, coveredMs: 0, gaps: 0 },
    ],
    ['a day of which the server has not told yet', '2026-06-01', undefined, { kind: 'unknown' }],
    ['a day before the camera', '2026-03-26', undefined, { kind: 'before' }],
    ['a day before the stream', '2026-05-01', figures('2026-05-01', 0, 0), { kind: 'before' }],
    ['a day to come', '2026-10-26', undefined, { kind: 'future' }],
  ];

for (const [what, date, known, want] of coverages) {
  test(`coverage: ${what}`, () => {
    const coverage = coverageOf(dayOf(date), known, bounds);
    assert.deepEqual(coverage, want);
    assert.equal(canGoTo(coverage), !['before', 'future', 'left_out'].includes(coverage.kind));
  });
}

test('a date that the zone left out is none that can be gone to', () => {
  const day = daysOf({ year: 2011, month: 12 }, new Zone('Pacific/Apia')).find(
    ({ date }) => date === '2011-12-30',
  )!;
  assert.deepEqual(coverageOf(day, undefined, { fromMs: 0, nowMs: bounds.nowMs }), { kind: 'left_out' });
});

test('keys move by day, week and month, also over their ends', () => {
  const moves: [from: string, key: string, to: string | undefined][] = [
    ['2026-03-01', 'ArrowLeft', '2026-02-28'],
    ['2026-12-31', 'ArrowRight', '2027-01-01'],
    ['2026-03-05', 'ArrowUp', '2026-02-26'],
    ['2026-03-29', 'ArrowDown', '2026-04-05'],
    ['2026-03-29', 'Home', '2026-03-23'],
    ['2026-03-23', 'Home', '2026-03-23'],
    ['2026-03-23', 'End', '2026-03-29'],
    ['2026-03-30', 'End', '2026-04-05'],
    ['2026-03-31', 'PageUp', '2026-02-28'],
    ['2028-01-31', 'PageDown', '2028-02-29'],
    ['2026-12-15', 'PageDown', '2027-01-15'],
    ['2026-01-15', 'PageUp', '2025-12-15'],
    ['2026-01-15', 'a', undefined],
  ];
  for (const [from, key, to] of moves) {
    const moved = dateByKey(dateOf(from), key);
    assert.equal(moved && dateText(moved), to, `${from} ${key}`);
  }
});

test('no key leads out of the days that can be looked at', () => {
  const [first, last] = [dateOf('2026-03-10'), dateOf('2026-11-23')];
  for (const [date, to] of [
    ['2026-03-09', '2026-03-10'],
    ['2025-12-31', '2026-03-10'],
    ['2026-06-01', '2026-06-01'],
    ['2026-11-24', '2026-11-23'],
    ['2027-01-01', '2026-11-23'],
  ] as const) {
    assert.equal(dateText(clampDate(dateOf(date), first, last)), to, date);
  }
});
