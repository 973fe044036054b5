import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { syntheticSamples, syntheticVideo } from '../../test/fixtures/synthetic_media.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { encodeFragment, fragmentCheckBytes } from './fragment.ts';
import { readMoof } from './moof_reader.ts';
import type { Sample } from './sample.ts';

const encode = (samples: readonly Sample[], offsetTicks = 0) =>
  encodeFragment({
    sequenceNumber: 1,
    arrivalMs: unixMillis(1_700_000_000_000),
    tracks: [{ trackId: 1, offsetTicks: trackTicks(offsetTicks), timescale: 90_000, samples }],
  });

/** The `moof` behind the `prft`. */
const moofOf = (head: Uint8Array) => head.subarray(32, head.length - 8);

test('samples that follow each other in one chunk are one part, and no byte of them is copied', () => {
  const samples = syntheticVideo(25);
  const { parts } = encode(samples);
  const [, media] = parts;
  assert.equal(parts.length, 3);
  assert.equal(media!.buffer, samples[0]!.bytes.chunk.bytes.buffer);
  assert.equal(media!.byteOffset, samples[0]!.bytes.chunk.bytes.byteOffset);
  assert.equal(media!.length, samples.at(-1)!.bytes.end);
});

test('samples that lie apart are parts of their own, in their order', () => {
  const [a, b, c, d] = syntheticVideo(4) as [Sample, Sample, Sample, Sample];
  const other = {
    ...c,
    bytes: { ...c.bytes, chunk: { bytes: Buffer.from(c.bytes.chunk.bytes), holders: 1 } },
  };
  const { parts } = encode([a, b, other, d]);
  assert.deepEqual(
    parts.slice(1, -1).map((part) => part.length),
    [b.bytes.end, c.bytes.end - c.bytes.start, d.bytes.end - d.bytes.start],
  );
});

test('an empty sample is in the table and in no part', () => {
  const { parts } = encode(syntheticSamples([{ size: 0, duration: 1 }]));
  assert.equal(parts.length, 2);
  assert.equal(readMoof(moofOf(parts[0]!))[0]!.samples.length, 1);
});

test('what all samples share is told once', () => {
  const same = { size: 7, duration: 3600, keyFrame: false };
  const table: [name: string, facts: Parameters<typeof syntheticSamples>[0], trafBytes: number][] = [
    // traf header 8, tfdt 20, and tfhd 16 + 4 per default, trun 20 + what follows
    ['all alike, key frames', [1, 2, 3].map(() => ({ ...same, keyFrame: true })), 8 + 20 + 24 + 20],
    ['all alike, no key frame', [1, 2, 3].map(() => same), 8 + 20 + 28 + 20],
    ['only the first is a key frame', [{ ...same, keyFrame: true }, same, same], 8 + 20 + 28 + 24],
    ['another one is a key frame', [same, { ...same, keyFrame: true }, same], 8 + 20 + 24 + 20 + 3 * 4],
    ['sizes differ', [same, { ...same, size: 8 }], 8 + 20 + 24 + 20 + 2 * 4],
    ['durations differ', [same, { ...same, duration: 1 }], 8 + 20 + 24 + 20 + 2 * 4],
    ['offsets differ', [same, { ...same, compositionOffset: -1 }], 8 + 20 + 28 + 20 + 2 * 4],
  ];
  for (const [name, facts, trafBytes] of table) {
    const { parts } = encode(syntheticSamples(facts));
    assert.equal(moofOf(parts[0]!).length, 8 + 16 + trafBytes, name);
  }
});

test('the last box vouches for all before it', () => {
  const { parts, bytes } = encode(syntheticVideo(25));
  const whole = Buffer.concat(parts);
  assert.equal(whole.length, bytes);
  const checked = whole.subarray(0, -fragmentCheckBytes);
  assert.equal(whole.readUInt32BE(whole.length - 8), crc32(checked));
  assert.equal(whole.readUInt32BE(whole.length - 4), checked.length);
});

test('the facts are those of the first track, told from the zero of the file', () => {
  const samples = syntheticSamples([
    { size: 5, duration: 3000, compositionOffset: 600, keyFrame: true },
    { size: 5, duration: 3600 },
  ]).map((sample) => ({ ...sample, decodeTicks: trackTicks(sample.decodeTicks + 1000) }));
  const { facts, bytes } = encode(samples, 900);
  assert.deepEqual(facts, {
    bytes,
    startTicks: 700,
    durationTicks: 6600,
    arrivalMs: 1_700_000_000_000,
    keyFrame: true,
  });
});

test('a fragment with sound alone begins, on the video track, where the sound does', () => {
  const { facts, dataOffsets, parts } = encodeFragment({
    sequenceNumber: 1,
    arrivalMs: unixMillis(0),
    tracks: [
      { trackId: 1, offsetTicks: trackTicks(0), timescale: 90_000, samples: [] },
      {
        trackId: 2,
        offsetTicks: trackTicks(0),
        timescale: 8000,
        samples: syntheticSamples([{ size: 3, duration: 160, keyFrame: true }]).map((sample) => ({
          ...sample,
          decodeTicks: trackTicks(8000),
        })),
      },
    ],
  });
  assert.equal(facts.startTicks, 90_000);
  assert.equal(facts.durationTicks, 0);
  assert.equal(facts.keyFrame, false);
  assert.deepEqual(dataOffsets, [0, parts[0]!.length]);
});

test('mistakes of the caller are told', () => {
  assert.throws(() => encode([]), { name: 'RangeError', message: 'a fragment needs a sample' });
  assert.throws(() => encode(syntheticVideo(1), 1), {
    name: 'RangeError',
    message: "a sample lies 1 ticks before the file's zero",
  });
});

test('what a fragment says is what its samples are', () => {
  const facts = fc.record(
    {
      size: fc.nat(50),
      duration: fc.oneof(fc.constant(3600), fc.nat(0xffffffff)),
      compositionOffset: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
      keyFrame: fc.boolean(),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(facts, { minLength: 1, maxLength: 40 }), fc.maxSafeNat(), (samples, decodeTicks) => {
      const placed = syntheticSamples(samples).map((sample) => ({
        ...sample,
        decodeTicks: trackTicks(decodeTicks),
      }));
      const { parts, dataOffsets } = encode(placed);
      assert.deepEqual(readMoof(moofOf(parts[0]!)), [
        { trackId: 1, decodeTicks, dataOffset: dataOffsets[0]! - 32, samples },
      ]);
    }),
    { numRuns: 100 },
  );
});
