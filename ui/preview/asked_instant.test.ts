import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedInstant, nearMsOf } from './asked_instant.ts';

const part = { startMs: 0, endMs: 86_400_000 };

for (const [what, ms, msPerPx, asked] of [
  ['where a pixel is less than a second, the nearest second', 12_345, 10, 12_000],
  ['the second after it is as near', 12_500, 10, 13_000],
  ['where a pixel is a second', 12_345, 1_000, 12_000],
  ['where a pixel is three seconds, each fourth second', 13_999, 3_000, 12_000],
  ['and the next', 14_000, 3_000, 16_000],
  ['of sixty days', 40_000_000, 3_600_000, 4_096_000 * 10],
] as const) {
  test(`the instant asked for: ${what}`, () => {
    assert.equal(askedInstant(ms, { msPerPx, part }), asked);
  });
}

test('a sweep over a hundred pixels asks for no more than a hundred pictures, nor more than one a second', () => {
  for (const msPerPx of [10, 700, 1_100, 60_000]) {
    const sweep = Array.from({ length: 1000 }, (_, index) =>
      askedInstant(5_000_000 + (index / 10) * msPerPx, { msPerPx, part }),
    );
    const asked = new Set(sweep).size;
    assert.ok(asked <= 101 && asked <= (100 * msPerPx) / 1000 + 2, `${asked} at ${msPerPx} ms a pixel`);
  }
});

test('what is asked for is in the footage that the pointer is at', () => {
  const short = { startMs: 1_700.4, endMs: 1_900.2 };
  for (const ms of [1_701, 1_800, 1_900]) {
    const asked = askedInstant(ms, { msPerPx: 50, part: short });
    assert.ok(asked >= short.startMs && asked < short.endMs && Number.isInteger(asked), `${asked}`);
  }
});

test('the farther away the view, the farther from its instant a picture may stand in', () => {
  assert.deepEqual([10, 1_500, 60_000].map(nearMsOf), [30_000, 60_000, 1_920_000]);
});
