import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  activeParts,
  burstsOf,
  emptyStrip,
  levelsText,
  packLevels,
  raise,
  unpackLevels,
} from './activity.ts';

test('a strip has the steps of which the window has an instant, from a multiple of the step on', () => {
  const strip = emptyStrip({ startMs: 1_500, endMs: 4_001 }, 1_000);
  assert.equal(strip.startMs, 1_000);
  assert.equal(strip.levels.length, 4);
  assert.equal(emptyStrip({ startMs: 5_000, endMs: 5_000 }, 1_000).levels.length, 0);
  assert.equal(emptyStrip({ startMs: 9_000, endMs: 5_000 }, 1_000).levels.length, 0);
});

test('a part raises the steps of which it has an instant, and lowers none', () => {
  const strip = emptyStrip({ startMs: 0, endMs: 6_000 }, 1_000);
  raise(strip, { startMs: 900, endMs: 2_100, level: 5 });
  raise(strip, { startMs: 2_000, endMs: 3_000, level: 3 });
  raise(strip, { startMs: 4_000, endMs: 90_000, level: 9 });
  raise(strip, { startMs: -50_000, endMs: 0, level: 15 });
  raise(strip, { startMs: 3_500, endMs: 3_500, level: 15 });
  assert.equal(levelsText(strip.levels), '555099');
});

test('a fragment lasts up to the next one; of one without a level nothing is known', () => {
  const parts = activeParts(
    [{ startMs: 0, activity: 2 }, { startMs: 1_000 }, { startMs: 2_000, activity: 7 }],
    2_500,
  );
  assert.deepEqual(parts, [
    { startMs: 0, endMs: 1_000, level: 2 },
    { startMs: 2_000, endMs: 2_500, level: 7 },
  ]);
});

const bursts: readonly (readonly [name: string, levels: string, expected: readonly string[]])[] = [
  ['quiet footage has none', '1112211', []],
  ['one begins with the first second that is worth a look', '11267211', ['3-5 7']],
  ['it ends with the last second that is not quiet', '1164331111111', ['2-6 6']],
  ['what is quiet for a moment is one', '116111161', ['2-8 6']],
  ['what is quiet for longer is two', '11611111161', ['2-3 6', '9-10 6']],
  ['where footage is missing it goes on too, if that is short', '169000691', ['1-8 9']],
  ['what lasts to the end is one', '1666', ['1-4 6']],
];

for (const [name, levels, expected] of bursts) {
  test(`bursts: ${name}`, () => {
    const strip = { startMs: 0, stepMs: 1_000, levels: Uint8Array.from(levels, (digit) => Number(digit)) };
    const found = burstsOf(strip).map(
      ({ startMs, endMs, level }) => `${startMs / 1e3}-${endMs / 1e3} ${level}`,
    );
    assert.deepEqual(found, expected);
  });
}

test('levels are unpacked as they were packed, but for a last half', () => {
  fc.assert(
    fc.property(fc.uint8Array({ max: 15 }), (levels) => {
      const packed = packLevels(levels);
      assert.equal(packed.length, Math.ceil(levels.length / 2));
      assert.deepEqual(unpackLevels(packed).subarray(0, levels.length), levels);
    }),
  );
});
