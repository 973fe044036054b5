import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentWords } from '../coverage/coverage_words.ts';
import { daysWords } from '../storage/kept_days.ts';
import { fullInstantWords, preciseClockWords, shortDayWords } from '../timeline/time_words.ts';
import { Zone } from '../timeline/zone.ts';
import { monthWords, weekdayWords } from './day_words.ts';
import { german } from './de.ts';
import { bitRate, bytes, day, duration, frameRate, hours, moment, zone } from './format.ts';
import { english, message, speak } from './message.ts';
import { pluralOf } from './plural.ts';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

/** One row for both languages, so that none is forgotten. */
function inBoth<Value>(
  say: (value: Value) => string,
  rows: readonly [value: Value, en: string, de: string][],
) {
  try {
    for (const [value, inEnglish, inGerman] of rows) {
      speak(english);
      assert.equal(plain(say(value)), inEnglish);
      speak(german);
      assert.equal(plain(say(value)), inGerman);
    }
  } finally {
    speak(english);
  }
}

test('sizes have three figures and the prefix that fits', () => {
  inBoth(bytes, [
    [0, '0 B', '0 B'],
    [999, '999 B', '999 B'],
    [1000, '1 kB', '1 kB'],
    [999_499, '999 kB', '999 kB'],
    [999_500, '1 MB', '1 MB'],
    [43_540_000_000, '43.5 GB', '43,5 GB'],
    [1_213_000_000_000, '1.21 TB', '1,21 TB'],
  ]);
});

test('rates are rounded to what changes from second to second', () => {
  inBoth(bitRate, [
    [0, '0 bit/s', '0 bit/s'],
    [319_640, '320 kbit/s', '320 kbit/s'],
    [1_934_000, '1.9 Mbit/s', '1,9 Mbit/s'],
    [12_040_000, '12 Mbit/s', '12 Mbit/s'],
  ]);
  inBoth(frameRate, [
    [25.02, '25 fps', '25 Bilder/s'],
    [24.88, '25 fps', '25 Bilder/s'],
    [6.25, '6.3 fps', '6,3 Bilder/s'],
    [12.5, '12.5 fps', '12,5 Bilder/s'],
  ]);
});

test('durations have two units that stand next to each other', () => {
  inBoth(duration, [
    [-5, '0 s', '0 s'],
    [400, '0.4 s', '0,4 s'],
    [9_999, '9 s', '9 s'],
    [59_999, '59 s', '59 s'],
    [372_000, '6 min 12 s', '6 min 12 s'],
    [3_600_000, '1 h', '1 h'],
    [3_605_000, '1 h', '1 h'],
    [11_105_000, '3 h 5 min', '3 h 5 min'],
    [86_400_000, '1 day', '1 Tag'],
    [1_047_600_000, '12 days 3 h', '12 Tage 3 h'],
  ]);
});

test('how long ago something was is in the case that its language wants', () => {
  inBoth(
    (ms: number) => message('unit.ago', { duration: duration(ms) }),
    [
      [300_000, '5 min ago', 'vor 5 min'],
      [86_400_000, '1 day ago', 'vor 1 Tag'],
      [1_047_600_000, '12 days 3 h ago', 'vor 12 Tagen 3 h'],
    ],
  );
});

test('shares and days of footage have the decimal sign of the language', () => {
  inBoth(percentWords, [
    [100, '100', '100'],
    [99.975, '99.975', '99,975'],
  ]);
  inBoth(daysWords, [
    [1, '1 day', '1 Tag'],
    [12.5, '12.5 days', '12,5 Tage'],
    [0.25, '6 h', '6 h'],
  ]);
});

test('a moment is as short as is clear', () => {
  const now = new Date(2026, 10, 22, 14, 3, 27).getTime();
  inBoth(
    (ms: number) => moment(ms, now),
    [
      [now - 60_000, '14:02', '14:02'],
      [new Date(2026, 10, 21, 9, 5).getTime(), 'Sat 21 Nov 09:05', 'Sa 21. Nov 09:05'],
      [new Date(2025, 10, 21, 9, 5).getTime(), '21 Nov 2025', '21.11.2025'],
    ],
  );
  inBoth(day, [[now, 'Sun 22 Nov', 'So 22. Nov']]);
});

test('an instant has the names of the language, and 24 hours', () => {
  const berlin = new Zone('Europe/Berlin');
  inBoth(
    (instant: string) => fullInstantWords(berlin, Date.parse(instant)),
    [
      ['2026-11-21T13:03:27Z', 'Sat 21 Nov 2026, 14:03:27', 'Sa 21. Nov 2026, 14:03:27'],
      ['2026-03-04T23:00:00Z', 'Thu 5 Mar 2026, 00:00:00', 'Do 5. Mär 2026, 00:00:00'],
      ['2026-05-31T22:30:00Z', 'Mon 1 Jun 2026, 00:30:00', 'Mo 1. Jun 2026, 00:30:00'],
    ],
  );
  const local = berlin.localTime(Date.parse('2026-12-24T17:30:00.250Z'));
  inBoth(preciseClockWords, [[local, '18:30:00.25', '18:30:00,25']]);
  inBoth(shortDayWords, [[local, '24 Dec', '24. Dez']]);
});

test('months and weekdays have the names of the language, and a week begins on Monday', () => {
  const week = () =>
    weekdayWords()
      .map(({ short }) => short)
      .join(' ');
  inBoth(week, [[undefined, 'Mon Tue Wed Thu Fri Sat Sun', 'Mo Di Mi Do Fr Sa So']]);
  inBoth(() => weekdayWords()[0]!.long, [[undefined, 'Monday', 'Montag']]);
  inBoth(monthWords, [[{ year: 2026, month: 3 }, 'March 2026', 'März 2026']]);
});

test('a part of a day is in hours, also when there are more than 24', () => {
  inBoth(hours, [
    [192_000, '3 min 12 s', '3 min 12 s'],
    [3_600_000, '1 h', '1 h'],
    [50_580_000, '14 h 3 min', '14 h 3 min'],
    [90_000_000, '25 h', '25 h'],
  ]);
});

test('the zone is named with its offset at the instant', () => {
  const rows: [at: [number, string], words: string][] = [
    [[Date.UTC(2026, 0, 1), 'Europe/Berlin'], 'Berlin, UTC+1'],
    [[Date.UTC(2026, 6, 1), 'Europe/Berlin'], 'Berlin, UTC+2'],
    [[Date.UTC(2026, 6, 1), 'America/New_York'], 'New York, UTC-4'],
    [[Date.UTC(2026, 6, 1), 'UTC'], 'UTC'],
  ];
  inBoth(
    ([ms, name]: [number, string]) => zone(ms, name),
    rows.map(([at, words]) => [at, words, words]),
  );
});

test('a plural takes the form of its language', () => {
  const words = ['0 cameras', '1 camera', '2 cameras', '1,200 cameras'];
  const kameras = ['0 Kameras', '1 Kamera', '2 Kameras', '1.200 Kameras'];
  inBoth(
    (count: number) => message('cameras.count', { count }),
    [0, 1, 2, 1200].map((count, index) => [count, words[index]!, kameras[index]!]),
  );
  const polish = pluralOf('pl');
  assert.deepEqual(
    [1, 3, 5].map((n) => polish(n, { one: '# kamera', few: '# kamery', many: '# kamer', other: '# kamery' })),
    ['1 kamera', '3 kamery', '5 kamer'],
  );
});
