import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cut, decideCut, firstSegmentMs, type RotationState } from './rotation.ts';

const quiet: RotationState = {
  keyFrame: false,
  sameParameters: true,
  fragmentMs: 100,
  fragmentArrivalMs: 100,
  segmentMs: 5_000,
  targetMs: 60_000,
  segmentBytes: 1_000_000,
};

const table: [string, Partial<RotationState>, Cut][] = [
  ['a picture within the second goes into the open fragment', {}, 'none'],
  ['a fragment is cut after a second also inside a GOP', { fragmentMs: 1_000 }, 'fragment'],
  [
    'a fragment is cut after two seconds of arrivals, whatever its time stamps say',
    { fragmentArrivalMs: 2_000 },
    'fragment',
  ],
  ['a fragment begins at a key frame', { keyFrame: true, fragmentMs: 480 }, 'fragment'],
  ['a stream of key frames has at most four fragments a second', { keyFrame: true, fragmentMs: 200 }, 'none'],
  ['a segment turns at the first key frame after its time', { keyFrame: true, segmentMs: 60_000 }, 'segment'],
  ['a segment waits for the key frame', { segmentMs: 65_000 }, 'none'],
  ['a segment with no key frame in sight turns at five minutes', { segmentMs: 300_000 }, 'segment'],
  ['a segment with no key frame in sight turns at 256 MB', { segmentBytes: 256 * 2 ** 20 }, 'segment'],
  ['a large segment turns at the next key frame', { keyFrame: true, segmentBytes: 200 * 2 ** 20 }, 'segment'],
  ['V18: new parameter sets begin a new segment', { keyFrame: true, sameParameters: false }, 'segment'],
];

for (const [sentence, change, cut] of table) {
  test(sentence, () => assert.equal(decideCut({ ...quiet, ...change }), cut));
}

test('first segments of different streams have different lengths, between half and the whole', () => {
  const lengths = ['0000', '8000', 'ffff'].map((tail) =>
    firstSegmentMs(`6f0f6b5e-2a69-4d53-9d0e-00000000${tail}`, 60_000),
  );
  assert.deepEqual(lengths.map(Math.round), [30_000, 45_000, 60_000]);
});
