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
import { trackTicks, unixMillis } from '../units/time.ts';
import { walkBoxes } from './box_walker.ts';
import { encodeFragment, fragmentCheckBytes } from './fragment.ts';
import { liveFragment, liveFragmentOfStored } from './live_fragment.ts';
import { readMoof } from './moof_reader.ts';

const { open, fragments } = segmentFile([
  { track: testVideoTrack, samples: syntheticVideo(50) },
  { track: testAacTrack, samples: syntheticAudio(90) },
]);
const second = fragments[1]!;
const stored = open.subarray(second.offset, second.offset + second.bytes);
const prftBytes = 32;
const mediaTicks = (bytes: Uint8Array) => Number(Buffer.from(bytes).readBigUInt64BE(24));
const types = (bytes: Uint8Array) => [...walkBoxes(bytes)].map(({ type }) => type);

test('a live fragment is a stored one without its checksum', () => {
  const input = {
    sequenceNumber: 7,
    arrivalMs: unixMillis(1_700_000_000_000),
    tracks: [
      { trackId: 1, offsetTicks: trackTicks(-90_000), timescale: 90_000, samples: syntheticVideo(3) },
      { trackId: 2, offsetTicks: trackTicks(-48_000), timescale: 48_000, samples: syntheticAudio(5) },
    ],
  };
  const live = liveFragment(input);
  const whole = Buffer.concat(encodeFragment(input).parts);
  assert.deepEqual(Buffer.from(live), whole.subarray(0, -fragmentCheckBytes));
  assert.deepEqual(types(live), ['prft', 'moof', 'mdat']);
  assert.equal(live.byteLength, live.buffer.byteLength, 'its memory can be given away');
});

test('a stored fragment moves to the live time line as a whole', () => {
  const offsets = new Map([
    [1, trackTicks(90_000)],
    [2, trackTicks(48_000)],
  ]);
  const before = Buffer.from(stored);
  const live = liveFragmentOfStored(stored, offsets);
  assert.deepEqual(before, stored, 'what was read stays as it is');
  assert.deepEqual(types(live), ['prft', 'moof', 'mdat']);
  assert.equal(mediaTicks(live), mediaTicks(stored) + 90_000);
  const [was, is] = [stored, live].map((bytes) => readMoof(bytes.subarray(prftBytes)));
  assert.deepEqual(
    is!.map(({ trackId, decodeTicks }) => [trackId, decodeTicks]),
    [
      [1, was![0]!.decodeTicks + 90_000],
      [2, was![1]!.decodeTicks + 48_000],
    ],
  );
});

test('a track that the player does not know is hidden', () => {
  const live = liveFragmentOfStored(stored, new Map([[1, trackTicks(0)]]));
  assert.deepEqual(
    readMoof(live.subarray(prftBytes)).map(({ trackId }) => trackId),
    [1],
  );
});

test('whatever a disk gives, nothing but an error of the catalogue comes of it', () => {
  const changes = fc.array(fc.tuple(fc.nat(stored.length - 1), fc.nat(255)), { maxLength: 8 });
  fc.assert(
    fc.property(changes, fc.nat(stored.length), (bytes, length) => {
      const damaged = Buffer.from(stored);
      for (const [at, value] of bytes) damaged[at] = value;
      try {
        liveFragmentOfStored(damaged.subarray(0, length), new Map([[1, trackTicks(-5_000)]]));
      } catch (error) {
        assert.ok(error instanceof NightjarError, String(error));
      }
    }),
    { numRuns: 2_000, seed: 7 },
  );
});
