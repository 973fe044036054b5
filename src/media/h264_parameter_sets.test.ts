import assert from 'node:assert/strict';
import { test } from 'node:test';
import { H264ParameterSets } from './h264_parameter_sets.ts';
import { h264Track, parseH264PpsIds, sameForDecoder } from './h264_track.ts';
import { writePps, writeSps } from './test_support.ts';

const sps = writeSps();
const pps = writePps();
const track = (parts: { sps?: Buffer; pps?: Buffer[]; timescale?: number } = {}) =>
  h264Track({ timescale: parts.timescale ?? 90_000, sps: parts.sps ?? sps, pps: parts.pps ?? [pps] });

test('a track tells what follows from its parameter sets', () => {
  const vui = { sampleAspectRatio: [12, 11], reorderFrames: 2 } as const;
  const parameterSet = writeSps({ profile: 100, level: 40, vui });
  assert.deepEqual(track({ sps: parameterSet }), {
    kind: 'video',
    codec: 'h264',
    timescale: 90_000,
    sps: parameterSet,
    pps: [pps],
    width: 320,
    height: 240,
    pixelAspectRatio: { horizontal: 12, vertical: 11 },
    reorderDepth: 2,
    codecString: 'avc1.640028',
  });
  assert.deepEqual(track().pixelAspectRatio, { horizontal: 1, vertical: 1 });
});

const rates = writeSps({ vui: { aspectRatioIndex: 1, timing: [1, 50] } });
const otherRates = writeSps({ vui: { aspectRatioIndex: 1, timing: [1, 30] } });

const comparisons: [string, ReturnType<typeof track>, ReturnType<typeof track>, boolean][] = [
  ['equal', track(), track(), true],
  ['of other rates', track({ sps: rates }), track({ sps: otherRates }), true],
  ['with rubbish after the SPS', track(), track({ sps: Buffer.concat([sps, Buffer.of(1, 2)]) }), true],
  ['with zeros after the PPS', track(), track({ pps: [Buffer.concat([pps, Buffer.of(0, 0)])] }), true],
  ['of another size', track(), track({ sps: writeSps({ widthInMacroblocks: 21 }) }), false],
  ['of another PPS', track(), track({ pps: [writePps(1)] }), false],
  ['of one more PPS', track(), track({ pps: [pps, writePps(1)] }), false],
  ['of another time scale', track(), track({ timescale: 90_001 }), false],
];

for (const [name, a, b, same] of comparisons) {
  test(`V19: tracks ${name} are ${same ? '' : 'not '}the same for a decoder`, () => {
    assert.equal(sameForDecoder(a, b), same);
    assert.equal(sameForDecoder(b, a), same);
  });
}

for (const [name, bytes] of [
  ['no bytes', []],
  ['an SPS', [0x67, 0x80]],
  ['an early end', [0x68, 0x00]],
  ['an SPS id out of range', [0x68, 0x80 | 0x02, 0x20]],
] as const) {
  test(`a PPS of ${name} is refused with its code`, () => {
    assert.throws(() => parseH264PpsIds(Uint8Array.from(bytes)), { code: 'parameter_sets_malformed' });
  });
}

test('there is a track when there are an SPS and a PPS that refers to it, in any order', () => {
  const sets = new H264ParameterSets(90_000);
  sets.add(writePps(3, 1));
  sets.add(writePps(0, 0));
  assert.equal(sets.track(), undefined);
  sets.add(writeSps({ id: 1 }));
  assert.deepEqual(sets.track()?.pps, [Uint8Array.from(writePps(3, 1))]);
});

test('bytes that are added are copied, and the same ones again keep the track', () => {
  const sets = new H264ParameterSets(90_000);
  const once = Buffer.from(sps);
  sets.add(once);
  sets.add(pps);
  once.fill(0);
  const first = sets.track();
  assert.deepEqual(Buffer.from(first!.sps), sps);
  sets.add(sps);
  sets.add(pps);
  assert.ok(sets.track() === first);
});

test('parameter sets that cannot be read, or are too long, are counted and ignored', () => {
  const sets = new H264ParameterSets(90_000);
  sets.add(sps);
  sets.add(pps);
  const first = sets.track();
  for (const bytes of [
    Buffer.of(),
    Buffer.of(0x67),
    Buffer.of(0x68),
    Buffer.concat([sps, Buffer.alloc(5000, 1)]),
  ]) {
    sets.add(bytes);
  }
  assert.equal(sets.rejected, 4);
  assert.ok(sets.track() === first);
});

test('the SPS that came last counts, also when it was known before', () => {
  const sets = new H264ParameterSets(90_000);
  const widths = [20, 40, 20].map((widthInMacroblocks) => {
    const id = widthInMacroblocks / 20 - 1;
    sets.add(writeSps({ id, widthInMacroblocks }));
    sets.add(writePps(id, id));
    return sets.track()?.width;
  });
  assert.deepEqual(widths, [320, 640, 320]);
});

test('a new SPS takes effect though its PPS comes later', () => {
  const sets = new H264ParameterSets(90_000);
  sets.add(sps);
  sets.add(pps);
  sets.add(writeSps({ widthInMacroblocks: 40 }));
  assert.equal(sets.track()?.width, 640);
});
