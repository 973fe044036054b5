import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { repackG726 } from './g726_packing.ts';

/** Bits of the samples, the first one's most significant bit first, up to the last whole sample. */
function samples(bytes: Uint8Array, sampleBits: number, order: 'RFC 3551' | 'I.366.2'): number[] {
  const count = Math.floor((bytes.length * 8) / sampleBits);
  const bit = (index: number) =>
    order === 'RFC 3551'
      ? (bytes[index >> 3]! >> (index & 7)) & 1
      : (bytes[index >> 3]! >> (7 - (index & 7))) & 1;
  return Array.from({ length: count }, (_, sample) => {
    const bits = Array.from({ length: sampleBits }, (_, index) => bit(sample * sampleBits + index));
    if (order === 'RFC 3551') bits.reverse();
    return bits.reduce((value, each) => value * 2 + each, 0);
  });
}

test('the first sample moves from the least to the most significant bits', () => {
  for (const [sampleBits, before, after] of [
    [2, 'e4', '1b'],
    [3, '88c6fa', '053977'],
    [4, '2143', '1234'],
    [5, '410c52cc41', '08864298e8'],
  ] as const) {
    const bytes = Buffer.from(before, 'hex');
    const expected = samples(bytes, sampleBits, 'RFC 3551');
    repackG726(bytes, sampleBits);
    assert.equal(bytes.toString('hex'), after, `${sampleBits} bits`);
    assert.deepEqual(samples(bytes, sampleBits, 'I.366.2'), expected);
  }
});

test('no sample of any length and size changes, and bits behind the last one become zeros', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.integer({ min: 2, max: 5 }),
      (bytes, bits) => {
        const expected = samples(bytes, bits, 'RFC 3551');
        const packed = Uint8Array.from(bytes);
        repackG726(packed, bits);
        assert.deepEqual(samples(packed, bits, 'I.366.2'), expected);
        const rest = (bytes.length * 8) % bits;
        assert.equal(packed.at(-1)! & ((1 << rest) - 1), 0);
      },
    ),
    { numRuns: 500, seed: 4 },
  );
});
