import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Orientation, placeAt, sizeOf, transformOf } from './orientation.ts';

/** Of a drawing that is 300 pixels along time. */
const places: readonly (readonly [
  what: string,
  orientation: Orientation,
  screen: readonly [left: number, top: number],
  place: readonly [x: number, y: number],
])[] = [
  ['to the right time goes on and down come the rows', 'horizontal', [40, 10], [40, 10]],
  ['turned, the newest is at the top', 'vertical', [0, 0], [300, 0]],
  ['turned, the oldest is at the bottom', 'vertical', [0, 300], [0, 0]],
  ['turned, rows are columns from the left', 'vertical', [80, 100], [200, 80]],
  ['a finger that left the drawing is still somewhere', 'vertical', [-5, 320], [-20, -5]],
];

for (const [what, orientation, screen, place] of places) {
  test(what, () => assert.deepEqual(placeAt(orientation, screen, 300), place));
}

test('what is drawn at a place is where a finger finds it, at any density of pixels', () => {
  for (const orientation of ['horizontal', 'vertical'] as const) {
    for (const scale of [1, 2, 3]) {
      for (const topPx of [0, 50]) {
        const [a, b, c, d, e, f] = transformOf(orientation, { widthPx: 300, topPx, scale });
        const [x, y] = placeAt(orientation, [70, 120], 300);
        const pixel = [a * x + c * y + e, b * x + d * y + f];
        const shift = orientation === 'horizontal' ? [0, topPx] : [topPx, 0];
        assert.deepEqual(
          pixel,
          [(70 - shift[0]!) * scale, (120 - shift[1]!) * scale],
          `${orientation}, ${scale}`,
        );
      }
    }
  }
});

test('a canvas of odd density is turned on whole pixels', () => {
  const [, , , , , f] = transformOf('vertical', { widthPx: 301, topPx: 0, scale: 2.625 });
  assert.equal(f, 790);
});

test('words are as wide along time as they are long, turned as high as a line', () => {
  assert.deepEqual(sizeOf('horizontal', 60, 14), { along: 60, across: 14 });
  assert.deepEqual(sizeOf('vertical', 60, 14), { along: 14, across: 60 });
});
