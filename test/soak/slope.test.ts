import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slopePerMinute } from './slope.ts';

test('the slope of values that grow by 3 in a minute is 3, whatever scatters around them', () => {
  const points = Array.from({ length: 61 }, (_, index) => {
    const scatter = index % 2 === 0 ? 5 : -5;
    return [1_700_000_000_000 + index * 10_000, 100 + index / 2 + scatter] as const;
  });
  assert.ok(Math.abs(slopePerMinute(points) - 3) < 0.01);
});
