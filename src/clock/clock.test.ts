import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sleep } from './clock.ts';
import { SimulatedClock } from './simulated_clock.ts';

test('simulated timers fire in order, at their own instant', () => {
  const clock = new SimulatedClock(1_000);
  const fired: string[] = [];
  clock.after(20, () => fired.push(`late ${clock.now()}`));
  clock.after(10, () => {
    fired.push(`early ${clock.now()}`);
    clock.after(5, () => fired.push(`nested ${clock.now()}`));
  });
  const ticking = clock.every(8, () => fired.push(`tick ${clock.now()}`));
  clock.advance(20);
  ticking.cancel();
  clock.advance(100);
  assert.deepEqual(fired, ['tick 1008', 'early 1010', 'nested 1015', 'tick 1016', 'late 1020']);
  assert.equal(clock.pendingTimers, 0);
});

test('a step of the wall clock leaves the monotonic clock alone', () => {
  const clock = new SimulatedClock(1_000);
  clock.stepWallClock(-500);
  assert.equal(clock.now(), 500);
  assert.equal(clock.monotonic(), 0);
});

test('sleep rejects at once when its signal is aborted and leaves no timer', async () => {
  const clock = new SimulatedClock();
  const stop = new AbortController();
  const sleeping = sleep(clock, 1_000, stop.signal);
  stop.abort(new Error('stopped'));
  await assert.rejects(sleeping, /stopped/);
  assert.equal(clock.pendingTimers, 0);
});
