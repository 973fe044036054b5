import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { DiskLatency } from './disk_latency.ts';

test('the slowest call is told for a while, and one that hangs from the moment that it is the slowest', () => {
  const clock = new SimulatedClock();
  const latency = new DiskLatency(clock);
  const call = (ms: number) => {
    const end = latency.begin();
    clock.advance(ms);
    end();
  };
  assert.equal(latency.slowestMs, 0);
  call(700);
  call(20);
  assert.equal(latency.slowestMs, 700);
  clock.advance(14_500);
  assert.equal(latency.slowestMs, 700);
  const end = latency.begin();
  latency.begin()();
  clock.advance(9_000);
  assert.deepEqual([latency.slowestMs, latency.waitsMs], [9_000, 9_000]);
  end();
  assert.equal(latency.waitsMs, 0);
  assert.equal(latency.slowestMs, 9_000);
  clock.advance(15_000);
  assert.equal(latency.slowestMs, 9_000);
  clock.advance(15_000);
  assert.equal(latency.slowestMs, 0);
});
