import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { localDays } from './local_days.ts';

const at = (text: string) => Date.parse(text);
const hour = 3_600_000;

const cases: readonly (readonly [
  name: string,
  zone: string,
  from: string,
  to: string,
  days: (readonly [date: string, hours: number])[],
])[] = [
  [
    'a day in which clocks go forward has 23 hours',
    'Europe/Berlin',
    '2026-03-28T23:00:00Z',
    '2026-03-30T22:00:00Z',
    [
      ['2026-03-29', 23],
      ['2026-03-30', 24],
    ],
  ],
  [
    'a day in which they go back has 25',
    'Europe/Berlin',
    '2026-10-24T22:00:00Z',
    '2026-10-25T23:00:00Z',
    [['2026-10-25', 25]],
  ],
  [
    'the first and last day are cut to the window',
    'UTC',
    '2026-01-01T22:00:00Z',
    '2026-01-03T01:00:00Z',
    [
      ['2026-01-01', 2],
      ['2026-01-02', 24],
      ['2026-01-03', 1],
    ],
  ],
  [
    'where clocks skip midnight the day begins after it',
    'Africa/Cairo',
    '2026-04-23T22:00:00Z',
    '2026-04-24T21:00:00Z',
    [['2026-04-24', 23]],
  ],
  [
    'a date that a zone left out is left out',
    'Pacific/Apia',
    '2011-12-29T10:00:00Z',
    '2011-12-31T10:00:00Z',
    [
      ['2011-12-29', 24],
      ['2011-12-31', 24],
    ],
  ],
  [
    'half an hour of summer time makes a day of 23.5 hours',
    'Australia/Lord_Howe',
    '2026-10-03T13:30:00Z',
    '2026-10-04T13:00:00Z',
    [['2026-10-04', 23.5]],
  ],
  ['an empty window has no days', 'UTC', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', []],
];

for (const [name, zone, from, to, days] of cases) {
  test(name, () => {
    const found = localDays({ startMs: at(from), endMs: at(to) }, zone);
    assert.deepEqual(
      found.map(({ date, startMs, endMs }) => [date, (endMs - startMs) / hour]),
      days,
    );
  });
}

test('a zone that does not exist is a RangeError', () => {
  assert.throws(() => localDays({ startMs: 0, endMs: 1 }, 'Europe/Atlantis'), RangeError);
});

test('in whatever zone, days tile the window in order', () => {
  const zones = ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'America/St_Johns'];
  fc.assert(
    fc.property(
      fc.integer({ min: at('1971-01-01T00:00:00Z'), max: at('2037-01-01T00:00:00Z') }),
      fc.integer({ min: 1, max: 40 * 24 * hour }),
      fc.constantFrom(...zones),
      (startMs, length, zone) => {
        const endMs = startMs + length;
        let reached = startMs;
        for (const day of localDays({ startMs, endMs }, zone)) {
          assert.equal(day.startMs, reached);
          assert.ok(day.endMs > day.startMs && day.endMs - day.startMs <= 26 * hour);
          reached = day.endMs;
        }
        assert.equal(reached, endMs);
      },
    ),
    { numRuns: 100 },
  );
});
