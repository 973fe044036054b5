import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardLeft, cardSide, cardWidth } from './card_place.ts';

for (const [what, above, below, side] of [
  ['above where there is room', 600, 600, 'above'],
  ['above by a pixel', 250, 0, 'above'],
  ['below where the window begins right over the drawing', 249, 270, 'below'],
  ['without its picture where there is room for it nowhere', 249, 269, 'bare'],
] as const) {
  test(`the card is ${what}`, () => assert.equal(cardSide({ above, below }), side));
}

for (const [what, x, widthPx, left] of [
  ['in the middle of its place', 500, 1000, 500 - cardWidth / 2],
  ['at the left end of the drawing', 3, 1000, 0],
  ['at its right end', 990, 1000, 1000 - cardWidth],
  ['from the left where the drawing is narrower', 100, 200, 0],
] as const) {
  test(`the card is ${what}`, () => assert.equal(cardLeft(x, widthPx), left));
}
