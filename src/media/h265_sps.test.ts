import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type H265ReferenceSet, type H265SpsRecipe, writeH265Sps } from '../../test/fixtures/h265_sps.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseH265Sps } from './h265_sps.ts';
import { h265CodecString } from './h265_track.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

// Made by x265, with what ffprobe says of the stream.
const encoded = [
  {
    name: 'Main with B-pyramid and a cropped picture',
    sps: '42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84',
    expected: { width: 322, height: 182, depth: 2, ratio: [1, 1], bits: 8, chroma: 1 },
    codecString: 'hvc1.1.6.L60.90',
  },
  {
    name: 'Main 10 with 4:3 samples and without B-frames',
    sps: '42010102200000030090000003000003003fa00502016936592a4932bc39a02000000300200000030321',
    expected: { width: 640, height: 360, depth: 0, ratio: [4, 3], bits: 10, chroma: 1 },
    codecString: 'hvc1.2.4.L63.90',
  },
  {
    name: 'Main with scaling lists and 12:11 samples',
    sps: '42010101600000030090000003000003005aa005a20090596564924e578134040000030004000003006420',
    expected: { width: 720, height: 576, depth: 2, ratio: [12, 11], bits: 8, chroma: 1 },
    codecString: 'hvc1.1.6.L90.90',
  },
  {
    name: 'range extensions of the high tier in 4:2:2',
    sps: '4201012408000003009d0800000300007bb00502016965959a4932bc05a02000000300200000030321',
    expected: { width: 640, height: 360, depth: 2, ratio: [1, 1], bits: 8, chroma: 2 },
    codecString: 'hvc1.4.10.H123.9D.8',
  },
];

for (const { name, sps, expected, codecString } of encoded) {
  test(`V15: ${name} is read as ffprobe reads it`, () => {
    const { width, height, reorderDepth, pixelAspectRatio, lumaBits, chromaFormat, profile } = parseH265Sps(
      hex(sps),
    );
    const ratio = [pixelAspectRatio.horizontal, pixelAspectRatio.vertical];
    assert.deepEqual(
      { width, height, depth: reorderDepth, ratio, bits: lumaBits, chroma: chromaFormat },
      expected,
    );
    assert.equal(h265CodecString(profile), codecString);
  });
}

test('an SPS that ends after the reorder depth still tells the size of the picture', () => {
  const { width, height, pixelAspectRatio } = parseH265Sps(hex(encoded[1]!.sps).subarray(0, 28));
  assert.deepEqual([width, height], [640, 360]);
  assert.deepEqual(pixelAspectRatio, { horizontal: 1, vertical: 1 });
});

test('what is no SPS, and one that is cut off, is the fault of the camera', () => {
  for (const bytes of [hex(''), hex('4201'), hex('4401c172b46240'), hex(encoded[0]!.sps).subarray(0, 20)]) {
    assert.throws(() => parseH265Sps(bytes), { code: 'parameter_sets_malformed' });
  }
});

test('an SPS with any bytes changed is read or refused, and nothing else', () => {
  const original = hex(encoded[2]!.sps);
  const changes = fc.array(fc.tuple(fc.nat(original.length - 3), fc.nat(255)), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(changes, (list) => {
      const bytes = Buffer.from(original);
      for (const [at, value] of list) bytes[at + 2] = value;
      try {
        const { width, height } = parseH265Sps(bytes);
        assert.ok(width > 0 && width <= 16_888 && height > 0 && height <= 16_888);
      } catch (error) {
        if (!(error instanceof NightjarError)) throw error;
        assert.equal(error.code, 'parameter_sets_malformed');
      }
    }),
    { numRuns: 2_000 },
  );
});

const plainSps: H265SpsRecipe = {
  id: 0,
  subLayers: [],
  width: 240,
  height: 135,
  reorderDepths: [2],
  pcm: false,
  referenceSets: [],
  longTermPictures: 0,
  aspectRatio: [40, 33],
  hrd: false,
};

/** The aspect ratio stands behind all that can be misread: when it is right, all of it was read as it was written. */
const hard: readonly [name: string, recipe: Partial<H265SpsRecipe>][] = [
  ['nothing but a size', {}],
  [
    'sub-layers with profiles and levels of their own',
    {
      subLayers: [
        { profile: true, level: true },
        { profile: false, level: true },
        { profile: true, level: false },
      ],
    },
  ],
  [
    'six sub-layers, and a reorder depth of each',
    { subLayers: Array(6).fill({ profile: true, level: true }), reorderDepths: [0, 0, 1, 1, 2, 2, 2] },
  ],
  ['scaling lists that are coded and referred to', { scalingLists: [true, false, false] }],
  ['PCM blocks', { pcm: true }],
  [
    'reference sets that are told by the one before',
    {
      referenceSets: [
        { negative: 4, positive: 1 },
        { keeps: ['used', 'dropped', 'unused', 'used', 'dropped', 'used'] },
        { keeps: ['used', 'used', 'used', 'used', 'used'] },
      ],
    },
  ],
  [
    'sixteen references and long-term ones',
    { referenceSets: [{ negative: 8, positive: 8 }], longTermPictures: 32 },
  ],
  ['HRD parameters', { hrd: true }],
  ['a window that crops 1,088 lines to 1,080', { height: 136, window: [0, 0, 0, 4] }],
];

for (const [name, recipe] of hard) {
  test(`V15: an SPS with ${name} is read to the aspect ratio behind it`, () => {
    const { width, height, reorderDepth, pixelAspectRatio } = parseH265Sps(
      writeH265Sps({ ...plainSps, ...recipe }),
    );
    assert.deepEqual([width, height, reorderDepth], [1920, 1080, 2]);
    assert.deepEqual(pixelAspectRatio, { horizontal: 40, vertical: 33 });
  });
}

const referenceSets = fc
  .array(
    fc.array(fc.constantFrom('used' as const, 'unused' as const, 'dropped' as const), {
      minLength: 17,
      maxLength: 17,
    }),
    { maxLength: 20 },
  )
  .chain((kept) => fc.record({ negative: fc.nat(8), positive: fc.nat(8), kept: fc.constant(kept) }))
  .map(({ negative, positive, kept }) => {
    let before = negative + positive;
    const sets: H265ReferenceSet[] = [{ negative, positive }];
    for (const choices of kept) {
      const keeps = choices.slice(0, before + 1);
      const pictures = keeps.filter((each) => each !== 'dropped').length;
      // A set of more than 16 pictures is none.
      if (pictures > 16) break;
      sets.push({ keeps });
      before = pictures;
    }
    return sets;
  });

test('V15: what is written is read, whatever stands between', () => {
  const layer = fc.record({ profile: fc.boolean(), level: fc.boolean() });
  const recipes = fc.record({
    id: fc.nat(15),
    subLayers: fc.array(layer, { maxLength: 6 }),
    width: fc.integer({ min: 1, max: 1000 }),
    height: fc.integer({ min: 1, max: 1000 }),
    depth: fc.nat(16),
    scalingLists: fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), { nil: undefined }),
    pcm: fc.boolean(),
    referenceSets,
    longTermPictures: fc.nat(32),
    aspectRatio: fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 1, max: 65_535 })),
    hrd: fc.boolean(),
  });
  fc.assert(
    fc.property(recipes, ({ depth, scalingLists, ...recipe }) => {
      const { id, width, height, subLayers, reorderDepth, pixelAspectRatio } = parseH265Sps(
        writeH265Sps({ ...recipe, reorderDepths: [depth], ...(scalingLists && { scalingLists }) }),
      );
      assert.deepEqual(
        [id, width, height, subLayers, reorderDepth],
        [recipe.id, recipe.width * 8, recipe.height * 8, recipe.subLayers.length + 1, depth],
      );
      const [horizontal, vertical] = recipe.aspectRatio;
      assert.deepEqual(pixelAspectRatio, { horizontal, vertical });
    }),
    { seed: 265, numRuns: 500 },
  );
});
