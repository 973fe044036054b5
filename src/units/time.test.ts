import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rescale, ticksToMillis } from './time.ts';

test('rescale agrees with exact integer arithmetic for any rounding', () => {
  const scale = fc.integer({ min: 1, max: 192_000 });
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 45), max: 2 ** 45 }), scale, scale, (ticks, from, to) => {
      const product = BigInt(ticks) * BigInt(to);
      const divisor = BigInt(from);
      fc.pre(Number.isSafeInteger(Number(product / divisor) * 2));
      const remainder = ((product % divisor) + divisor) % divisor;
      const floor = (product - remainder) / divisor;
      assert.equal(BigInt(rescale(ticks, from, to, 'floor')), floor);
      assert.equal(BigInt(rescale(ticks, from, to, 'ceil')), remainder === 0n ? floor : floor + 1n);
      assert.equal(BigInt(rescale(ticks, from, to)), remainder * 2n >= divisor ? floor + 1n : floor);
    }),
  );
});

test('a hundred years at 90 kHz keep their milliseconds', () => {
  const years = 100 * 365.25 * 86_400;
  assert.equal(ticksToMillis(years * 90_000 + 45, 90_000), years * 1000 + 0.5);
});
