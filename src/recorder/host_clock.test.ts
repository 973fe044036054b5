import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { HostClock } from './host_clock.ts';

test('a step of the wall clock in either direction begins a new epoch, slewing does not', () => {
  const clock = new SimulatedClock();
  const host = new HostClock(clock);
  for (let second = 0; second < 100; second++) {
    clock.advance(1_000);
    clock.stepWallClock(0.5);
    assert.equal(host.check(), 0);
  }
  clock.stepWallClock(-3_600_000);
  assert.equal(host.check(), -3_600_000);
  clock.stepWallClock(5_000);
  assert.equal(host.check(), 5_000);
  assert.equal(host.epoch, 2);
});
