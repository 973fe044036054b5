import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wholeParts } from '../footage/damage.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { countWholeFragments, decodeFragments, encodeFragments } from './fragment_table.ts';

const microseconds = fc.integer({ min: 0, max: 2 * 10 ** 15 }).map((value) => unixMillis(value / 1_000));
const ticks = fc.integer({ min: -(2 ** 47), max: 2 ** 47 }).map(trackTicks);
const entry: fc.Arbitrary<FragmentEntry> = fc.record(
  {
    offset: fc.integer({ min: 0, max: 2 ** 40 }),
    bytes: fc.integer({ min: 0, max: 2 ** 32 }),
    startTicks: ticks,
    durationTicks: fc.integer({ min: 0, max: 2 ** 40 }).map(trackTicks),
    startMs: microseconds,
    arrivalMs: microseconds,
    keyFrame: fc.boolean(),
  },
  { noNullPrototype: true },
);

test('any fragments come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), (fragments) => {
      assert.deepEqual(decodeFragments(encodeFragments(fragments)), fragments);
    }),
  );
});

test('fragments without a hole are counted without decoding them, all others are not', () => {
  const sized = fc.array(fc.tuple(entry, fc.boolean()), { maxLength: 20 });
  fc.assert(
    fc.property(sized, (entries) => {
      let end = entries[0]?.[0].offset ?? 0;
      const fragments = entries.map(([fragment, follows]) => {
        const placed = { ...fragment, offset: follows ? end : end + 1 };
        end = placed.offset + placed.bytes;
        return placed;
      });
      const isWhole = fragments.length === 0 || wholeParts(fragments)[0]!.length === fragments.length;
      assert.equal(countWholeFragments(encodeFragments(fragments)), isWhole ? fragments.length : undefined);
    }),
  );
});

test('wall times are kept to the microsecond', () => {
  const [fragment] = fc.sample(entry, 1);
  const startMs = unixMillis(1_767_225_600_000 + 0.1234);
  const [decoded] = decodeFragments(encodeFragments([{ ...fragment!, startMs }]));
  assert.equal(decoded!.startMs, 1_767_225_600_000.123);
});

test('a minute of regular fragments takes less than a kilobyte', () => {
  const fragments = Array.from({ length: 60 }, (_, number): FragmentEntry => {
    const jitterMs = ((number * 7919) % 13) / 3;
    const startMs = 1_767_225_600_000 + number * 1_000.02;
    return {
      offset: 3_000 + number * 500_000,
      bytes: 500_000,
      startTicks: trackTicks(number * 90_000),
      durationTicks: trackTicks(90_000),
      startMs: unixMillis(startMs),
      arrivalMs: unixMillis(startMs + jitterMs),
      keyFrame: true,
    };
  });
  assert.ok(encodeFragments(fragments).length < 1_000);
});

test('damaged tables throw a RangeError or give bounded rubbish, never anything else', () => {
  const sample = encodeFragments(fc.sample(entry, { numRuns: 8, seed: 3 }));
  const change = fc.tuple(fc.nat(sample.length - 1), fc.nat(255), fc.nat(sample.length));
  fc.assert(
    fc.property(change, ([at, value, length]) => {
      const damaged = sample.slice(0, length);
      if (at < damaged.length) damaged[at] = value;
      try {
        assert.ok(decodeFragments(damaged).length <= damaged.length);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 500, seed: 7 },
  );
});

for (const [name, bytes, message] of [
  ['no bytes', [], /ends in the middle/],
  ['a count beyond the bytes', [0xff, 0xff, 0x03], /too short for/],
  ['an entry that is cut off', [1, 0, 0], /ends in the middle/],
  ['a number beyond the exact integers', [1, ...Array(9).fill(0xff), 0x01], /too large/],
  ['bytes after the last entry', [0, 0], /goes on/],
] as const) {
  test(`${name} is told`, () => {
    assert.throws(() => decodeFragments(Uint8Array.from(bytes)), message);
  });
}
