import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterSteps, readerOf, segmentFile } from '../../test/fixtures/segment_file.ts';
import {
  syntheticAudio,
  syntheticVideo,
  testAacTrack,
  testVideoTrack,
} from '../../test/fixtures/synthetic_media.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { closeSteps } from './segment_close.ts';
import { readSegmentHeader } from './segment_header.ts';
import { type SegmentScan, scanSegment } from './segment_scan.ts';
import { segmentTracks } from './segment_track.ts';
import { userTypes } from './uuid.ts';

const segment = segmentFile(
  [
    { track: testVideoTrack, samples: syntheticVideo(80, 50) },
    { track: testAacTrack, samples: syntheticAudio(150) },
  ],
  {
    fragmentSamples: 20,
    runOffsetMs: 7_200_000,
    damage: {
      1: [
        { media: 'video', fromMs: 120, toMs: 800, packetsLost: 3, unitsDropped: 1 },
        { media: 'audio', fromMs: -20, toMs: 2, packetsLost: 0, unitsDropped: 1 },
      ],
    },
    activity: { 1: 15, 2: 1 },
  },
);
const whole = segment.closed();
const headerBytes = segment.header.bytes.length;
const ends = segment.fragments.map(({ offset, bytes }) => offset + bytes);

const scan = (bytes: Uint8Array): Promise<SegmentScan> => scanSegment(readerOf(bytes).read, bytes.length);

/** The end of the last fragment that lies wholly before `length`. */
const goodBytesBefore = (length: number) => ends.findLast((end) => end <= length) ?? headerBytes;

test('a closed segment tells all that went into it', async () => {
  const { header, fragments, table, goodBytes, tail, closed, damage, bodyHash } = await scan(whole);
  assert.deepEqual(header.identity, segment.header.identity);
  assert.deepEqual(fragments, segment.fragments);
  assert.deepEqual(
    fragments.map(({ damage: lost = [] }) => lost.length),
    [0, 2, 0, 0],
  );
  assert.deepEqual(
    fragments.map(({ activity }) => activity),
    [undefined, 15, 1, undefined],
  );
  assert.deepEqual(table.tracks(), segment.table.tracks());
  assert.equal(goodBytes, ends.at(-1));
  assert.deepEqual(tail, { offset: goodBytes, bytes: segment.close.tail.length });
  assert.equal(closed, true);
  assert.deepEqual(damage, []);
  assert.equal(
    bodyHash.update(whole.subarray(goodBytes)).digest('hex'),
    createHash('sha256').update(whole.subarray(headerBytes)).digest('hex'),
  );
  assert.deepEqual(
    segmentTracks(header.tracks, table.tracks()).map(({ samples, keyFrames, bytes, durationTicks }) => [
      samples,
      keyFrames,
      bytes,
      durationTicks,
    ]),
    [
      [80, 2, segment.table.tracks()[0]!.sizes.reduce((sum, size) => sum + size, 0), 80 * 3600],
      [150, 150, segment.table.tracks()[1]!.sizes.reduce((sum, size) => sum + size, 0), 150 * 1024],
    ],
  );
});

test('an open segment is the same without the close', async () => {
  const { closed, tail, damage, goodBytes } = await scan(segment.open);
  assert.deepEqual(
    { closed, tail, damage, goodBytes },
    { closed: false, tail: undefined, damage: [], goodBytes: ends.at(-1) },
  );
});

test('after each step of the close all fragments are there, and only the last makes it closed', async () => {
  for (let steps = 0; steps <= segment.close.steps.length; steps++) {
    const { fragments, closed, damage } = await scan(segment.closed(steps));
    assert.deepEqual(fragments, segment.fragments, `after ${steps} steps`);
    assert.deepEqual(damage, []);
    // The last step is a sync.
    assert.equal(closed, steps >= segment.close.steps.length - 1, `after ${steps} steps`);
  }
});

test('a file cut off anywhere keeps its whole fragments', async () => {
  const lengths = [
    ...ends.flatMap((end) => [
      end - 33,
      end - 32,
      end - 1,
      end,
      end + 1,
      end + 8,
      end + 31,
      end + 32,
      end + 40,
    ]),
    ...Array.from(
      { length: 60 },
      (_, index) => headerBytes + Math.floor(((whole.length - headerBytes) * index) / 60),
    ),
  ];
  for (const length of lengths) {
    if (length > whole.length) continue;
    const { goodBytes, fragments, damage } = await scan(whole.subarray(0, length));
    assert.equal(goodBytes, goodBytesBefore(length), `cut at ${length}`);
    assert.deepEqual(fragments, segment.fragments.slice(0, fragments.length));
    assert.equal(
      damage.length > 0,
      length > goodBytes && length < whole.length,
      `cut at ${length}: ${damage}`,
    );
  }
});

test('a file with a torn header is malformed', async () => {
  for (let length = 0; length < headerBytes; length += 13) {
    await assert.rejects(scan(whole.subarray(0, length)), { code: 'file_malformed' }, `cut at ${length}`);
  }
});

test('rubbish or zeros after the last fragment are not taken for more', async () => {
  const tails: [name: string, bytes: Uint8Array][] = [
    ['zeros', Buffer.alloc(10_000)],
    ['rubbish', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * index + 7) & 0xff))],
    ['a second header', segment.header.bytes],
    [
      'the head of a fragment, then zeros',
      Buffer.concat([whole.subarray(headerBytes, headerBytes + 100), Buffer.alloc(5000)]),
    ],
    ['a byte', Buffer.alloc(1)],
  ];
  for (const [name, tail] of tails) {
    const { goodBytes, fragments, closed, damage } = await scan(Buffer.concat([segment.open, tail]));
    assert.equal(goodBytes, ends.at(-1), name);
    assert.equal(fragments.length, segment.fragments.length, name);
    assert.equal(closed, false, name);
    assert.ok(damage.length > 0, name);
  }
});

test('a closed segment with rubbish behind it is not closed', async () => {
  const { closed, tail, damage } = await scan(Buffer.concat([whole, Buffer.alloc(9)]));
  assert.equal(closed, false);
  assert.notEqual(tail, undefined);
  assert.deepEqual(damage, [`9 bytes after byte ${whole.length} are of no use.`]);
});

test('a flipped bit in the media costs one fragment', async () => {
  const damaged = Buffer.from(whole);
  // Before the boxes that tell of the fragment.
  damaged[ends[1]! - 200]! ^= 1;
  const { fragments, goodBytes, damage } = await scan(damaged);
  assert.deepEqual(
    fragments,
    segment.fragments.filter((_, index) => index !== 1),
  );
  assert.equal(goodBytes, ends.at(-1));
  assert.deepEqual(damage, [`The checksum of the fragment at byte ${ends[0]} is wrong.`]);
});

test('a box header that is damaged costs its fragment, and none behind it', async () => {
  const places: [name: string, at: number][] = [
    ['type of the prft', 4],
    ['size of the prft', 3],
    ['type of the moof', 36],
    ['size of the moof', 33],
  ];
  for (const [name, at] of places) {
    for (const [index, { offset, bytes }] of segment.fragments.entries()) {
      for (const file of [whole, segment.open]) {
        const damaged = Buffer.from(file);
        damaged[offset + at]! ^= 0x10;
        const { fragments, closed, goodBytes, tail, bodyHash, keepRest, damage } = await scan(damaged);
        const sentence = `${name} of fragment ${index}`;
        assert.deepEqual(fragments, segment.fragments.toSpliced(index, 1), sentence);
        assert.equal(damage.length > 0, true, sentence);
        const isLast = index === segment.fragments.length - 1;
        assert.equal(closed, file === whole, sentence);
        assert.equal(goodBytes, closed || !isLast ? ends.at(-1) : offset, sentence);
        assert.equal(keepRest, !closed && isLast && bytes > 0, sentence);
        const body = damaged.subarray(headerBytes, goodBytes + (tail?.bytes ?? 0));
        bodyHash.update(damaged.subarray(goodBytes, goodBytes + (tail?.bytes ?? 0)));
        assert.equal(bodyHash.digest('hex'), createHash('sha256').update(body).digest('hex'), sentence);
      }
    }
  }
});

test('what a crash leaves of the last fragment needs no keeping, and anything else does', async () => {
  const last = ends.at(-2)!;
  for (let length = last + 1; length < ends.at(-1)!; length += 7) {
    const cut = whole.subarray(0, length);
    assert.equal((await scan(cut)).keepRest, false, `cut at ${length}`);
    assert.equal(
      (await scan(Buffer.concat([cut, Buffer.alloc(9_000)]))).keepRest,
      false,
      `zeros from ${length} on`,
    );
  }
  for (let length = ends.at(-1)! + 1; length < whole.length; length += 7) {
    assert.equal((await scan(whole.subarray(0, length))).keepRest, false, `cut at ${length}`);
  }
  const flipped = Buffer.from(segment.open);
  flipped[ends.at(-1)! - 40]! ^= 1;
  for (const [name, bytes] of [
    ['a whole fragment with one wrong bit', flipped],
    ['rubbish', Buffer.concat([segment.open, Buffer.alloc(100, 7)])],
    ['rubbish behind a finished file', Buffer.concat([whole, Buffer.alloc(100, 7)])],
  ] as const) {
    assert.equal((await scan(bytes)).keepRest, true, name);
  }
});

test('boxes that claim what they do not hold cost no more than a few times the file', async () => {
  // Each of these heads claims all up to one of the checksums at the end, which fits it by its length.
  const heads = 4_000;
  const headAndMdat = 32 + 8 + 8;
  const head = Buffer.alloc(headAndMdat);
  const bytes = Buffer.alloc(heads * headAndMdat + 2_000_000 + heads * 32);
  for (let index = 0; index < heads; index++) {
    const at = index * headAndMdat;
    const checkAt = bytes.length - (index + 1) * 32;
    head.writeUInt32BE(32, 0);
    head.write('prft', 4);
    head.writeUInt32BE(8, 32);
    head.write('moof', 36);
    head.writeUInt32BE(checkAt - at - 40, 40);
    head.write('mdat', 44);
    head.copy(bytes, at);
    bytes.writeUInt32BE(32, checkAt);
    bytes.write('uuid', checkAt + 4);
    bytes.set(userTypes.fragmentCheck, checkAt + 8);
    bytes.writeUInt32BE(checkAt - at, checkAt + 28);
  }
  const file = Buffer.concat([segment.open, Buffer.from('XXXXXXXXX'), bytes]);
  let read = 0;
  const counting = async (offset: number, length: number) => {
    read += length;
    return file.subarray(offset, offset + length);
  };
  const { fragments, keepRest } = await scanSegment(counting, file.length);
  assert.equal(fragments.length, segment.fragments.length);
  assert.equal(keepRest, true);
  assert.ok(read < 8 * file.length + 80 * 1024 * 1024, `${read} bytes were read of ${file.length}`);
});

test('a fragment whose media never reached the disk is not good', async () => {
  const damaged = Buffer.from(segment.open);
  damaged.fill(0, ends.at(-1)! - 200, ends.at(-1)! - 100);
  const { fragments, goodBytes } = await scan(damaged);
  assert.equal(fragments.length, segment.fragments.length - 1);
  assert.equal(goodBytes, ends.at(-2));
});

test('a segment that was cut off after its close is closed again', async () => {
  const { header, fragments, table, goodBytes } = await scan(whole.subarray(0, ends[1]! + 50));
  assert.equal(header.hasIndex, true);
  const close = closeSteps({ header, fragments, table });
  const cut = whole.subarray(0, goodBytes);
  for (let steps = 0; steps < close.steps.length; steps++) {
    assert.equal((await scan(afterSteps(cut, close, steps))).fragments.length, 2, `after ${steps} steps`);
  }
  // While the new index is written, the old one must not be in force.
  const indexStep = close.steps.findIndex((step) => step !== 'sync' && step.write.bytes.length === 52);
  assert.equal(readSegmentHeader(afterSteps(cut, close, indexStep)).hasIndex, false);
  const again = await scan(afterSteps(cut, close));
  assert.equal(again.closed, true);
  assert.deepEqual(again.damage, []);
});

test('a read that fails is not called a malformed file', async () => {
  const broken = async (offset: number, length: number) => {
    if (offset > headerBytes + 100) throw new Error('EIO');
    return whole.subarray(offset, offset + length);
  };
  await assert.rejects(scanSegment(broken, whole.length), { message: 'EIO' });
});

test('a large fragment is read in pieces of a megabyte', async () => {
  const big = segmentFile([
    {
      track: testVideoTrack,
      samples: syntheticVideo(2, 1).map((sample) => {
        const chunk = { bytes: Buffer.alloc(3_000_000), holders: 1 };
        return { ...sample, bytes: { chunk, start: 0, end: chunk.bytes.length } };
      }),
    },
  ]);
  const file = big.closed();
  const { read, stats } = readerOf(file);
  assert.equal((await scanSegment(read, file.length)).closed, true);
  assert.equal(stats.largest, 1024 * 1024);
});

test('flips, cuts and insertions anywhere never give anything but good fragments or a malformed file', async () => {
  const change = fc.record({
    at: fc.nat(whole.length - 1),
    kind: fc.constantFrom('flip', 'cut', 'insert', 'zero'),
    value: fc.integer({ min: 1, max: 255 }),
  });
  // Bytes that were inserted move what follows.
  const good = new Map(segment.fragments.map((fragment) => [fragment.arrivalMs, fragment]));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      let bytes: Buffer = Buffer.from(whole);
      for (const { at, kind, value } of changes) {
        if (kind === 'flip' && at < bytes.length) bytes[at]! ^= value;
        else if (kind === 'cut') bytes = bytes.subarray(0, at);
        else if (kind === 'zero')
          bytes.fill(0, Math.min(at, bytes.length), Math.min(at + value * 8, bytes.length));
        else bytes = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(value, value), bytes.subarray(at)]);
      }
      try {
        const result = await scan(bytes);
        for (const { offset, ...fragment } of result.fragments) {
          const { offset: written, ...entry } = good.get(fragment.arrivalMs)!;
          assert.deepEqual(fragment, entry);
          const stored = bytes.subarray(offset, offset + fragment.bytes);
          assert.deepEqual(stored, whole.subarray(written, written + fragment.bytes));
        }
        assert.equal(
          result.goodBytes,
          result.tail?.offset ??
            (result.fragments.at(-1)?.offset ?? headerBytes) + (result.fragments.at(-1)?.bytes ?? 0),
        );
        if (result.closed) assert.equal(result.goodBytes + result.tail!.bytes, bytes.length);
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 300, seed: 4 },
  );
});
