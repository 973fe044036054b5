import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { syntheticSamples, syntheticVideo } from '../../test/fixtures/synthetic_media.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { trackTicks } from '../units/time.ts';
import { decodeSampleTable, SampleTableBuilder } from './sample_table.ts';

const tracks = [
  { trackId: 1, offsetTicks: trackTicks(1000) },
  { trackId: 2, offsetTicks: trackTicks(0) },
];

const facts = fc.record(
  {
    size: fc.oneof(fc.nat(300), fc.nat(0xffffffff)),
    duration: fc.oneof(fc.constant(3600), fc.nat(0xffffffff)),
    compositionOffset: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    keyFrame: fc.boolean(),
  },
  { noNullPrototype: true },
);
const chunks = fc.array(
  fc.record({
    trackId: fc.constantFrom(1, 2),
    samples: fc.array(facts, { maxLength: 30 }),
    dataOffset: fc.nat(2 ** 40),
  }),
  { maxLength: 12 },
);

test('what a sample table holds is read back', () => {
  fc.assert(
    fc.property(chunks, fc.nat(2 ** 40), (added, startTicks) => {
      const builder = new SampleTableBuilder(tracks);
      const ends = new Map<number, number>();
      for (const { trackId, samples, dataOffset } of added) {
        const decodeTicks = ends.get(trackId) ?? startTicks;
        builder.addStored(trackId, decodeTicks, samples, dataOffset);
        ends.set(
          trackId,
          samples.reduce((end, { duration }) => end + duration, decodeTicks),
        );
      }
      const box = builder.encode();
      const decoded = decodeSampleTable(box);
      assert.equal(Buffer.from(box).readUInt32BE(0), box.length);
      assert.deepEqual(decoded, builder.tracks());
      for (const { trackId, sizes, offsets, keyFlags } of decoded) {
        const own = added.filter((chunk) => chunk.trackId === trackId);
        assert.deepEqual(
          [...sizes],
          own.flatMap(({ samples }) => samples.map(({ size }) => size)),
        );
        assert.deepEqual(
          [...keyFlags],
          own.flatMap(({ samples }) => samples.map(({ keyFrame }) => Number(keyFrame))),
        );
        const expected = own.flatMap(({ samples, dataOffset }) => {
          let next = dataOffset;
          return samples.map(({ size }) => {
            next += size;
            return next - size;
          });
        });
        assert.deepEqual([...offsets], expected);
      }
    }),
    { numRuns: 100 },
  );
});

test('samples from the recorder and from a file give the same table', () => {
  const samples = syntheticVideo(50).map((sample) => ({
    ...sample,
    decodeTicks: trackTicks(sample.decodeTicks + 1000),
  }));
  const recorded = new SampleTableBuilder(tracks);
  recorded.add(1, samples.slice(0, 25), 500);
  recorded.add(1, samples.slice(25), 9000);
  const stored = new SampleTableBuilder(tracks);
  const plain = samples.map(({ bytes, duration, compositionOffset, keyFrame }) => ({
    size: bytes.end - bytes.start,
    duration,
    compositionOffset,
    keyFrame,
  }));
  stored.addStored(1, 0, plain.slice(0, 25), 500);
  stored.addStored(1, 25 * 3600, plain.slice(25), 9000);
  assert.deepEqual(recorded.encode(), stored.encode());
});

test('a fragment that states another time moves the end of the sample before it', () => {
  const pair = (decodeTicks: number, builder: SampleTableBuilder) => {
    const samples = syntheticSamples([
      { size: 1, duration: 10 },
      { size: 1, duration: 10 },
    ]);
    const placed = samples.map((sample) => ({ ...sample, decodeTicks: trackTicks(1000 + decodeTicks) }));
    builder.add(1, placed, 0);
  };
  const table: [name: string, second: number, third: number, durations: number[]][] = [
    ['as announced', 20, 40, [10, 10, 10, 10, 10, 10]],
    ['later', 25, 45, [10, 15, 10, 10, 10, 10]],
    ['earlier', 15, 35, [10, 5, 10, 10, 10, 10]],
    [
      'before the sample before: it lasts 0, and the next one makes up for it',
      5,
      40,
      [10, 0, 10, 20, 10, 10],
    ],
  ];
  for (const [name, second, third, durations] of table) {
    const builder = new SampleTableBuilder(tracks);
    for (const ticks of [0, second, third]) pair(ticks, builder);
    assert.deepEqual([...builder.tracks()[0]!.durations], durations, name);
  }
});

test('a minute of 25 pictures and 47 sounds a second takes about 5 kB', () => {
  const noise = (seed: number) => {
    let state = seed;
    // Sizes that vary as coded pictures do: by about a tenth of themselves, on a bell curve.
    return (mean: number) => {
      let sum = 0;
      for (let draw = 0; draw < 6; draw++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        sum += state / 2 ** 32 - 0.5;
      }
      return Math.round(mean * (1 + 0.14 * sum));
    };
  };
  const size = noise(1);
  const builder = new SampleTableBuilder(tracks);
  for (let second = 0; second < 60; second++) {
    const video = Array.from({ length: 25 }, (_, index) => ({
      size: index === 0 && second % 2 === 0 ? size(90_000) : size(18_000),
      duration: 3600,
      compositionOffset: 0,
      keyFrame: index === 0 && second % 2 === 0,
    }));
    const audio = Array.from({ length: 47 }, () => ({
      size: size(170),
      duration: 1024,
      compositionOffset: 0,
      keyFrame: true,
    }));
    builder.addStored(1, second * 90_000, video, second * 600_000);
    builder.addStored(2, second * 47 * 1024, audio, second * 600_000 + 500_000);
  }
  assert.ok(builder.encode().length < 5700, `${builder.encode().length} bytes`);
});

const sample = (() => {
  const builder = new SampleTableBuilder(tracks);
  builder.addStored(1, 0, [{ size: 5, duration: 9, compositionOffset: 0, keyFrame: true }], 100);
  return builder.encode();
})();

/** The box with another table in it, its checksum right. */
function boxed(table: Uint8Array, length = table.length): Uint8Array {
  const head = Buffer.from(sample.subarray(0, 36));
  head.writeUInt32BE(crc32(table), 28);
  head.writeUInt32BE(length, 32);
  return Buffer.concat([head, deflateRawSync(table), Buffer.alloc(4)]);
}

test('a table that cannot be is told, with what is wrong in it', () => {
  const cases: [message: string, table: number[]][] = [
    ['The sample table has 17 tracks.', [17]],
    ['The sample table ends too early.', [1]],
    ['A track claims 100 samples.', [1, 1, 0, 100, 1]],
    ['A sample has an impossible size.', [1, 1, 0, 1, 0x80, 0x80, 0x80, 8, 0]],
    ['A run of the sample table is too long.', [1, 1, 0, 1, 0, 1, 1, 2, 9]],
    ['A value of the sample table is impossible.', [1, 1, 0, 1, 0, 1, 1, 1, 0x80, 0x80, 0x80, 0x80, 0x10]],
    ['The runs of the sample table leave samples over.', [1, 1, 0, 1, 0, 1, 0]],
    ['A chunk of the sample table is wrong.', [1, 1, 0, 1, 0, 1, 1, 1, 9, 1, 1, 0, 1, 1, 1, 2, 0]],
    ['The chunks of the sample table leave samples over.', [1, 1, 0, 1, 0, 1, 1, 1, 9, 1, 1, 0, 1, 1, 0]],
    ['The sample table holds an impossible number.', [1, 1, ...new Array(8).fill(0xff), 0x7f]],
    ['The sample table holds an impossible number.', new Array(400).fill(0x80)],
  ];
  for (const [message, table] of cases) {
    assert.throws(() => decodeSampleTable(boxed(Uint8Array.from(table))), {
      code: 'file_malformed',
      message,
    });
  }
});

test('a table that unpacks to more than it says costs no memory', () => {
  const bomb = new Uint8Array(8 * 1024 * 1024);
  assert.throws(() => decodeSampleTable(boxed(bomb, 100)), {
    message: 'The sample table cannot be unpacked.',
  });
  assert.throws(() => decodeSampleTable(boxed(bomb, 2 ** 31)), {
    message: 'The sample table claims 2147483648 bytes.',
  });
});

test('every changed byte of the table is noticed', () => {
  for (let at = 24; at < sample.length - 4; at++) {
    if (at > 24 && at < 28) continue; // reserved
    const flipped = sample.slice();
    flipped[at]! ^= 0x04;
    assert.throws(() => decodeSampleTable(flipped), { code: 'file_malformed' }, `byte ${at}`);
  }
});

test('rubbish with a right checksum never gives anything but a malformed file', () => {
  const good = inflateRawSync(sample.subarray(36, -4));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(good.length), (rubbish, keep) => {
      try {
        decodeSampleTable(boxed(Buffer.concat([good.subarray(0, keep), rubbish])));
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 1000, seed: 2 },
  );
});
