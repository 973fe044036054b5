import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advanceRunClock, isTornApart, type RunClock, settleRunClock, wallTime } from './run_clock.ts';

const fold = (points: { mediaMs: number; arrivalMs: number }[]): RunClock =>
  points.reduce<RunClock | undefined>((clock, point) => advanceRunClock(clock, point), undefined)!;

const everySecond = (count: number, arrival: (mediaMs: number) => number) =>
  Array.from({ length: count }, (_, index) => ({ mediaMs: index * 1000, arrivalMs: arrival(index * 1000) }));

test('P14: after a buffered burst the run starts at the least-delayed frame', () => {
  // Three seconds of video arrive at once, then real time.
  const clock = fold(everySecond(8, (media) => 1_000_000 + Math.max(3_000, media)));
  assert.equal(wallTime(clock, 0), 1_000_000);
});

test('a slow camera clock is followed by at most 500 ppm', () => {
  const hour = 3_600;
  const clock = fold(everySecond(hour, (media) => 5_000 + media * 1.0002));
  const error = wallTime(clock, clock.mediaMs) - (5_000 + clock.mediaMs * 1.0002);
  assert.ok(Math.abs(error) < 20, `error of ${error} ms after an hour at 200 ppm`);
});

test('one late fragment does not move the clock', () => {
  const points = everySecond(120, (media) => 7_000 + media);
  points[60]!.arrivalMs += 1_500;
  assert.equal(fold(points).offsetMs, 7_000);
});

test('wall time never runs backwards and never leaves 500 ppm once the run has settled', () => {
  const jitter = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 30, maxLength: 200 });
  fc.assert(
    fc.property(jitter, (delays) => {
      let clock: RunClock | undefined;
      delays.forEach((delay, index) => {
        const before = clock;
        clock = advanceRunClock(before, { mediaMs: index * 1000, arrivalMs: 50_000 + index * 1000 + delay });
        if (!before?.settled) return;
        const wall = wallTime(clock, clock.mediaMs) - wallTime(before, before.mediaMs);
        assert.ok(Math.abs(wall - 1000) <= 0.5 + 1e-6, `a second of media took ${wall} ms`);
      });
    }),
  );
});

test('folding on from a stored state gives what folding from the beginning gives', () => {
  const points = everySecond(200, (media) => 9_000 + media * 1.0001 + (media % 7_000) / 100);
  const stored: RunClock = JSON.parse(JSON.stringify(fold(points.slice(0, 90))));
  const resumed = points.slice(90).reduce<RunClock>((clock, point) => advanceRunClock(clock, point), stored);
  assert.deepEqual(resumed, fold(points));
});

test('a media time line that fell two seconds behind for a whole window is torn apart', () => {
  const points = everySecond(200, (media) => 1_000 + media + (media >= 100_000 ? 3_000 : 0));
  assert.equal(isTornApart(fold(points.slice(0, 150))), false);
  assert.equal(isTornApart(fold(points)), true);
});

test('a frame that arrives two seconds before its time tears the run apart at once', () => {
  const points = everySecond(60, (media) => 10_000 + media);
  const clock = advanceRunClock(fold(points), { mediaMs: 63_000, arrivalMs: 70_000 });
  assert.equal(isTornApart(clock), true);
});

test('settling early keeps what was said', () => {
  const clock = settleRunClock(fold(everySecond(2, (media) => 1_000 + media)));
  const later = advanceRunClock(clock, { mediaMs: 2_000, arrivalMs: 2_500 });
  assert.equal(later.offsetMs, 999.5);
});
