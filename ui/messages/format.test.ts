import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bitRate, bytes, duration, frameRate, moment, zone } from './format.ts';
import { locale } from './message.ts';
import { pluralOf } from './plural.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('sizes have three figures and the prefix that fits', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [43_540_000_000, '43.5 GB'],
    [1_213_000_000_000, '1.21 TB'],
  ];
  for (const [value, text] of cases) assert.equal(plain(bytes(value)), text);
});

test('rates are rounded to what changes from second to second', () => {
  const cases: [number, string][] = [
    [0, '0 bit/s'],
    [319_640, '320 kbit/s'],
    [1_934_000, '1.9 Mbit/s'],
    [12_040_000, '12 Mbit/s'],
  ];
  for (const [value, text] of cases) assert.equal(plain(bitRate(value)), text);
  assert.equal(plain(frameRate(25.02)), '25 fps');
  assert.equal(plain(frameRate(24.88)), '25 fps');
  assert.equal(plain(frameRate(6.25)), '6.3 fps');
  assert.equal(plain(frameRate(12.5)), '12.5 fps');
});

test('durations have two units that stand next to each other', () => {
  const cases: [number, string][] = [
    [-5, '0 s'],
    [400, '0.4 s'],
    [9_999, '9 s'],
    [59_999, '59 s'],
    [372_000, '6 min 12 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [11_105_000, '3 h 5 min'],
    [86_400_000, '1 day'],
    [1_047_600_000, '12 days 3 h'],
  ];
  for (const [value, text] of cases) assert.equal(plain(duration(value)), text);
});

test('a moment is as short as is clear', () => {
  const now = new Date(2026, 10, 22, 14, 3, 27).getTime();
  assert.equal(moment(now - 60_000, now), '14:02');
  assert.equal(moment(new Date(2026, 10, 21, 9, 5).getTime(), now), 'Sat 21 Nov 09:05');
  assert.equal(moment(new Date(2025, 10, 21, 9, 5).getTime(), now), '21 Nov 2025');
});

test('the zone is named with its offset at the instant', () => {
  assert.equal(zone(Date.UTC(2026, 0, 1), 'Europe/Berlin'), 'Berlin, UTC+1');
  assert.equal(zone(Date.UTC(2026, 6, 1), 'Europe/Berlin'), 'Berlin, UTC+2');
  assert.equal(zone(Date.UTC(2026, 6, 1), 'America/New_York'), 'New York, UTC-4');
  assert.equal(zone(Date.UTC(2026, 6, 1), 'UTC'), 'UTC');
});

test('a plural takes the form of its language', () => {
  const english = pluralOf(locale);
  const forms = { one: '# camera', other: '# cameras' };
  assert.deepEqual(
    [0, 1, 2, 1200].map((n) => english(n, forms)),
    ['0 cameras', '1 camera', '2 cameras', '1,200 cameras'],
  );
  const polish = pluralOf('pl');
  assert.deepEqual(
    [1, 3, 5].map((n) => polish(n, { one: '# kamera', few: '# kamery', many: '# kamer', other: '# kamery' })),
    ['1 kamera', '3 kamery', '5 kamer'],
  );
});
