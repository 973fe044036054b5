import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTypedTime } from './typed_time.ts';
import { Zone } from './zone.ts';

const zone = new Zone('Europe/Berlin');
const nowMs = Date.parse('2026-11-21T13:00:00Z');
const context = { zone, besideMs: nowMs, nowMs };
const read = (date: string, time: string) => readTypedTime(date, time, context);

test('times are read as people type them', () => {
  const cases: [string, string, string][] = [
    ['2026-11-20', '14:03', '2026-11-20T13:03:00Z'],
    ['2026-11-20', '14:03:27', '2026-11-20T13:03:27Z'],
    ['20.11.2026', '14.03', '2026-11-20T13:03:00Z'],
    ['20.11.', '1403', '2026-11-20T13:03:00Z'],
    ['', '9:05', '2026-11-21T08:05:00Z'],
    ['2026-06-01', '00:00', '2026-05-31T22:00:00Z'],
    ['yesterday', '14:03', '2026-11-20T13:03:00Z'],
    ['2026-06-01', '00:00 Uhr', '2026-05-31T22:00:00Z'],
    ['2026-06-01', 'yesterday 14:03', '2026-11-20T13:03:00Z'],
    ['2026-06-01', 'Gestern um 14:03', '2026-11-20T13:03:00Z'],
    ['2026-06-01', 'heute, 9:05 Uhr', '2026-11-21T08:05:00Z'],
    ['2026-06-01', 'today at 0905', '2026-11-21T08:05:00Z'],
    ['2026-06-01', '20.11.2026 14:03', '2026-11-20T13:03:00Z'],
    ['2026-06-01', '20. 11. 2026, 14:03', '2026-11-20T13:03:00Z'],
    ['2026-06-01', '2026-11-20 14:03:27', '2026-11-20T13:03:27Z'],
    ['2026-06-01', '20.11. 14:03', '2026-11-20T13:03:00Z'],
    ['2026-06-01', 'vor 5 min', '2026-11-21T12:55:00Z'],
    ['2026-06-01', 'vor 90 Sekunden', '2026-11-21T12:58:30Z'],
    ['2026-06-01', '2 hours ago', '2026-11-21T11:00:00Z'],
    ['2026-06-01', '30s ago', '2026-11-21T12:59:30Z'],
  ];
  for (const [date, time, instant] of cases) {
    assert.deepEqual(read(date, time), { kind: 'instant', ms: Date.parse(instant) }, `${date} ${time}`);
  }
});

test('what is no time is told apart', () => {
  const cases: [string, string, string][] = [
    ['2026-11-20', 'noon', 'unreadable'],
    ['tomorrow', '14:03', 'unreadable'],
    ['2026-11-20', 'tomorrow 14:03', 'unreadable'],
    ['2026-11-20', 'gestern', 'unreadable'],
    ['2026-11-20', 'vor 2 Tagen', 'unreadable'],
    ['2026-11-20', '5 min', 'unreadable'],
    ['2026-11-20', 'constructor 14:03', 'unreadable'],
    ['2026-11-20', '31.11.2026 14:03', 'no_such_date'],
    ['2026-02-30', '14:03', 'no_such_date'],
    ['2026-13-01', '14:03', 'no_such_date'],
    ['2026-00-01', '14:03', 'no_such_date'],
    ['1.1.0099', '14:03', 'no_such_date'],
    ['2026-11-20', '24:10', 'no_such_time'],
    ['2026-11-20', '14:75', 'no_such_time'],
    ['2026-11-21', '14:01', 'future'],
  ];
  for (const [date, time, kind] of cases) {
    assert.deepEqual(read(date, time), { kind: 'fault', fault: { kind } }, `${date} ${time}`);
  }
});

test('a time that the clocks skipped is refused with when that was', () => {
  assert.deepEqual(read('2026-03-29', '02:30'), {
    kind: 'fault',
    fault: { kind: 'skipped', changeMs: Date.parse('2026-03-29T01:00:00Z') },
  });
});

test('a time that came twice is its first coming, and tells the second', () => {
  assert.deepEqual(read('2026-10-25', '02:30'), {
    kind: 'instant',
    ms: Date.parse('2026-10-25T00:30:00Z'),
    againMs: Date.parse('2026-10-25T01:30:00Z'),
  });
});
