import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { trackTicks } from '../units/time.ts';
import { DecodeOrder } from './decode_order.ts';

function decode(presentation: readonly number[], depth: number | undefined) {
  const order = new DecodeOrder();
  const times = presentation.map((pts) => order.push(trackTicks(pts), depth));
  times.forEach(({ decodeTicks, compositionOffset }, index) => {
    assert.equal(decodeTicks + compositionOffset, presentation[index]);
    if (index > 0) assert.ok(decodeTicks > times[index - 1]!.decodeTicks, 'decode times must increase');
  });
  return { times: times.map(({ decodeTicks }) => decodeTicks as number), clamped: order.clamped };
}

const rows: { name: string; depth: number | undefined; pts: number[]; dts: number[]; clamped: number }[] = [
  {
    name: 'without reordering decode time is presentation time',
    depth: 0,
    pts: [0, 40, 80],
    dts: [0, 40, 80],
    clamped: 0,
  },
  {
    name: 'V20: two B-frames',
    depth: 1,
    pts: [0, 120, 40, 80, 240, 160, 200],
    dts: [-1, 0, 40, 80, 120, 160, 200],
    clamped: 0,
  },
  {
    name: 'V20: a pyramid of B-frames',
    depth: 2,
    pts: [0, 160, 80, 40, 120, 320, 240],
    dts: [-2, -1, 0, 40, 80, 120, 160],
    clamped: 0,
  },
  {
    name: 'a depth that is greater than the need',
    depth: 2,
    pts: [0, 40, 80, 120],
    dts: [-2, -1, 0, 40],
    clamped: 0,
  },
  {
    name: 'V20: a depth that is not stated grows to the need',
    depth: undefined,
    pts: [0, 120, 40, 80, 240, 160, 200, 360, 280],
    dts: [0, 120, 121, 122, 123, 160, 200, 240, 280],
    clamped: 3,
  },
  {
    name: 'a stated depth that is too small grows as well',
    depth: 0,
    pts: [0, 120, 40, 80, 240, 160, 200, 360, 280],
    dts: [0, 120, 121, 122, 123, 160, 200, 240, 280],
    clamped: 3,
  },
  { name: 'the same time twice', depth: 0, pts: [0, 0, 40], dts: [0, 1, 40], clamped: 1 },
  {
    name: 'a clock that steps back far',
    depth: undefined,
    pts: [0, 40, 80, 120, 160, 200, 240, 0, 40, 300],
    dts: [0, 40, 80, 120, 160, 200, 240, 241, 242, 300],
    clamped: 2,
  },
];

for (const { name, depth, pts, dts, clamped } of rows) {
  test(`${name}: decode times are found`, () =>
    assert.deepEqual(decode(pts, depth), { times: dts, clamped }));
}

/** Pictures in decode order such that at most `depth` precede one in decoding and follow it in output. */
const reordered = fc
  .record({
    depth: fc.integer({ min: 0, max: 16 }),
    choices: fc.array(fc.nat(), { minLength: 1, maxLength: 80 }),
  })
  .map(({ depth, choices }) => {
    const waiting = Array.from({ length: choices.length }, (_, index) => index * 40);
    const heldBack: number[] = [];
    const pts = choices.map((choice) => {
      const window = Math.min(waiting.length, depth + 1 - heldBack.length);
      const [picked] = waiting.splice(window > 0 ? choice % window : 0, 1);
      // Those before it in output that are still to come each have it before them in decoding.
      heldBack.push(picked!);
      const least = waiting[0] ?? Number.POSITIVE_INFINITY;
      for (let index = heldBack.length - 1; index >= 0; index--)
        if (heldBack[index]! < least) heldBack.splice(index, 1);
      return picked!;
    });
    return { depth, pts };
  });

test('V20: with the right depth decode times are the sorted presentation times, late by the depth', () => {
  fc.assert(
    fc.property(reordered, ({ depth, pts }) => {
      const { times, clamped } = decode(pts, depth);
      const sorted = pts.toSorted((a, b) => a - b);
      const primed = times.slice(0, Math.min(depth, pts.length));
      assert.deepEqual(
        primed,
        primed.map((_, index) => pts[0]! - depth + index),
      );
      const rest = times.slice(depth);
      if (pts[0] === 0) {
        assert.deepEqual(rest, sorted.slice(0, rest.length));
        assert.equal(clamped, 0);
      }
    }),
  );
});

test('any presentation times and depths give increasing decode times', () => {
  const step = fc.tuple(
    fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    fc.option(fc.integer({ min: 0, max: 40 })),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const order = new DecodeOrder();
      let last = Number.NEGATIVE_INFINITY;
      for (const [pts, depth] of steps) {
        const { decodeTicks, compositionOffset } = order.push(trackTicks(pts), depth ?? undefined);
        assert.ok(Number.isSafeInteger(decodeTicks) && decodeTicks > last);
        assert.equal(decodeTicks + compositionOffset, pts);
        last = decodeTicks;
      }
    }),
  );
});
