import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChangeAllowance } from './change_allowance.ts';

test('ten changes are taken at once, and then one in ten seconds', () => {
  const allowance = new ChangeAllowance();
  const taken: number[] = [];
  for (let ms = 0; ms < 60_000; ms += 40) if (allowance.take(ms)) taken.push(ms);
  assert.deepEqual(taken.slice(0, 10), [0, 40, 80, 120, 160, 200, 240, 280, 320, 360]);
  assert.deepEqual(taken.slice(10), [10_000, 20_000, 30_000, 40_000, 50_000]);
});

test('a camera that changes seldom may do so for ever', () => {
  const allowance = new ChangeAllowance();
  for (let ms = 0; ms < 86_400_000; ms += 15_000) assert.ok(allowance.take(ms));
});

test('whatever the changes, so many at most are taken', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { maxLength: 200 }), (pauses) => {
      const allowance = new ChangeAllowance();
      let nowMs = 0;
      let taken = 0;
      for (const pause of pauses) {
        nowMs += pause;
        if (allowance.take(nowMs)) taken++;
      }
      assert.ok(taken <= 10 + nowMs / 10_000);
    }),
  );
});
