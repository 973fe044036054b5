import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFragment } from '../../src/mp4/fragment.ts';
import { initSegment } from '../../src/mp4/init_segment.ts';
import { readSegmentHeader } from '../../src/mp4/segment_header.ts';
import { trackTicks, unixMillis } from '../../src/units/time.ts';
import { segmentFile } from '../../test/fixtures/segment_file.ts';
import {
  syntheticAudio,
  syntheticSamples,
  testAacTrack,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { readInit, readPictureTimes } from './fragment_times.ts';

const pictures = [
  { size: 50, duration: 3600, compositionOffset: 7200, keyFrame: true },
  { size: 20, duration: 3600, compositionOffset: 14_400 },
  { size: 20, duration: 3600, compositionOffset: 3600 },
  { size: 20, duration: 4000, compositionOffset: 0 },
];

function media(): Uint8Array {
  const { parts } = encodeFragment({
    sequenceNumber: 1,
    arrivalMs: unixMillis(0),
    tracks: [
      { trackId: 1, samples: syntheticSamples(pictures), timescale: 90_000, offsetTicks: trackTicks(0) },
      { trackId: 2, samples: syntheticAudio(5), timescale: 48_000, offsetTicks: trackTicks(0) },
    ],
  });
  return Buffer.concat(parts);
}

test('pictures have the times at which they are shown, in order, the first decoded one as the anchor', () => {
  const times = readPictureTimes(media(), { trackId: 1, timescale: 90_000 });
  assert.deepEqual(times.ticks, [7200, 10_800, 10_800, 18_000]);
  assert.equal(times.anchorTicks, 7200);
  assert.equal(times.startsWithKeyFrame, true);
  assert.equal(times.endTicks, 21_600);
});

test('several fragments are one piece', () => {
  const one = media();
  const two = Buffer.concat([one, one]);
  assert.equal(readPictureTimes(two, { trackId: 1, timescale: 90_000 }).ticks.length, 8);
});

test('a header tells the track of the pictures and the codecs as the browser wants them', () => {
  const file = segmentFile([
    { track: testVideoTrack, samples: syntheticSamples(pictures) },
    { track: testAacTrack, samples: syntheticAudio(5) },
  ]);
  const { tracks } = readSegmentHeader(file.header.bytes);
  const facts = readInit(initSegment(tracks));
  assert.deepEqual(facts, { video: { trackId: 1, timescale: 90_000 }, codecs: ['avc1.64000c', 'mp4a.40.2'] });
});

test('bytes that are no such media are refused, and nothing hangs or is read beyond the end', () => {
  const good = media();
  for (let length = 0; length < good.length; length += 7) {
    try {
      readPictureTimes(good.subarray(0, length), { trackId: 1, timescale: 90_000 });
    } catch (error) {
      assert.ok(error instanceof RangeError, `${error}`);
    }
  }
  let seed = 9;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let round = 0; round < 2000; round++) {
    const bad = Uint8Array.from(good);
    for (let change = 0; change < 3; change++) bad[Math.floor(random() * 300)] = Math.floor(random() * 256);
    for (const read of [
      () => readPictureTimes(bad, { trackId: 1, timescale: 90_000 }),
      () => readInit(bad),
    ]) {
      try {
        read();
      } catch (error) {
        assert.ok(error instanceof RangeError, `${error}`);
      }
    }
  }
});
