import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { RetentionTime } from './retention_time.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function setUp(sinceLastSeenMs = 0) {
  const clock = new SimulatedClock();
  const lines: string[] = [];
  const log = { warn: (_fields: object, message: string) => void lines.push(message) };
  const startMs = clock.now();
  return { clock, lines, startMs, time: new RetentionTime(clock, log, startMs - sinceLastSeenMs) };
}

test('without steps it is the wall clock', () => {
  const { clock, lines, time } = setUp(30_000);
  for (let days = 0; days < 3; days++) {
    assert.equal(time.now(), clock.now());
    clock.advance(day);
  }
  assert.deepEqual(lines, []);
});

test('a step ahead counts when it has lasted an hour', () => {
  const { clock, lines, startMs, time } = setUp();
  clock.stepWallClock(400 * day);
  assert.equal(time.now(), startMs);
  clock.advance(59 * minute);
  assert.equal(time.now(), startMs + 59 * minute);
  assert.equal(lines.length, 1);
  clock.advance(minute);
  assert.equal(time.now(), clock.now());
});

test('a step ahead that is taken back never counts, and another has an hour of its own', () => {
  const { clock, startMs, time } = setUp();
  clock.stepWallClock(400 * day);
  time.now();
  clock.advance(50 * minute);
  clock.stepWallClock(-400 * day);
  assert.equal(time.now(), startMs + 50 * minute);
  clock.stepWallClock(400 * day);
  time.now();
  clock.advance(50 * minute);
  clock.stepWallClock(400 * day);
  time.now();
  clock.advance(50 * minute);
  assert.equal(time.now(), startMs + 150 * minute);
});

test('a step back counts at once', () => {
  const { clock, time } = setUp();
  clock.stepWallClock(-400 * day);
  assert.equal(time.now(), clock.now());
});

test('after weeks without the recorder footage ages as before for an hour, then by the clock', () => {
  const { clock, startMs, time } = setUp(21 * day);
  assert.equal(time.now(), startMs - 21 * day);
  clock.advance(hour);
  assert.equal(time.now(), clock.now());
});
