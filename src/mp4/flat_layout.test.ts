import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from '../bytes/reader.ts';
import { findBox, walkBoxes } from './box_walker.ts';
import { type FlatChunk, type FlatInput, type FlatPiece, flatLayout } from './flat_layout.ts';

interface Facts {
  readonly size: number;
  readonly duration: number;
  readonly compositionOffset: number;
  readonly keyFrame: boolean;
}

const piece = (samples: readonly Facts[], sampleEntry = 0): FlatPiece => ({
  samples: {
    sizes: Uint32Array.from(samples, ({ size }) => size),
    durations: Uint32Array.from(samples, ({ duration }) => duration),
    compositionOffsets: Int32Array.from(samples, ({ compositionOffset }) => compositionOffset),
    keyFlags: Uint8Array.from(samples, ({ keyFrame }) => Number(keyFrame)),
  },
  from: 0,
  to: samples.length,
  sampleEntry,
});

const entry = (name: string) =>
  Buffer.concat([Buffer.of(0, 0, 0, 12), Buffer.from('test'), Buffer.from(name)]);
const track = (pieces: readonly FlatPiece[]) => ({
  kind: 'video' as const,
  timescale: 90_000,
  width: 320,
  height: 180,
  sampleEntries: [entry('aaaa'), entry('bbbb')],
  pieces,
  edits: [],
});

/** What a reader makes of one track's tables: each sample with its place, time and sample entry. */
function readTrack(head: Uint8Array, index: number) {
  const moov = findBox(head, ['moov'])!;
  const trak = [...walkBoxes(head, moov.body, moov.end)].filter(({ type }) => type === 'trak')[index]!;
  const table = (type: string) => {
    const place = findBox(head, ['mdia', 'minf', 'stbl', type], trak.body, trak.end);
    return place && new ByteReader(head, place.body + 4, place.end);
  };
  const pairs = (reader: ByteReader | undefined) =>
    reader ? Array.from({ length: reader.u32() }, () => [reader.u32(), reader.i32()] as const) : [];
  const spread = (runs: readonly (readonly [number, number])[]) =>
    runs.flatMap(([count, value]) => new Array<number>(count).fill(value));
  const stsz = table('stsz')!;
  stsz.skip(4);
  const sizes = Array.from({ length: stsz.u32() }, () => stsz.u32());
  const durations = spread(pairs(table('stts'))).map((value) => value >>> 0);
  const offsets = spread(pairs(table('ctts')));
  const stss = table('stss');
  const keys = stss && new Set(Array.from({ length: stss.u32() }, () => stss.u32()));
  const co64 = table('co64');
  const stco = table('stco');
  const chunkOffsets = co64
    ? Array.from({ length: co64.u32() }, () => co64.u64())
    : Array.from({ length: stco!.u32() }, () => stco!.u32());
  const stsc = table('stsc')!;
  const runs = Array.from({ length: stsc.u32() }, () => ({
    first: stsc.u32(),
    samples: stsc.u32(),
    entry: stsc.u32(),
  }));
  const samples: (Facts & { offset: number; entry: number })[] = [];
  for (const [chunk, start] of chunkOffsets.entries()) {
    const run = runs.findLast(({ first }) => first <= chunk + 1)!;
    let offset = start;
    for (let left = run.samples; left > 0; left--) {
      const at = samples.length;
      samples.push({
        size: sizes[at]!,
        duration: durations[at]!,
        compositionOffset: offsets[at] ?? 0,
        keyFrame: keys?.has(at + 1) ?? true,
        offset,
        entry: run.entry - 1,
      });
      offset += sizes[at]!;
    }
  }
  return { samples, wide: co64 !== undefined };
}

const facts = fc.record(
  {
    size: fc.nat(2000),
    duration: fc.oneof(fc.constant(3600), fc.nat(0xffffffff)),
    compositionOffset: fc.oneof(fc.constant(0), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    keyFrame: fc.boolean(),
  },
  { noNullPrototype: true },
);
const pieces = fc.array(fc.tuple(fc.array(facts, { minLength: 1, maxLength: 12 }), fc.constantFrom(0, 1)), {
  minLength: 1,
  maxLength: 4,
});

test('a reader finds every sample where the caller puts it', () => {
  fc.assert(
    fc.property(pieces, pieces, fc.array(fc.integer({ min: 1, max: 5 })), (video, audio, splits) => {
      const media = [video, audio];
      const chunks: FlatChunk[] = [];
      let split = 0;
      for (let index = 0; index < Math.max(video.length, audio.length); index++) {
        for (const [at, own] of media.entries()) {
          for (let left = own[index]?.[0].length ?? 0; left > 0; ) {
            const samples = Math.min(left, splits[split++ % splits.length] ?? 3);
            chunks.push({ track: at, samples });
            left -= samples;
          }
        }
      }
      const { head, totalBytes } = flatLayout({
        movieTimescale: 90_000,
        tracks: media.map((own) => track(own.map(([samples, which]) => piece(samples, which)))),
        chunks,
      });
      const read = [0, 1].map((index) => readTrack(head, index).samples);
      const next = [0, 0];
      let offset = head.length;
      for (const { track: at, samples } of chunks) {
        for (let left = samples; left > 0; left--) {
          const sample = read[at]![next[at]!++]!;
          assert.equal(sample.offset, offset);
          offset += sample.size;
        }
      }
      assert.equal(offset, totalBytes);
      for (const [at, own] of media.entries()) {
        assert.deepEqual(
          read[at]!.map(({ offset: _, ...sample }) => sample),
          own.flatMap(([samples, which]) => samples.map((sample) => ({ ...sample, entry: which }))),
        );
      }
    }),
    { numRuns: 100 },
  );
});

const one: Facts = { size: 10, duration: 3600, compositionOffset: 0, keyFrame: true };

test('a part of a piece, and another duration of its last sample', () => {
  const whole = piece([one, { ...one, size: 11 }, { ...one, size: 12 }, { ...one, size: 13 }]);
  const { head } = flatLayout({
    movieTimescale: 1000,
    tracks: [track([{ ...whole, from: 1, to: 3, lastDuration: 99 }])],
    chunks: [{ track: 0, samples: 2 }],
  });
  assert.deepEqual(
    readTrack(head, 0).samples.map(({ size, duration }) => [size, duration]),
    [
      [11, 3600],
      [12, 99],
    ],
  );
});

test('beyond 4 GiB chunk offsets and the size of the media are told in 64 bits', () => {
  const samples = Array.from({ length: 5 }, () => ({ ...one, size: 2 ** 30 }));
  const layout = (count: number, lastSize: number) =>
    flatLayout({
      movieTimescale: 1000,
      tracks: [track([piece([...samples.slice(0, count), { ...one, size: lastSize }])])],
      chunks: Array.from({ length: count + 1 }, () => ({ track: 0, samples: 1 })),
    });
  const headBytes = layout(3, 0).head.length;
  const table: [name: string, lastSize: number, wide: boolean, largeMdat: boolean][] = [
    ['up to 4 GiB less a byte', 2 ** 30 - 1 - headBytes, false, false],
    ['a byte more: wide offsets', 2 ** 30 - headBytes, true, false],
    ['the media alone, with their header', 2 ** 30 - 9, true, false],
    ['a byte more: 64-bit size', 2 ** 30 - 8, true, true],
  ];
  for (const [name, lastSize, wide, largeMdat] of table) {
    const { head, totalBytes } = layout(3, lastSize);
    const read = readTrack(head, 0);
    assert.equal(read.wide, wide, name);
    assert.equal(read.samples[0]!.offset, head.length, name);
    assert.equal(totalBytes, head.length + 3 * 2 ** 30 + lastSize, name);
    const mdat = head.subarray(largeMdat ? -16 : -8);
    assert.equal(Buffer.from(mdat).toString('latin1', 4, 8), 'mdat', name);
    const reader = new ByteReader(mdat);
    if (!largeMdat) assert.equal(reader.u32(), 8 + 3 * 2 ** 30 + lastSize, name);
    else {
      reader.skip(8);
      assert.equal(reader.u64(), 16 + 3 * 2 ** 30 + lastSize, name);
    }
  }
});

test('times beyond 32 bits are told in 64', () => {
  const { head } = flatLayout({
    movieTimescale: 90_000,
    tracks: [{ ...track([piece([one])]), edits: [{ duration: 2 ** 33, mediaTicks: 2 ** 34 }] }],
    chunks: [{ track: 0, samples: 1 }],
  });
  for (const path of [['mvhd'], ['trak', 'tkhd'], ['trak', 'edts', 'elst']]) {
    const place = findBox(head, ['moov', ...path])!;
    assert.equal(head[place.body], 1, path.join('/'));
    assert.ok(
      Buffer.from(head.subarray(place.body, place.end)).includes(Buffer.from('0000000200000000', 'hex')),
    );
  }
});

test('chunks that do not fit the pieces are a mistake of the caller', () => {
  const input = (chunks: FlatChunk[], pieces = [piece([one, one])]): FlatInput => ({
    movieTimescale: 1000,
    tracks: [track(pieces)],
    chunks,
  });
  const cases: [message: string, input: FlatInput][] = [
    ['there is no track 1', input([{ track: 1, samples: 1 }])],
    ['track 0 has samples in no chunk', input([{ track: 0, samples: 1 }])],
    ['a chunk of 3 samples does not fit into its piece', input([{ track: 0, samples: 3 }])],
    ['a chunk of 0 samples does not fit into its piece', input([{ track: 0, samples: 0 }])],
    [
      'a chunk of 3 samples does not fit into its piece',
      input([{ track: 0, samples: 3 }], [piece([one]), piece([one, one])]),
    ],
    ['no samples 0 to 0', input([], [piece([])])],
  ];
  for (const [message, wrong] of cases)
    assert.throws(() => flatLayout(wrong), { name: 'RangeError', message });
});
