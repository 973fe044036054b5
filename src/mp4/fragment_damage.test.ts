import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FragmentDamage } from '../footage/damaged_range.ts';
import { fragmentDamage, maxFragmentDamageBytes, readFragmentDamage } from './fragment_damage.ts';

const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const entry: fc.Arbitrary<FragmentDamage> = fc.record(
  {
    media: fc.constantFrom('video' as const, 'audio' as const),
    fromMs: i32,
    toMs: i32,
    packetsLost: u32,
    unitsDropped: u32,
  },
  { noNullPrototype: true },
);

test('damage is read as it was written', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 2 }), (damage) => {
      const box = fragmentDamage(damage);
      assert.ok(box.length <= maxFragmentDamageBytes);
      assert.deepEqual(readFragmentDamage(box), damage);
    }),
  );
});

test('no box is no damage', () => assert.deepEqual(readFragmentDamage(new Uint8Array(0)), []));

test('a box that was damaged itself is refused, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 2 }),
      fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
      fc.nat(60),
      (damage, changes, length) => {
        const box = fragmentDamage(damage).slice(0, length + 24);
        for (const [at, value] of changes) if (at + 24 < box.length) box[at + 24] = value;
        try {
          readFragmentDamage(box);
        } catch (error) {
          assert.ok(error instanceof NightjarError && error.code === 'file_malformed', `${error}`);
        }
      },
    ),
  );
});
