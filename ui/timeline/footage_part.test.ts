import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyRecorded, type FootagePart } from './footage_part.ts';

const recorded = (startMs: number, endMs: number, growing = false): FootagePart => ({
  kind: 'recorded',
  startMs,
  endMs,
  growing,
});
const gap = (startMs: number, endMs: number): FootagePart => ({
  kind: 'gap',
  startMs,
  endMs,
  cause: 'unreachable',
  ongoing: false,
});

for (const [name, cameras, merged] of [
  ['no camera', [], []],
  [
    'one camera, without its gaps',
    [[recorded(0, 10), gap(10, 20), recorded(20, 30)]],
    [
      [0, 10],
      [20, 30],
    ],
  ],
  [
    'one has what the other lacks',
    [
      [recorded(0, 10), gap(10, 20)],
      [gap(0, 10), recorded(10, 20)],
    ],
    [[0, 20]],
  ],
  ['one within the other', [[recorded(0, 100)], [recorded(20, 30)]], [[0, 100]]],
  [
    'both have a gap at one time',
    [
      [recorded(0, 10), recorded(20, 30)],
      [recorded(5, 12), recorded(18, 25)],
    ],
    [
      [0, 12],
      [18, 30],
    ],
  ],
] as const) {
  test(`any of several cameras: ${name}`, () => {
    assert.deepEqual(
      anyRecorded(cameras).map(({ startMs, endMs }) => [startMs, endMs]),
      merged,
    );
  });
}

test('any of several cameras grows where the one that reaches furthest does', () => {
  const ends = (...cameras: FootagePart[][]) => anyRecorded(cameras).map(({ growing }) => growing);
  assert.deepEqual(ends([recorded(0, 10)], [recorded(5, 20, true)]), [true]);
  assert.deepEqual(ends([recorded(0, 20)], [recorded(5, 20, true)]), [true]);
  assert.deepEqual(ends([recorded(0, 30)], [recorded(5, 20, true)]), [false]);
});
