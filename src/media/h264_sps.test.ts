import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { h264ReorderDepth, parseH264Sps, sameSpsForDecoder } from './h264_sps.ts';
import { type SpsRecipe, writeSps } from './test_support.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

// Made by x264, with what ffprobe says of the stream.
const encoded = [
  {
    name: 'High with two B-frames',
    sps: '6764000dacd305467889b011000003000100000300320f142938',
    expected: { width: 322, height: 182, depth: 1, ratio: [1, 1], timeScale: 50 },
  },
  {
    name: 'Constrained Baseline at 1080 lines',
    sps: '6742c028da01e0089f97011000000300100000030320f1832a',
    expected: { width: 1920, height: 1080, depth: 0, ratio: [1, 1], timeScale: 50 },
  },
  {
    name: 'interlaced High with B-pyramid, HRD and 16:11 samples',
    sps: '67640015acd941612d82080000030008000003019301000f420003d09498601f142996',
    expected: { width: 352, height: 288, depth: 2, ratio: [16, 11], timeScale: 50 },
  },
  {
    name: 'High 4:4:4 with 7:5 samples',
    sps: '67f4001e91990c05017fc4ffe000e000a2000003000200000300641e2c5b34',
    expected: { width: 640, height: 360, depth: 2, ratio: [7, 5], timeScale: 50 },
  },
  {
    name: 'High 4:2:2 of 10 bits without B-frames',
    sps: '677a001eb6cb301405ff1380880000030008000003019078b17340',
    expected: { width: 640, height: 360, depth: 0, ratio: [1, 1], timeScale: 50 },
  },
];

for (const { name, sps, expected } of encoded) {
  test(`${name} is read as ffprobe reads it`, () => {
    const parsed = parseH264Sps(hex(sps));
    const ratio = parsed.vui?.pixelAspectRatio;
    assert.deepEqual(
      {
        width: parsed.width,
        height: parsed.height,
        depth: h264ReorderDepth(parsed),
        ratio: [ratio?.horizontal, ratio?.vertical],
        timeScale: parsed.vui?.timing?.timeScale,
      },
      expected,
    );
  });
}

const sizes: { name: string; recipe: SpsRecipe; width: number; height: number }[] = [
  { name: 'no cropping', recipe: {}, width: 320, height: 240 },
  { name: 'fields', recipe: { framesOnly: false }, width: 320, height: 480 },
  { name: 'cropping of 4:2:0', recipe: { crop: [1, 2, 3, 4] }, width: 314, height: 226 },
  { name: 'cropping of fields', recipe: { framesOnly: false, crop: [0, 0, 0, 2] }, width: 320, height: 472 },
  {
    name: 'cropping of 4:2:2',
    recipe: { profile: 122, chromaFormat: 2, crop: [1, 0, 1, 0] },
    width: 318,
    height: 239,
  },
  {
    name: 'cropping of 4:4:4',
    recipe: { profile: 244, chromaFormat: 3, crop: [1, 0, 1, 0] },
    width: 319,
    height: 239,
  },
  {
    name: 'cropping of monochrome',
    recipe: { profile: 100, chromaFormat: 0, crop: [0, 1, 0, 1] },
    width: 319,
    height: 239,
  },
  {
    name: 'cropping of separate colour planes',
    recipe: { profile: 244, chromaFormat: 3, separateColourPlanes: true, crop: [0, 3, 0, 3] },
    width: 317,
    height: 237,
  },
  {
    name: 'picture order of type 1',
    recipe: { pictureOrderType: 1, widthInMacroblocks: 40 },
    width: 640,
    height: 240,
  },
  {
    name: 'scaling lists',
    recipe: {
      profile: 100,
      scalingLists: [
        [-8],
        Array(16).fill(1),
        [3, -11],
        undefined,
        undefined,
        undefined,
        Array(64).fill(0),
        undefined,
      ],
      widthInMacroblocks: 120,
      heightInMapUnits: 68,
      crop: [0, 0, 0, 4],
    },
    width: 1920,
    height: 1080,
  },
];

for (const { name, recipe, width, height } of sizes) {
  test(`the size of a picture is right with ${name}`, () => {
    const parsed = parseH264Sps(writeSps(recipe));
    assert.deepEqual([parsed.width, parsed.height], [width, height]);
  });
}

test('scaling lists are told: default, coded, cut short by a zero, and absent', () => {
  const scalingLists = [
    [-8],
    Array(16).fill(1),
    [3, -11],
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ];
  const parsed = parseH264Sps(writeSps({ profile: 100, scalingLists }));
  assert.deepEqual(parsed.scalingLists?.slice(0, 4), [
    'default',
    Array.from({ length: 16 }, (_, index) => 9 + index),
    Array(16).fill(11),
    undefined,
  ]);
});

const depths: { name: string; recipe: SpsRecipe; depth: number | undefined }[] = [
  {
    name: 'stated',
    recipe: { vui: { reorderFrames: 3, hrdBuffers: 2, timing: [1, 60], fullRange: true } },
    depth: 3,
  },
  { name: 'stated as 0', recipe: { vui: { reorderFrames: 0 } }, depth: 0 },
  { name: 'stated beyond what is allowed', recipe: { vui: { reorderFrames: 17 } }, depth: undefined },
  { name: 'not stated', recipe: { vui: { aspectRatioIndex: 1 } }, depth: undefined },
  { name: 'not stated in Baseline', recipe: { profile: 66 }, depth: 0 },
  { name: 'not stated with output in decode order', recipe: { pictureOrderType: 2 }, depth: 0 },
  { name: 'not stated in an intra profile', recipe: { profile: 110, constraints: 0x10 }, depth: 0 },
];

for (const { name, recipe, depth } of depths) {
  test(`the reorder depth is ${depth} when it is ${name}`, () => {
    assert.equal(h264ReorderDepth(parseH264Sps(writeSps(recipe))), depth);
  });
}

for (const [index, ratio] of [
  [0, undefined],
  [1, { horizontal: 1, vertical: 1 }],
  [16, { horizontal: 2, vertical: 1 }],
  [17, undefined],
] as const) {
  test(`aspect ratio index ${index} is ${JSON.stringify(ratio)}`, () => {
    assert.deepEqual(
      parseH264Sps(writeSps({ vui: { aspectRatioIndex: index } })).vui?.pixelAspectRatio,
      ratio,
    );
  });
}

test('a sample aspect ratio with a zero is none', () => {
  const ratio = (sides: [number, number]) =>
    parseH264Sps(writeSps({ vui: { sampleAspectRatio: sides } })).vui?.pixelAspectRatio;
  assert.deepEqual(ratio([40, 33]), { horizontal: 40, vertical: 33 });
  assert.equal(ratio([0, 33]), undefined);
});

test('a VUI that is cut off keeps what came before, and the size stays known', () => {
  const vui = { sampleAspectRatio: [12, 11], timing: [1, 50], reorderFrames: 2 } as const;
  const whole = writeSps({ vui });
  const cut = parseH264Sps(whole.subarray(0, whole.length - 8));
  assert.deepEqual([cut.width, cut.height], [320, 240]);
  assert.deepEqual(cut.vui?.pixelAspectRatio, { horizontal: 12, vertical: 11 });
  assert.equal(cut.vui?.restriction, undefined);
});

test('a VUI with more buffers than are allowed is believed no further', () => {
  const vui = (hrdBuffers: number) => parseH264Sps(writeSps({ vui: { hrdBuffers, reorderFrames: 1 } })).vui;
  assert.equal(vui(32)?.restriction?.maxReorderFrames, 1);
  assert.equal(vui(33)?.restriction, undefined);
});

test('a decoder does not mind other rates and buffer sizes, but all else', () => {
  const vui = { aspectRatioIndex: 1, timing: [1, 50], hrdBuffers: 1, reorderFrames: 1 } as const;
  const base = parseH264Sps(writeSps({ vui }));
  const other = (recipe: SpsRecipe) => sameSpsForDecoder(base, parseH264Sps(writeSps(recipe)));
  assert.equal(other({ vui: { ...vui, timing: [1, 30], hrdBuffers: 2 } }), true);
  assert.equal(other({ vui: { ...vui, reorderFrames: 2 } }), false);
  assert.equal(other({ vui: { ...vui, aspectRatioIndex: 2 } }), false);
  assert.equal(other({ vui: { ...vui, fullRange: true } }), false);
  assert.equal(other({ vui, level: 40 }), false);
  assert.equal(other({ vui, crop: [0, 0, 0, 1] }), false);
  assert.equal(other({}), false);
});

const broken: { name: string; nalUnit: Buffer; message: RegExp }[] = [
  { name: 'nothing', nalUnit: Buffer.of(), message: /it is no sequence parameter set/ },
  { name: 'another NAL unit', nalUnit: hex('68ef8fcb'), message: /it is no sequence parameter set/ },
  { name: 'an early end', nalUnit: hex('6764001f'), message: /more byte/ },
  { name: 'zeros', nalUnit: hex('6764001f00000000000000'), message: /Exp-Golomb/ },
  {
    name: 'a huge width',
    nalUnit: writeSps({ widthInMacroblocks: 2000 }),
    message: /pic_width_in_mbs_minus1 is 1999/,
  },
  {
    name: 'a huge height',
    nalUnit: writeSps({ heightInMapUnits: 1056 }),
    message: /at most 1054 is allowed/,
  },
  { name: 'an id out of range', nalUnit: writeSps({ id: 32 }), message: /seq_parameter_set_id is 32/ },
  {
    name: 'a picture cropped away',
    nalUnit: writeSps({ crop: [80, 80, 0, 0] }),
    message: /cropping leaves nothing/,
  },
];

for (const { name, nalUnit, message } of broken) {
  test(`an SPS with ${name} is refused with its code`, () => {
    assert.throws(() => parseH264Sps(nalUnit), { code: 'parameter_sets_malformed', message });
  });
}

test('any bytes are an SPS or refused with the code', () => {
  const bytes = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(
      fc.oneof(
        bytes,
        bytes.map((tail) => Buffer.concat([hex('6764001f'), tail])),
      ),
      (nalUnit) => {
        try {
          const parsed = parseH264Sps(nalUnit);
          assert.ok(
            parsed.width > 0 && parsed.width <= 16_880 && parsed.height > 0 && parsed.height <= 33_760,
          );
        } catch (error) {
          assert.ok(
            error instanceof NightjarError && error.code === 'parameter_sets_malformed',
            String(error),
          );
        }
      },
    ),
    { numRuns: 1000, seed: 1 },
  );
});
