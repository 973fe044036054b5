import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Zone } from './zone.ts';

const hourMs = 3_600_000;
const at = (text: string) => Date.parse(text);

test('offsets change at the very instant, in zones of whole, half and quarter hours', () => {
  const changes: [string, string, number, number][] = [
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 60, 120],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', 120, 60],
    ['America/New_York', '2026-03-08T07:00:00Z', -300, -240],
    ['America/New_York', '2026-11-01T06:00:00Z', -240, -300],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 660, 630],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', 630, 660],
    ['Pacific/Chatham', '2026-04-04T14:00:00Z', 825, 765],
  ];
  for (const [name, instant, before, after] of changes) {
    const zone = new Zone(name);
    assert.equal(zone.offsetAt(at(instant) - 1) / 60_000, before, `${name} before ${instant}`);
    assert.equal(zone.offsetAt(at(instant)) / 60_000, after, `${name} at ${instant}`);
  }
});

test('days are as long as people lived them', () => {
  const days: [string, string, string, number][] = [
    ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', 25],
    ['Europe/Berlin', '2026-06-01T12:00:00Z', '2026-05-31T22:00:00Z', 24],
    ['America/New_York', '2026-03-08T18:00:00Z', '2026-03-08T05:00:00Z', 23],
    ['America/New_York', '2026-11-01T18:00:00Z', '2026-11-01T04:00:00Z', 25],
    ['Australia/Lord_Howe', '2026-04-05T01:00:00Z', '2026-04-04T13:00:00Z', 24.5],
    ['Australia/Lord_Howe', '2026-10-04T01:00:00Z', '2026-10-03T13:30:00Z', 23.5],
    ['Asia/Kolkata', '2026-06-01T12:00:00Z', '2026-05-31T18:30:00Z', 24],
  ];
  for (const [name, within, start, hours] of days) {
    const zone = new Zone(name);
    assert.equal(zone.startOfDay(at(within)), at(start), `${name} ${within}`);
    assert.equal((zone.startOfNextDay(at(start)) - at(start)) / hourMs, hours, `${name} ${within}`);
    assert.equal(zone.startOfDay(at(start)), at(start), 'a start is of its own day');
    assert.equal(zone.startOfDay(at(start) + hours * hourMs - 1), at(start), 'to its last instant');
  }
});

test('a day without midnight begins when the clocks show its first time', () => {
  const zone = new Zone('Asia/Beirut');
  const start = at('2026-03-28T22:00:00Z');
  assert.equal(zone.localTime(start).hour, 1);
  assert.equal(zone.localTime(start).day, 29);
  assert.equal(zone.startOfDay(start + 5 * hourMs), start);
  assert.equal(zone.startOfNextDay(start - 1), start);
});

test('a wall clock time is one instant, none where the clocks go forward, two where they go back', () => {
  const berlin = new Zone('Europe/Berlin');
  const local = (month: number, day: number, hour: number, minute = 0) => ({
    year: 2026,
    month,
    day,
    hour,
    minute,
  });
  assert.deepEqual(berlin.instantsOf(local(6, 1, 14)), [at('2026-06-01T12:00:00Z')]);
  assert.deepEqual(berlin.instantsOf(local(3, 29, 2, 30)), []);
  assert.deepEqual(berlin.instantsOf(local(3, 29, 1, 59)), [at('2026-03-29T00:59:00Z')]);
  assert.deepEqual(berlin.instantsOf(local(3, 29, 3)), [at('2026-03-29T01:00:00Z')]);
  assert.deepEqual(berlin.instantsOf(local(10, 25, 2, 30)), [
    at('2026-10-25T00:30:00Z'),
    at('2026-10-25T01:30:00Z'),
  ]);
  const newYork = new Zone('America/New_York');
  assert.deepEqual(newYork.instantsOf(local(3, 8, 2, 15)), []);
  assert.equal(newYork.instantsOf(local(11, 1, 1, 15)).length, 2);
});

test('every instant of a year comes back from its wall clock time', () => {
  for (const name of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']) {
    const zone = new Zone(name);
    for (let ms = at('2026-01-01T00:00:00Z'); ms < at('2027-01-01T00:00:00Z'); ms += 7.25 * hourMs) {
      assert.ok(zone.instantsOf(zone.localTime(ms)).includes(ms), `${name} ${new Date(ms).toISOString()}`);
    }
  }
});
