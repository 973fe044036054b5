import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Interval, subtract } from './interval.ts';

const interval = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 }))
  .map(([startMs, length]): Interval => ({ startMs, endMs: startMs + length }));

test('what is left of a range is what no hole holds, in maximal pieces', () => {
  fc.assert(
    fc.property(interval, fc.array(interval, { maxLength: 6 }), (range, unsorted) => {
      const holes = unsorted.toSorted((a, b) => a.startMs - b.startMs);
      const pieces = subtract(range, holes);
      const within = (instant: number) => (piece: Interval) =>
        piece.startMs <= instant && instant < piece.endMs;
      for (let instant = 0; instant < 60; instant++) {
        const left = within(instant)(range) && !holes.some(within(instant));
        assert.equal(pieces.filter(within(instant)).length, left ? 1 : 0);
      }
      for (const [index, piece] of pieces.entries()) {
        assert.ok(piece.startMs < piece.endMs);
        const next = pieces[index + 1];
        // Two pieces may touch only where a hole without length lies between them.
        if (next) assert.ok(holes.some(({ startMs }) => startMs === piece.endMs));
      }
    }),
  );
});
