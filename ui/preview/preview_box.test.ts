import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitInto } from './preview_box.ts';

for (const [what, width, height, scale, expected] of [
  ['a wide picture fills it', 1920, 1080, 1, [240, 135]],
  ['on a sharp screen with more pixels', 1920, 1080, 2, [480, 270]],
  ['but not with more than can be told apart', 3840, 2160, 4, [480, 270]],
  ['a screen that is zoomed out needs no fewer', 1920, 1080, 0.5, [240, 135]],
  ['a square one stands in its middle', 2000, 2000, 1, [135, 135]],
  ['so does that of a corridor', 1080, 1920, 1, [76, 135]],
  ['a small one is not made larger', 160, 120, 2, [160, 120]],
  ['a line has a pixel all the same', 4000, 1, 1, [240, 1]],
] as const) {
  test(`a preview in its box: ${what}`, () => {
    const fitted = fitInto({ width, height }, scale);
    assert.deepEqual([fitted.width, fitted.height], expected);
  });
}
