import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from './rate_meter.ts';

/** A second of footage with so many pictures. */
const second = (amount: number) => ({ durationMs: 1_000, amount });

test('the rate is that of the newest five seconds, not of the silence until the next', () => {
  const meter = new RateMeter();
  assert.equal(meter.perSecond(0), 0);
  for (let at = 0; at <= 20; at++) meter.note(at * 1000, second(at < 10 ? 0 : 25));
  assert.equal(meter.perSecond(20_900), 25);
});

test('the rate falls when nothing comes any more', () => {
  const meter = new RateMeter();
  for (let at = 1; at <= 5; at++) meter.note(at * 1000, second(25));
  assert.equal(meter.perSecond(10_000), 12.5);
  assert.ok(meter.perSecond(3_600_000) < 0.1);
});

test('footage that a camera had in store does not make it faster', () => {
  const meter = new RateMeter();
  meter.note(100, { durationMs: 2_000, amount: 50 });
  assert.equal(meter.perSecond(150), 25);
  meter.note(600, { durationMs: 480, amount: 12 });
  assert.equal(meter.perSecond(700), 25);
});

test('the rate after a silence is not that of before', () => {
  const meter = new RateMeter();
  for (let at = 1; at <= 5; at++) meter.note(at * 1000, second(25));
  meter.note(15_000, second(10));
  assert.equal(meter.perSecond(15_100), 10);
});

test('a long fragment is measured whole, and footage without length has no rate', () => {
  const meter = new RateMeter();
  meter.note(0, { durationMs: 0, amount: 1 });
  assert.equal(meter.perSecond(0), 0);
  meter.note(1_000, { durationMs: 8_000, amount: 80 });
  assert.equal(meter.perSecond(1_000), 10);
});
