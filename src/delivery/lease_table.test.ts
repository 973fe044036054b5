import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { LeaseTable, leaseMs } from './lease_table.ts';

function fresh() {
  const clock = new SimulatedClock();
  return { clock, table: new LeaseTable(clock) };
}

test('a segment is leased until the last of its leases is released', () => {
  const { table } = fresh();
  const first = table.lease(['a', 'b']);
  const second = table.lease(['b', 'b']);
  first.release();
  assert.deepEqual(
    ['a', 'b', 'c'].map((id) => table.isLeased(id)),
    [false, true, false],
  );
  second.release();
  second.release();
  assert.equal(table.isLeased('b'), false);
  assert.equal(table.size, 0);
});

test('a lease ends by itself when nobody renews it, and stays ended', () => {
  const { clock, table } = fresh();
  const lease = table.lease(['a']);
  clock.advance(leaseMs - 1);
  lease.renew();
  clock.advance(leaseMs - 1);
  assert.equal(table.isLeased('a'), true);
  clock.advance(1);
  assert.equal(table.isLeased('a'), false);
  lease.renew();
  assert.equal(table.isLeased('a'), false);
});

test('a step of the wall clock does not end a lease', () => {
  const { clock, table } = fresh();
  table.lease(['a']);
  clock.stepWallClock(10 * leaseMs);
  assert.equal(table.isLeased('a'), true);
});
