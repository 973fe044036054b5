import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from './rate_meter.ts';

test('the rate is that of the last five seconds, not of the silence until the next count', () => {
  const meter = new RateMeter();
  assert.equal(meter.perSecond(0), 0);
  for (let second = 0; second <= 20; second++)
    meter.note(second * 1000, second < 10 ? 0 : (second - 10) * 25);
  assert.equal(meter.perSecond(20_900), 25);
});

test('the rate falls when nothing is counted any more', () => {
  const meter = new RateMeter();
  for (let second = 0; second <= 5; second++) meter.note(second * 1000, second * 25);
  assert.equal(meter.perSecond(10_000), 12.5);
});
