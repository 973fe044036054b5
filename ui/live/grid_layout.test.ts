import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gridLayout } from './grid_layout.ts';

const desktop = { width: 1328, height: 820 };

test('tiles are as large as the space lets them be', () => {
  const columns = [1, 2, 3, 4, 5, 9, 10, 16].map((count) => gridLayout(count, desktop, 6).columns);
  assert.deepEqual(columns, [1, 2, 2, 2, 3, 3, 4, 4]);
  assert.equal(gridLayout(4, desktop, 6).tileWidth, 661);
  assert.equal(gridLayout(2, { width: 400, height: 900 }, 6).columns, 1);
});

test('the grid never leaves its space', () => {
  const side = fc.integer({ min: 0, max: 4000 });
  fc.assert(
    fc.property(fc.nat(64), side, side, (count, width, height) => {
      const { columns, tileWidth } = gridLayout(count, { width, height }, 6);
      const rows = Math.ceil(count / columns);
      assert.ok(columns >= 1);
      assert.ok(tileWidth === 0 || columns * tileWidth + 6 * (columns - 1) <= width);
      assert.ok(tileWidth === 0 || rows * tileWidth * (9 / 16) + 6 * (rows - 1) <= height + 1);
    }),
    { seed: 1 },
  );
});
