import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BitReader } from './bit_reader.ts';
import { BitWriter } from './bit_writer.ts';
import { ByteReader, EndOfBytes } from './reader.ts';
import { ByteWriter } from './writer.ts';

test('what the byte writer writes the byte reader reads', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xff }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0xffffff }),
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.maxSafeNat(),
      fc.maxSafeInteger(),
      fc.uint8Array(),
      (a, b, c, d, e, f, g, tail) => {
        const writer = new ByteWriter(1);
        writer.u8(a);
        writer.u16(b);
        writer.u24(c);
        writer.u32(0);
        writer.patchU32(6, d);
        writer.i32(e);
        writer.u64(f);
        writer.i64(g);
        writer.zeros(3);
        writer.append(tail);
        const reader = new ByteReader(writer.bytes());
        assert.deepEqual(
          [reader.u8(), reader.u16(), reader.u24(), reader.u32(), reader.i32(), reader.u64(), reader.i64()],
          [a, b, c, d, e, f, g],
        );
        reader.skip(3);
        assert.deepEqual(reader.take(tail.length), tail);
        assert.equal(reader.remaining, 0);
      },
    ),
  );
});

test('reading past the end says where and how much is missing', () => {
  const reader = new ByteReader(Uint8Array.of(1, 2, 3));
  reader.u16();
  assert.throws(
    () => reader.u32(),
    (error) => error instanceof EndOfBytes && error.offset === 2 && error.needed === 3,
  );
  assert.throws(() => new BitReader(Uint8Array.of(1)).bits(9), EndOfBytes);
});

test('bits and Exp-Golomb codes survive the round trip', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 32 - 2 }),
      fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
      fc.boolean(),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      (unsigned, signed, flag, word) => {
        const writer = new BitWriter();
        writer.ue(unsigned);
        writer.flag(flag);
        writer.se(signed);
        writer.bits(word, 32);
        const reader = new BitReader(writer.bytes());
        assert.equal(reader.ue(), unsigned);
        assert.equal(reader.flag(), flag);
        assert.equal(reader.se() + 0, signed + 0);
        assert.equal(reader.bits(32), word);
      },
    ),
  );
});
