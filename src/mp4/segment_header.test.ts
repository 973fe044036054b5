import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testIds } from '../../test/fixtures/segment_file.ts';
import { testAacTrack, testG711Track, testVideoTrack } from '../../test/fixtures/synthetic_media.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { trackTicks } from '../units/time.ts';
import type { SegmentIdentity } from './identity.ts';
import { readSegmentHeader, segmentHeader } from './segment_header.ts';

const identity: SegmentIdentity = {
  ...testIds,
  segmentNumber: 0,
  clockEpoch: 0,
  runClock: undefined,
  tracks: [
    { trackId: 1, offsetTicks: trackTicks(123) },
    { trackId: 2, offsetTicks: trackTicks(456) },
  ],
};
const wide = { ...testVideoTrack, pixelAspectRatio: { horizontal: 4, vertical: 3 } };
const { bytes } = segmentHeader({
  identity,
  tracks: [
    { trackId: 1, track: wide },
    { trackId: 2, track: testAacTrack },
  ],
});

test('a header reads back as what it was made of', () => {
  const header = readSegmentHeader(Buffer.concat([bytes, Buffer.alloc(500)]));
  assert.deepEqual(header.identity, identity);
  assert.equal(header.bytes.length, bytes.length);
  assert.equal(header.hasIndex, false);
  assert.equal(header.reserve.offset + header.reserve.bytes, bytes.length);
  assert.deepEqual(
    header.tracks.map(({ trackId, kind, timescale, width, height, codecString, offsetTicks }) => [
      ...[trackId, kind, timescale],
      ...[Math.round(width), height, codecString, offsetTicks],
    ]),
    [
      [1, 'video', 90_000, 427, 180, 'avc1.64000c', 123],
      [2, 'audio', 48_000, 0, 0, 'mp4a.40.2', 456],
    ],
  );
});

test('a G.711 track keeps its QuickTime tag', () => {
  for (const [codec, tag] of [
    ['pcmu', 'ulaw'],
    ['pcma', 'alaw'],
  ] as const) {
    const header = segmentHeader({
      identity,
      tracks: [{ trackId: 2, track: { ...testG711Track, codec, codecString: tag } }],
    });
    assert.equal(header.tracks[0]!.codecString, tag);
  }
});

test('parameter sets that are too long to be honest are the fault of the camera', () => {
  const pps = Array.from({ length: 5 }, () => new Uint8Array(60_000));
  for (const [name, track] of [
    ['together', { ...testVideoTrack, pps }],
    ['one', { ...testVideoTrack, pps: [new Uint8Array(0x10000)] }],
    ['many', { ...testVideoTrack, pps: Array.from({ length: 256 }, () => new Uint8Array(1)) }],
  ] as const) {
    assert.throws(
      () => segmentHeader({ identity, tracks: [{ trackId: 1, track }] }),
      { code: 'parameter_sets_malformed' },
      name,
    );
  }
});

test('a header that lacks something says what', () => {
  const changed = (from: string, to: string) => {
    const copy = Buffer.from(bytes);
    copy.write(to, copy.indexOf(from), 'latin1');
    return copy;
  };
  const cases: [message: string, bytes: Uint8Array][] = [
    ['The file has no moov.', new Uint8Array(0)],
    ['The file has no moov.', bytes.subarray(0, 28)],
    ['The header of the file is cut off.', bytes.subarray(0, 100)],
    ['The file has no identity box.', changed('uuid', 'free')],
    ['A track has no tkhd.', changed('tkhd', 'free')],
    ['A track is neither video nor audio.', changed('soun', 'text')],
    ['An avc1 sample entry has no avcC.', changed('avcC', 'free')],
    ['An mp4a sample entry has no esds.', changed('esds', 'free')],
    ['The header of the file has no room for the duration.', changed('mehd', 'free')],
    [
      'The identity box does not know track 3.',
      (() => {
        const copy = Buffer.from(bytes);
        copy[copy.lastIndexOf('tkhd') + 19] = 3;
        return copy;
      })(),
    ],
  ];
  for (const [message, file] of cases) {
    assert.throws(() => readSegmentHeader(file), { code: 'file_malformed', message });
  }
});

test('flips and cuts never give anything but a header or a malformed file', () => {
  const flips = fc.array(fc.tuple(fc.nat(1400), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(flips, fc.nat(bytes.length), (changes, length) => {
      const copy = bytes.slice(0, length % 3 === 0 ? length : bytes.length);
      for (const [at, value] of changes) if (at < copy.length) copy[at]! ^= value;
      try {
        readSegmentHeader(copy);
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 2000, seed: 5 },
  );
});
