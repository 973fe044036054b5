import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

const delays = (backoff: Backoff, count: number) => Array.from({ length: count }, () => backoff.next());

test('C40: a camera that closes at once again and again is retried after 0, 0.5, 1, 2, 4, 8, 16, 30, 30 seconds', () => {
  const backoff = new Backoff(() => 0.5);
  assert.deepEqual(delays(backoff, 9), [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('C40: the schedule begins anew after footage was committed', () => {
  const backoff = new Backoff(() => 0.5);
  delays(backoff, 5);
  backoff.reset();
  assert.deepEqual(delays(backoff, 2), [0, 500]);
});

test('jitter stays within 20 %', () => {
  const low = new Backoff(() => 0);
  const high = new Backoff(() => 1 - Number.EPSILON);
  delays(low, 2);
  delays(high, 2);
  assert.equal(Math.round(low.next()), 800);
  assert.equal(Math.round(high.next()), 1_200);
});
