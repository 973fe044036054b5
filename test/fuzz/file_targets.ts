import assert from 'node:assert/strict';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeFragments, encodeFragments } from '../../src/index/fragment_table.ts';
import { uuidBoxHeaderBytes } from '../../src/mp4/box.ts';
import { walkBoxes } from '../../src/mp4/box_walker.ts';
import { decodeIdentity, encodeIdentity } from '../../src/mp4/identity.ts';
import { readMoof } from '../../src/mp4/moof_reader.ts';
import { maskTracks, patchTfdt } from '../../src/mp4/patch_tfdt.ts';
import { sampleEntry } from '../../src/mp4/sample_entry.ts';
import { codecStringOf } from '../../src/mp4/sample_entry_reader.ts';
import { decodeSampleTable } from '../../src/mp4/sample_table.ts';
import { readSegmentHeader } from '../../src/mp4/segment_header.ts';
import { scanSegment } from '../../src/mp4/segment_scan.ts';
import { trackTicks, unixMillis } from '../../src/units/time.ts';
import { segmentFile, testIds } from '../fixtures/segment_file.ts';
import {
  syntheticAudio,
  syntheticVideo,
  testAacTrack,
  testG711Track,
  testVideoTrack,
} from '../fixtures/synthetic_media.ts';
import type { FuzzTarget } from './fuzz_target.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const boxTokens = [
  ...['moov', 'moof', 'mdat', 'traf', 'trun', 'tfhd', 'tfdt', 'uuid', 'free', 'sidx', 'prft', 'stsd'].map(
    (type) => Buffer.from(type),
  ),
  hex('00000000'),
  hex('00000001'),
  hex('00000008'),
  hex('ffffffff'),
  hex('00000001 6d646174 ffffffffffffffff'),
];

const segment = segmentFile([
  { track: testVideoTrack, samples: syntheticVideo(12, 6) },
  { track: testAacTrack, samples: syntheticAudio(20) },
]);
const closed = segment.closed();

const boxOf = (type: string, within: Buffer = closed, count = 1): Buffer => {
  let seen = 0;
  for (const place of walkBoxes(within)) {
    if (place.type === type && ++seen === count) return within.subarray(place.start, place.end);
  }
  throw new Error(`no ${type}`);
};

const identityBox = Buffer.from(
  encodeIdentity({
    ...testIds,
    segmentNumber: 3,
    clockEpoch: 1,
    runClock: {
      offsetMs: 1_700_000_000_000,
      mediaMs: 1000,
      firstArrivalMs: 1_700_000_000_000,
      settled: false,
      window: [{ mediaMs: 0, minOffsetMs: 1_700_000_000_000 }],
    },
    tracks: [{ trackId: 1, offsetTicks: trackTicks(90_000) }],
  }),
);
/** Version, flags, checksum and length stand before the packed table in its box. */
const tablePrefixBytes = uuidBoxHeaderBytes + 12;
const tableBox = (() => {
  for (const place of walkBoxes(closed)) {
    if (place.type !== 'uuid' || place.start < segment.open.length) continue;
    return closed.subarray(place.start, place.end);
  }
  throw new Error('no sample table');
})();
const table = inflateRawSync(tableBox.subarray(tablePrefixBytes, -4));

const readAt = (bytes: Uint8Array) => async (offset: number, length: number) =>
  bytes.subarray(offset, offset + length);

export const fileTargets: readonly FuzzTarget[] = [
  {
    name: 'box-walker',
    seeds: [segment.header.bytes, closed],
    tokens: boxTokens,
    run(input) {
      let end = 0;
      for (const place of walkBoxes(input)) {
        assert.ok(place.start === end && place.body >= place.start + 8 && place.end >= place.body);
        end = place.end;
      }
      assert.ok(end <= input.length);
    },
  },
  {
    name: 'moof',
    seeds: [boxOf('moof'), boxOf('moof', closed, 2)],
    tokens: boxTokens,
    run(input) {
      for (const { samples } of readMoof(input)) assert.ok(samples.length <= 65_536);
      patchTfdt(Uint8Array.from(input), new Map([[1, trackTicks(5)]]));
      maskTracks(Uint8Array.from(input), new Set([1]));
    },
  },
  {
    name: 'segment-header',
    seeds: [segment.header.bytes],
    tokens: boxTokens,
    run(input) {
      for (const { sampleEntry: entry } of readSegmentHeader(input).tracks) codecStringOf(entry);
    },
  },
  {
    name: 'sample-entry',
    seeds: [testVideoTrack, testAacTrack, testG711Track].map(sampleEntry),
    tokens: [
      ...boxTokens,
      ...['avc1', 'hvc1', 'mp4a', 'esds', 'avcC', 'hvcC'].map((type) => Buffer.from(type)),
    ],
    run(input) {
      codecStringOf(input);
    },
  },
  {
    name: 'segment-file',
    seeds: [segment.open, closed, ...[1, 2, 3].map((steps) => segment.closed(steps))],
    tokens: boxTokens,
    async run(input) {
      const { goodBytes, fragments, header, damage } = await scanSegment(readAt(input), input.length);
      assert.ok(goodBytes >= header.bytes.length && goodBytes <= input.length);
      assert.ok(damage.length <= 22);
      for (const { offset, bytes } of fragments) assert.ok(offset + bytes <= goodBytes);
    },
  },
  {
    // With a right checksum, as somebody who means harm would write it.
    name: 'identity-box',
    seeds: [identityBox.subarray(uuidBoxHeaderBytes, -4)],
    tokens: boxTokens,
    run(input) {
      const box = Buffer.concat([identityBox.subarray(0, uuidBoxHeaderBytes), input, Buffer.alloc(4)]);
      box.writeUInt32BE(box.length, 0);
      box.writeUInt32BE(crc32(box.subarray(uuidBoxHeaderBytes, -4)), box.length - 4);
      const identity = decodeIdentity(box);
      assert.deepEqual(decodeIdentity(Buffer.from(encodeIdentity(identity))), identity);
    },
  },
  {
    name: 'sample-table',
    seeds: [table],
    tokens: [hex('00'), hex('ffffff7f'), hex('80808080808001')],
    run(input) {
      const packed = deflateRawSync(input, { level: 1 });
      const box = Buffer.concat([tableBox.subarray(0, tablePrefixBytes), packed, Buffer.alloc(4)]);
      box.writeUInt32BE(box.length, 0);
      box.writeUInt32BE(crc32(input), uuidBoxHeaderBytes + 4);
      box.writeUInt32BE(input.length, uuidBoxHeaderBytes + 8);
      for (const { sizes } of decodeSampleTable(box)) assert.ok(sizes.length <= 2 ** 20);
    },
  },
  {
    name: 'fragment-table',
    seeds: [
      encodeFragments(
        Array.from({ length: 6 }, (_, index) => ({
          offset: 1000 + index * 500,
          bytes: 500,
          startTicks: trackTicks(index * 90_000),
          durationTicks: trackTicks(90_000),
          startMs: unixMillis(1_700_000_000_000 + index * 1000),
          arrivalMs: unixMillis(1_700_000_000_010 + index * 1000),
          keyFrame: index % 2 === 0,
        })),
      ),
    ],
    tokens: [hex('00'), hex('ffffff7f'), hex('80808080808001')],
    run(input) {
      try {
        decodeFragments(input);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    },
  },
];
