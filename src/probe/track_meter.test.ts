import assert from 'node:assert/strict';
import test from 'node:test';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { type TrackFigures, TrackMeter } from './track_meter.ts';

interface Unit {
  readonly ms: number;
  readonly atMs?: number;
  readonly bytes?: number;
  readonly keyFrame?: boolean;
}

function measure(units: readonly Unit[]): TrackFigures {
  const meter = new TrackMeter(90_000);
  for (const { ms, atMs = ms, bytes = 1000, keyFrame = false } of units) {
    meter.take({
      rtpTimestamp: rtpTimestamp(ms * 90 + 2 ** 32 - 90_000),
      arrivalMs: unixMillis(1_700_000_000_000 + atMs),
      bytes: { start: 0, end: bytes },
      keyFrame,
    });
  }
  return meter.figures;
}

const pictures = (count: number, change: (index: number) => Partial<Unit> = () => ({})): Unit[] =>
  Array.from({ length: count }, (_, index) => ({
    ms: index * 40,
    keyFrame: index % 50 === 0,
    ...change(index),
  }));

test('key frames 2 s apart are told as such, with rate and bitrate', () => {
  const figures = measure(pictures(251));
  assert.deepEqual(figures.keyFrameIntervalMs, { min: 2000, median: 2000, max: 2000 });
  assert.deepEqual(figures.unitIntervalMs, { min: 40, median: 40, max: 40 });
  assert.equal(figures.keyFrames, 6);
  assert.equal(figures.mediaMs, 10_000);
  assert.equal(figures.bitsPerSecond, 200_800);
});

test('V22: key frames at irregular distances have a least and a greatest', () => {
  const keys = new Set([0, 25, 200, 250]);
  const { keyFrameIntervalMs } = measure(pictures(300, (index) => ({ keyFrame: keys.has(index) })));
  assert.deepEqual(keyFrameIntervalMs, { min: 1000, median: 2000, max: 7000 });
});

test('the busiest second counts whole seconds alone', () => {
  const figures = measure(pictures(120, (index) => ({ bytes: index >= 50 && index < 75 ? 5000 : 1000 })));
  assert.equal(figures.peakBitsPerSecond, 25 * 5000 * 8);
  const short = measure(pictures(20, () => ({ bytes: 700 })));
  assert.equal(short.peakBitsPerSecond, short.bitsPerSecond);
});

test('V20: B-frames are counted, and so is how deep they are', () => {
  const order = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8];
  const { reorderedUnits, reorderDepth, unitIntervalMs } = measure(order.map((at) => ({ ms: at * 40 })));
  assert.deepEqual([reorderedUnits, reorderDepth], [6, 1]);
  assert.deepEqual(unitIntervalMs, { min: 40, median: 40, max: 40 });
});

test('P14: a burst at the start is told by its age', () => {
  const figures = measure(pictures(200, (index) => ({ atMs: Math.max(index * 40, 2000) + (index % 3) })));
  assert(Math.abs(figures.burstMs - 2000) <= 2, String(figures.burstMs));
  assert.equal(measure(pictures(200)).burstMs, 0);
});

test('P10: single time stamps that make no sense are strays, and a jump for good is a break', () => {
  const strays = measure(pictures(200, (index) => (index === 90 ? { ms: 9e6, atMs: 3600 } : {})));
  assert.deepEqual([strays.strays, strays.timelineBreaks], [1, 0]);
  const jump = measure(
    pictures(200, (index) => (index >= 90 ? { ms: index * 40 + 9e6, atMs: index * 40 } : {})),
  );
  assert.equal(jump.timelineBreaks, 1);
  assert(jump.mediaMs < 8_100, String(jump.mediaMs));
});

for (const ppm of [0, 200, -500, 5_000]) {
  test(`a media clock that is ${ppm} ppm fast is measured in a minute, through jitter`, () => {
    const { drift } = measure(
      pictures(1500, (index) => ({ atMs: Math.round(index * 40 * (1 - ppm / 1e6) + ((index * 7919) % 11)) })),
    );
    assert(drift && Math.abs(drift.ppm - ppm) <= drift.uncertaintyPpm, JSON.stringify(drift));
    assert(Math.abs(drift.ppm - ppm) < 150, JSON.stringify(drift));
  });
}

test('a drift that cannot be told from jitter is not told', () => {
  assert.equal(measure(pictures(25)).drift, undefined);
  assert.equal(
    measure(pictures(125, (index) => ({ atMs: index * 40 + ((index * 7919) % 97) }))).drift,
    undefined,
  );
});

test('nothing, or one picture, is no reason to fail', () => {
  assert.equal(measure([]).bitsPerSecond, 0);
  const one = measure(pictures(1));
  assert.deepEqual([one.units, one.mediaMs, one.bitsPerSecond, one.keyFrames], [1, 0, 0, 1]);
});
