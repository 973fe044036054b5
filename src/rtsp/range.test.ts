import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { formatRange, parseRange, type Range, rangeEnds } from './range.ts';

const noon = unixMillis(Date.UTC(2026, 0, 31, 12));

/** The value as it is written by us, when that is another one than was read. */
const ranges: readonly [value: string, range: Range, seconds: number | undefined, written?: string][] = [
  ['npt=0.000-', { unit: 'npt', start: 0 }, undefined],
  ['npt=10-20', { unit: 'npt', start: 10, end: 20 }, 10, 'npt=10.000-20.000'],
  ['npt=-30.500', { unit: 'npt', end: 30.5 }, undefined],
  ['npt=now-', { unit: 'npt', start: 'now' }, undefined],
  ['npt=now-20', { unit: 'npt', start: 'now', end: 20 }, undefined, 'npt=now-20.000'],
  ['npt=10', { unit: 'npt', start: 10 }, undefined, 'npt=10.000-'],
  ['NPT : 1:02:03.5 - 2:00:00', { unit: 'npt', start: 3723.5, end: 7200 }, 3476.5, 'npt=3723.500-7200.000'],
  ['npt=5-7;time=19970123T143720Z', { unit: 'npt', start: 5, end: 7 }, 2, 'npt=5.000-7.000'],
  ['clock=20260131T120000Z-', { unit: 'clock', start: noon }, undefined],
  [
    'clock=20260131T120000.250Z-20260131T120100Z',
    { unit: 'clock', start: unixMillis(noon + 250), end: unixMillis(noon + 60_000) },
    59.75,
  ],
  [
    'clock=2026-01-31T12:00:00Z-2026-01-31T12:00:01',
    { unit: 'clock', start: noon, end: unixMillis(noon + 1000) },
    1,
    'clock=20260131T120000Z-20260131T120001Z',
  ],
  [
    'clock=20260131T120000.1234567Z',
    { unit: 'clock', start: unixMillis(noon + 123) },
    undefined,
    'clock=20260131T120000.123Z-',
  ],
  ['smpte=10:12:33:20-', { unit: 'smpte', start: { seconds: 36_753, frames: 20, subframes: 0 } }, undefined],
  [
    'smpte-25=00:10:00-00:10:20:12.50',
    {
      unit: 'smpte-25',
      start: { seconds: 600, frames: 0, subframes: 0 },
      end: { seconds: 620, frames: 12, subframes: 50 },
    },
    20.5,
  ],
  [
    'smpte-30-drop=00:00:00-00:10:00',
    {
      unit: 'smpte-30-drop',
      start: { seconds: 0, frames: 0, subframes: 0 },
      end: { seconds: 600, frames: 0, subframes: 0 },
    },
    // 18 of 18,000 numbers are left out, so that the time code follows the clock to a part in a million.
    599.9994,
  ],
];

for (const [value, range, seconds, written = value] of ranges) {
  test(`the range ${value} is read, and written as ${written}`, () => {
    assert.deepEqual(parseRange(value), range);
    assert.equal(formatRange(range), written);
    assert.deepEqual(parseRange(written), range);
    const { start = Number.NaN, end = Number.NaN } = rangeEnds(range);
    assert.equal(end - start, seconds ?? Number.NaN);
  });
}

const wrong: readonly [name: string, value: string][] = [
  ['nothing', ''],
  ['no unit', '10-20'],
  ['an unknown unit', 'utc=10-20'],
  ['neither start nor end', 'npt=-'],
  ['an end before the start', 'npt=20-10'],
  ['an end that is now', 'npt=10-now'],
  ['a negative start', 'npt=-5-10'],
  ['words', 'npt=ten-twenty'],
  ['61 minutes', 'npt=0:61:00-'],
  ['60 seconds', 'npt=0:01:60-'],
  ['more seconds than anything lasts', 'npt=9999999999-'],
  ['exponents', 'npt=1e3-'],
  ['a clock without a start', 'clock=-20260131T120000Z'],
  ['a day that its month does not have', 'clock=20260231T120000Z-'],
  ['an hour that no day has', 'clock=20260131T250000Z-'],
  ['a clock that runs backwards', 'clock=20260131T120001Z-20260131T120000Z'],
  ['a clock with half a time', 'clock=20260131T12-'],
  ['rubbish behind the clock', 'clock=20260131T120000Z-x'],
  ['25 frames of 25', 'smpte-25=00:00:00:25-'],
  ['a time code of two parts', 'smpte=00:01-'],
  ['a time code that runs backwards', 'smpte=00:01:00-00:00:59'],
  ['more than anybody writes', `npt=${' '.repeat(300)}1-`],
];

for (const [name, value] of wrong) {
  test(`a range of ${name} is none`, () => {
    assert.equal(parseRange(value), undefined);
  });
}

test('whatever is written is read again, and no text breaks the reader', () => {
  const milliseconds = fc.integer({ min: 0, max: 4_000_000_000_000 });
  fc.assert(
    fc.property(milliseconds, fc.option(milliseconds), (start, length) => {
      const end = length === null ? undefined : start + length;
      const clock: Range = {
        unit: 'clock',
        start: unixMillis(start),
        ...(end !== undefined && { end: unixMillis(end) }),
      };
      assert.deepEqual(parseRange(formatRange(clock)), clock);
      const npt: Range = {
        unit: 'npt',
        start: (start % 3e9) / 1000,
        ...(end !== undefined && { end: ((start % 3e9) + (length! % 1000)) / 1000 }),
      };
      assert.deepEqual(parseRange(formatRange(npt)), npt);
    }),
    { seed: 326 },
  );
  const alphabet = fc.constantFrom(...'npt=clocksmpte-25:.0123456789TZ;now ');
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 60 }), (text) => {
      const range = parseRange(text);
      if (range) assert.ok(parseRange(formatRange(range)), text);
    }),
    { seed: 326, numRuns: 2000 },
  );
});
