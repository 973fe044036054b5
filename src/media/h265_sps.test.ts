import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
