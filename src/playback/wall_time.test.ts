import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WallTimeMap } from './wall_time.ts';

const epoch = Date.UTC(2026, 5, 1);

/** Fragments of about a second whose wall time is bent by at most 500 ppm. */
const bentRun = fc
  .array(
    fc.record({ ticks: fc.integer({ min: 9_000, max: 900_000 }), ppm: fc.integer({ min: -500, max: 500 }) }),
    {
      maxLength: 40,
    },
  )
  .map((steps) => {
    const points = [{ ms: epoch, ticks: 450_000 }];
    for (const { ticks, ppm } of steps) {
      const last = points.at(-1)!;
      points.push({ ms: last.ms + (ticks / 90) * (1 + ppm / 1e6), ticks: last.ticks + ticks });
    }
    return points;
  });

const msInRun = fc.double({ min: -5_000, max: 400_000, noNaN: true });

test('wall time and media time are inverse to each other within a hundredth of a tick per second', () => {
  fc.assert(
    fc.property(bentRun, msInRun, (points, ms) => {
      const map = new WallTimeMap(points, 90_000);
      const back = map.msAt(map.ticksAt(epoch + ms));
      assert.ok(Math.abs(back - (epoch + ms)) < 0.002, `${back} is not ${epoch + ms}`);
    }),
  );
});

test('each known point keeps its own time', () => {
  fc.assert(
    fc.property(bentRun, (points) => {
      const map = new WallTimeMap(points, 90_000);
      for (const { ms, ticks } of points) {
        assert.ok(Math.abs(map.msAt(ticks) - ms) < 0.002);
        assert.equal(Math.round(map.ticksAt(ms)), ticks);
      }
    }),
  );
});

test('a later instant is later media, at no more than 500 ppm from its nominal rate', () => {
  fc.assert(
    fc.property(bentRun, msInRun, fc.double({ min: 1, max: 10_000, noNaN: true }), (points, ms, step) => {
      const map = new WallTimeMap(points, 90_000);
      const passed = (map.ticksAt(epoch + ms + step) - map.ticksAt(epoch + ms)) / 90;
      assert.ok(Math.abs(passed - step) <= step * 501e-6 + 0.002, `${step} ms became ${passed} ms of media`);
    }),
  );
});

const table = [
  { name: 'between two points it is linear', ms: 1_500, ticks: 90_000 + 45_000 },
  { name: 'before the first point media runs at its nominal rate', ms: 0, ticks: -90_000 + 90_000 },
  { name: 'after the last point media runs at its nominal rate', ms: 3_000, ticks: 270_000 },
  { name: 'a point that turns wall time back is left out', ms: 2_500, ticks: 225_000 },
];
for (const { name, ms, ticks } of table) {
  test(name, () => {
    const map = new WallTimeMap(
      [
        { ms: 1_000, ticks: 90_000 },
        { ms: 2_000, ticks: 180_000 },
        { ms: 1_900, ticks: 200_000 },
      ],
      90_000,
    );
    assert.equal(map.ticksAt(ms), ticks);
  });
}

test('without any point there is nothing to go by', () => {
  assert.throws(() => new WallTimeMap([], 90_000), /at least one known point/);
});
