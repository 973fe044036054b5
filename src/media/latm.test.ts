import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  lowComplexity,
  type MuxRecipe,
  muxConfigBytes,
  muxElement,
} from '../../test/fixtures/latm_elements.ts';
import { BitWriter } from '../bytes/bit_writer.ts';
import { bitsAsBytes, parseLatmElements, parseStreamMuxConfig } from './latm.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');

const configs: [name: string, config: string, audioConfig: string | undefined][] = [
  ['of ffmpeg', '400024103fc0', '1208'],
  [
    'of GStreamer, which ends behind the signal for no spectral band replication',
    '40002410adca00',
    '120856e500',
  ],
  ['with spectral band replication of its own object type', '40005623101fe0', '2b118800'],
  ['of MPEG-1 layer 3', '40 02 20 00 00 00', undefined],
  ['of a newer version of LATM', 'c0002410 3fc0', undefined],
  ['of streams of their own timing', '00002410 3fc0', undefined],
  ['of two programs', '40082410 3fc0', undefined],
  ['of frames by a table, as CELP has them', '40002410 bfc0', undefined],
  ['of nothing', '', undefined],
];

for (const [name, config, audioConfig] of configs) {
  test(`a StreamMuxConfig ${name} is ${audioConfig === undefined ? 'not understood' : 'read'}`, () => {
    assert.equal(text(parseStreamMuxConfig(hex(config))?.audioConfig), audioConfig);
  });
}

/** Channels that are coded in the stream: one front element, and a comment of two bytes (section 4.4.1.1). */
function programConfig() {
  const writer = new BitWriter();
  for (const [value, bits] of [
    ...[
      [2, 5],
      [3, 4],
      [0, 4],
      [0, 3],
    ],
    ...[
      [0, 4],
      [1, 2],
      [3, 4],
    ],
    ...[
      [1, 4],
      [0, 4],
      [0, 4],
      [0, 2],
      [0, 3],
      [0, 4],
      [0, 3],
    ],
    ...[
      [16, 5],
      [0, 1],
      [2, 8],
      [0x6162, 16],
    ],
  ] as [number, number][]) {
    writer.bits(value, bits);
  }
  return { bytes: writer.bytes(), bits: writer.bytes().length * 8 };
}

/** AudioSpecificConfigs by the bits that count. */
const audioConfigs = [
  lowComplexity,
  { bytes: hex('1408'), bits: 16 },
  // An explicit frequency.
  { bytes: hex('17802af810'), bits: 40 },
  // Spectral band replication and parametric stereo of their own object types.
  { bytes: hex('2b920800'), bits: 25 },
  { bytes: hex('eb8a0800'), bits: 25 },
  // Backward compatible.
  { bytes: hex('139056e5a0'), bits: 37 },
  { bytes: hex('138856e5a54880'), bits: 49 },
  // Error resilient low delay, and a program config with a comment of two bytes.
  { bytes: hex('b98800'), bits: 18 },
  programConfig(),
];

const recipes = fc.record({
  config: fc.constantFrom(...audioConfigs),
  version: fc.constantFrom(0 as const, 1 as const),
  frames: fc.integer({ min: 1, max: 5 }),
  frameBytes: fc.option(fc.integer({ min: 20, max: 60 }), { nil: undefined }),
  otherBits: fc.constantFrom(0, 0, 3, 8, 300),
  checksum: fc.boolean(),
}) as fc.Arbitrary<MuxRecipe>;

test('a StreamMuxConfig that was written is read back, to the bit', () => {
  fc.assert(
    fc.property(recipes, (recipe) => {
      const read = parseStreamMuxConfig(muxConfigBytes(recipe));
      assert.ok(read);
      assert.equal(text(read.audioConfig), text(bitsAsBytes(recipe.config.bytes, 0, recipe.config.bits)));
      assert.deepEqual(
        [read.frames, read.frameBits, read.otherBits],
        [recipe.frames, recipe.frameBytes && recipe.frameBytes * 8, recipe.otherBits],
      );
    }),
    { numRuns: 500, seed: 11 },
  );
});

test('elements that were written are read back, whichever way they say their config', () => {
  fc.assert(
    fc.property(
      recipes,
      fc.boolean(),
      fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 15, maxLength: 15 }),
      (recipe, inBand, lengths) => {
        const frames = lengths.map((length, index) =>
          new Uint8Array(recipe.frameBytes ?? length).fill(index + 1),
        );
        const perElement = recipe.frames ?? 1;
        const elements = Array.from({ length: Math.floor(frames.length / perElement) }, (_, element) =>
          muxElement(
            recipe,
            frames.slice(element * perElement, (element + 1) * perElement),
            inBand ? (element === 0 ? 'whole' : 'same') : 'out of band',
          ),
        );
        const bytes = Buffer.concat(elements);
        const known = inBand ? undefined : parseStreamMuxConfig(muxConfigBytes(recipe));
        const read = parseLatmElements(bytes, inBand, known);
        assert.ok(read);
        assert.deepEqual(
          read.frames.map(({ startBit, bits }) => text(bitsAsBytes(bytes, startBit, bits))),
          frames.slice(0, elements.length * perElement).map(text),
        );
      },
    ),
    { numRuns: 200, seed: 12 },
  );
});

test('of any bytes nothing outside is read, and frames lie within', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (bytes, inBand) => {
      const config = parseStreamMuxConfig(hex('400024103fc0'));
      const read = parseLatmElements(bytes, inBand, config);
      for (const { startBit, bits } of read?.frames ?? []) assert.ok(startBit + bits <= bytes.length * 8);
      parseStreamMuxConfig(bytes);
    }),
    { numRuns: 2000, seed: 13 },
  );
});
