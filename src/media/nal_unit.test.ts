import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseH264SliceStart } from './h264_slice.ts';
import { rawPayload, splitAnnexB } from './nal_unit.ts';
import { ChunkPool, SampleArena } from './sample_arena.ts';
import { writeSlice } from './test_support.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

const splits: { name: string; bytes: string; nalUnits: string[] }[] = [
  { name: 'nothing', bytes: '', nalUnits: [] },
  { name: 'no start code', bytes: '6588aa', nalUnits: ['6588aa'] },
  {
    name: 'start codes of three and four bytes',
    bytes: '000001 67aa 00000001 68bb 000001 65cc',
    nalUnits: ['67aa', '68bb', '65cc'],
  },
  { name: 'bytes before the first start code', bytes: '67aa 000001 68bb', nalUnits: ['67aa', '68bb'] },
  {
    name: 'zeros before, between and behind',
    bytes: '0000000001 67aa 0000000001 68bb 000000',
    nalUnits: ['67aa', '68bb'],
  },
  { name: 'start codes alone', bytes: '000001 000001 000001', nalUnits: [] },
];

for (const { name, bytes, nalUnits } of splits) {
  test(`a byte stream with ${name} is split`, () => {
    assert.deepEqual(
      splitAnnexB(hex(bytes), 10).map((unit) => Buffer.from(unit).toString('hex')),
      nalUnits,
    );
  });
}

test('a byte stream is split into at most so many NAL units', () => {
  assert.equal(splitAnnexB(hex('00000167'.repeat(50)), 10).length, 10);
});

test('emulation prevention bytes are removed, and only those', () => {
  const payload = rawPayload(hex('67 000003 01 000003 000003 03 0003 000003'));
  assert.equal(Buffer.from(payload).toString('hex'), '0000010000000003' + '00030000');
});

test('the start of a slice header is read, and what is too short is none', () => {
  assert.deepEqual(parseH264SliceStart(writeSlice(5, 200, 300)), {
    firstMacroblock: 300,
    sliceType: 7,
    ppsId: 200,
  });
  assert.equal(parseH264SliceStart(hex('65')), undefined);
  assert.equal(parseH264SliceStart(hex('65 00000000000000000000')), undefined);
});

test('a start code is found in a sample as in a buffer, and none behind its end', () => {
  // Few values, so that start codes are frequent, also over the end of what is written.
  const bytes = fc.uint8Array({ max: 2, maxLength: 40 }).map((values) => Buffer.from(values));
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 6 }), fc.nat({ max: 10 }), (samples, skip) => {
      const arena = new SampleArena(new ChunkPool());
      // Rubbish of an earlier sample behind the end must not be found.
      arena.append(Buffer.alloc(200, hex('000001')), 0, 200);
      arena.discard();
      for (const sample of samples) {
        arena.append(sample, 0, sample.length);
        const from = Math.min(skip, sample.length);
        const expected = sample.indexOf(hex('000001'), from);
        assert.equal(arena.indexOf(hex('000001'), from), expected < 0 ? sample.length : expected);
        assert.equal(arena.length, sample.length);
        arena.trimZeros(from);
        const kept = arena.length;
        assert.ok(kept === from || sample[kept - 1] !== 0);
        assert.ok(sample.subarray(kept).every((byte) => byte === 0));
        arena.finish();
      }
    }),
  );
});
