import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../clock/simulated_clock.ts';
import { Pacer } from './pacer.ts';

function start() {
  const clock = new SimulatedClock(0);
  const pacer = new Pacer(clock, 1_000);
  const sent: string[] = [];
  const offer = (key: string, what: number) =>
    pacer.offer(key, () => sent.push(`${key}${what} at ${clock.monotonic()}`));
  return { clock, pacer, sent, offer };
}

test('the first is sent at once, the newest of the others when the second is over', () => {
  const { clock, sent, offer } = start();
  for (let what = 1; what <= 5; what++) {
    offer('a', what);
    clock.advance(100);
  }
  assert.deepEqual(sent, ['a1 at 0']);
  clock.advance(2_000);
  assert.deepEqual(sent, ['a1 at 0', 'a5 at 1000']);
});

test('what comes slower than once a second is never held back', () => {
  const { clock, sent, offer } = start();
  for (let what = 1; what <= 3; what++) {
    offer('a', what);
    clock.advance(1_200);
  }
  assert.deepEqual(sent, ['a1 at 0', 'a2 at 1200', 'a3 at 2400']);
});

test('a steady stream is sent once a second', () => {
  const { clock, sent, offer } = start();
  for (let what = 0; what < 100; what++) {
    offer('a', what);
    clock.advance(40);
  }
  assert.deepEqual(sent, ['a0 at 0', 'a24 at 1000', 'a49 at 2000', 'a74 at 3000', 'a99 at 4000']);
});

test('streams do not wait for each other', () => {
  const { clock, sent, offer } = start();
  offer('a', 1);
  clock.advance(500);
  offer('b', 1);
  offer('a', 2);
  offer('b', 2);
  clock.advance(1_000);
  assert.deepEqual(sent, ['a1 at 0', 'b1 at 500', 'a2 at 1000', 'b2 at 1500']);
});

test('what was cleared is not sent, and does not hold back what comes next', () => {
  const { clock, pacer, sent, offer } = start();
  offer('a', 1);
  offer('a', 2);
  pacer.clear();
  clock.advance(100);
  offer('a', 3);
  clock.advance(5_000);
  assert.deepEqual(sent, ['a1 at 0', 'a3 at 100']);
});
