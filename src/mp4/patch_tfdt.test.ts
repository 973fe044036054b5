import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { segmentFile } from '../../test/fixtures/segment_file.ts';
import {
  syntheticAudio,
  syntheticVideo,
  testAacTrack,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { type TrackTicks, trackTicks } from '../units/time.ts';
import { readMoof } from './moof_reader.ts';
import { maskTracks, patchTfdt } from './patch_tfdt.ts';

const { open, fragments } = segmentFile([
  { track: testVideoTrack, samples: syntheticVideo(50) },
  { track: testAacTrack, samples: syntheticAudio(90) },
]);
const media = open.subarray(fragments[0]!.offset);
/** Behind the `prft`. */
const moofAt = (bytes: Buffer, fragment: number) => {
  const start = fragments[fragment]!.offset - fragments[0]!.offset + 32;
  return readMoof(bytes.subarray(start, start + bytes.readUInt32BE(start)));
};
const offsets = new Map<number, TrackTicks>([
  [1, trackTicks(2 ** 40)],
  [2, trackTicks(7)],
]);

test('every fragment in the bytes moves by the offset of each track, and nothing else changes', () => {
  const bytes = Buffer.from(media);
  patchTfdt(bytes, offsets);
  for (const fragment of [0, 1]) {
    const before = moofAt(media, fragment);
    const after = moofAt(bytes, fragment);
    assert.deepEqual(
      after.map(({ decodeTicks }) => decodeTicks),
      [before[0]!.decodeTicks + 2 ** 40, before[1]!.decodeTicks + 7],
    );
    assert.deepEqual(
      after.map(({ samples }) => samples),
      before.map(({ samples }) => samples),
    );
  }
  const differing = bytes.reduce((count, byte, index) => count + Number(byte !== media[index]), 0);
  assert.ok(differing <= 4 * 8, `${differing} bytes differ`);
});

test('there and back again is where it was', () => {
  const bytes = Buffer.from(media);
  patchTfdt(bytes, offsets);
  patchTfdt(bytes, new Map([...offsets].map(([trackId, ticks]) => [trackId, trackTicks(-ticks)])));
  assert.deepEqual(bytes, media);
});

test('the media may be cut off, the moof may not', () => {
  patchTfdt(Buffer.from(media.subarray(0, media.length - 100)), offsets);
  assert.throws(() => patchTfdt(Buffer.from(media.subarray(0, 60)), offsets), {
    message: 'A moof is cut off.',
  });
  assert.throws(() => patchTfdt(Buffer.from(media.subarray(0, 37)), offsets), {
    message: 'A box header is wrong or cut off.',
  });
});

test('a time before 0 is refused', () => {
  assert.throws(() => patchTfdt(Buffer.from(media), new Map([[1, trackTicks(-1)]])), {
    message: 'A fragment would begin before its time line.',
  });
});

test('a track that is not kept is no longer there', () => {
  const bytes = Buffer.from(media);
  maskTracks(bytes, new Set([1]));
  assert.deepEqual(
    moofAt(bytes, 1).map(({ trackId }) => trackId),
    [1],
  );
  assert.equal(bytes.length, media.length);
});

test('rubbish never gives anything but a malformed file', () => {
  fc.assert(
    fc.property(fc.nat(250), fc.integer({ min: 1, max: 255 }), (at, value) => {
      const bytes = Buffer.from(media);
      bytes[at]! ^= value;
      try {
        patchTfdt(bytes, offsets);
        maskTracks(bytes, new Set([2]));
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 1000, seed: 6 },
  );
});
