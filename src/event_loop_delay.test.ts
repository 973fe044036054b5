import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from './clock/clock.ts';
import { SimulatedClock } from './clock/simulated_clock.ts';
import { EventLoopDelay } from './event_loop_delay.ts';
import { monotonicMillis } from './units/time.ts';

test('the worst delay of the last minute is told, and forgotten after it', () => {
  const simulated = new SimulatedClock();
  let blockedMs = 0;
  // Timers fire when they are due; what the clock shows then is as late as the thread was blocked.
  const clock: Clock = {
    now: () => simulated.now(),
    monotonic: () => monotonicMillis(simulated.monotonic() + blockedMs),
    after: (delayMs, callback) => simulated.after(delayMs, callback),
    every: (intervalMs, callback) => simulated.every(intervalMs, callback),
  };
  const delay = new EventLoopDelay(clock);
  simulated.advance(1_000);
  assert.equal(delay.worstMs, 0);
  blockedMs = 70;
  simulated.advance(500);
  assert.equal(delay.worstMs, 70);
  simulated.advance(59_000);
  assert.equal(delay.worstMs, 70);
  simulated.advance(1_000);
  assert.equal(delay.worstMs, 0);
  delay.stop();
  assert.equal(simulated.pendingTimers, 0);
});
