import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rangeBytes } from './byte_range.ts';
import { ChunkPool, SampleArena } from './sample_arena.ts';

test('samples of any size keep their bytes until they are released', () => {
  const sizes = fc.array(fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 4 }), { maxLength: 8 });
  fc.assert(
    fc.property(sizes, (samples) => {
      const pool = new ChunkPool();
      const arena = new SampleArena(pool);
      let seed = 1;
      const finished = samples.map((parts) => {
        const expected: Buffer[] = [];
        for (const size of parts) {
          const bytes = Buffer.alloc(size, seed++ % 251);
          arena.append(bytes, 0, size);
          expected.push(bytes);
        }
        return { range: arena.finish(), expected: Buffer.concat(expected) };
      });
      for (const { range, expected } of finished) assert.ok(expected.equals(rangeBytes(range)));
      for (const { range } of finished) pool.release(range);
      arena.close();
      for (const { range } of finished) assert.equal(range.chunk.holders, 0);
    }),
    { numRuns: 30 },
  );
});

test('a length can be patched after the sample moved to a larger chunk', () => {
  const arena = new SampleArena(new ChunkPool());
  arena.appendU32(0);
  arena.appendU8(7);
  arena.append(Buffer.alloc(600_000, 9), 0, 600_000);
  arena.patchU32(0, 600_001);
  arena.truncate(600_004);
  const bytes = Buffer.from(rangeBytes(arena.finish()));
  assert.equal(bytes.readUInt32BE(0), 600_001);
  assert.equal(bytes[4], 7);
  assert.equal(bytes.length, 600_004);
});

test('a sample beyond the bound is refused with its catalogue code', () => {
  const arena = new SampleArena(new ChunkPool(), 10);
  assert.throws(() => arena.append(Buffer.alloc(11), 0, 11), { code: 'payload_limit' });
});
