import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { clipDamage, type DamagedRange, damagedRanges, type FragmentDamage } from './damaged_range.ts';

type Entry = [media: 'video' | 'audio', fromMs: number, toMs: number, packetsLost: number];

/** A fragment a second; each has the entries given. */
const fragmentsOf = (entries: readonly Entry[][]) =>
  entries.map((damage, index) => ({
    startMs: unixMillis(10_000 + index * 1_000 + 0.4),
    damage: damage.map(
      ([media, fromMs, toMs, packetsLost]): FragmentDamage => ({
        media,
        fromMs,
        toMs,
        packetsLost,
        unitsDropped: 1,
      }),
    ),
  }));

const show = ({ media, startMs, endMs, packetsLost, unitsDropped }: DamagedRange) =>
  `${media} ${startMs}-${endMs} ${packetsLost}/${unitsDropped}`;

const segment = { startMs: 10_000, endMs: 70_000 };
const whole: Entry[] = [];

const table: { name: string; entries: Entry[][]; ranges: string[] }[] = [
  { name: 'footage without loss has none', entries: [whole, whole], ranges: [] },
  {
    name: 'damage lies where the fragment says',
    entries: [whole, [['video', 200, 700, 3]]],
    ranges: ['video 11200-11700 3/1'],
  },
  {
    name: 'damage that goes on in the next fragment is one range',
    entries: [[['video', 200, 1_000, 3]], [['video', 0, 400, 2]]],
    ranges: ['video 10200-11400 5/2'],
  },
  {
    name: 'a second between two is not told',
    entries: [[['video', 0, 100, 1]], [['video', 100, 200, 1]]],
    ranges: ['video 10000-11200 2/2'],
  },
  {
    name: 'more than that is',
    entries: [[['video', 0, 100, 1]], [['video', 101, 200, 1]]],
    ranges: ['video 10000-10100 1/1', 'video 11101-11200 1/1'],
  },
  {
    name: 'pictures and sound are told apart',
    entries: [
      [
        ['video', 0, 500, 2],
        ['audio', 100, 120, 1],
      ],
    ],
    ranges: ['video 10000-10500 2/1', 'audio 10100-10120 1/1'],
  },
  {
    name: 'damage without length lasts a millisecond, before the picture that ends it',
    entries: [[['video', 300, 300, 1]]],
    ranges: ['video 10299-10300 1/1'],
  },
  {
    name: 'sound from before the segment is told at its start, damage into a hole at its end',
    entries: [
      [['audio', -80, -60, 1]],
      ...Array.from({ length: 58 }, () => whole),
      [['video', 900, 9_000, 1]],
    ],
    ranges: ['audio 10000-10001 1/1', 'video 69900-70000 1/1'],
  },
];

for (const { name, entries, ranges } of table) {
  test(name, () => assert.deepEqual(damagedRanges(fragmentsOf(entries), segment).map(show), ranges));
}

test('a range is clipped with the counts of the whole', () => {
  const [range] = damagedRanges(fragmentsOf([[['video', 200, 700, 3]]]), segment);
  assert.deepEqual(clipDamage(range!, { startMs: 10_300, endMs: 10_400 }).map(show), [
    'video 10300-10400 3/1',
  ]);
  assert.deepEqual(clipDamage(range!, { startMs: 10_700, endMs: 11_000 }), []);
});

const damage = fc.tuple(
  fc.constantFrom('video' as const, 'audio' as const),
  fc.integer({ min: -2_000, max: 2_000 }),
  fc.nat(2_000),
  fc.nat(50),
);

test('however much is lost, ranges are few, lie within the segment, hold all damage and count all of it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(damage, { maxLength: 2 }), { maxLength: 60 }), (lists) => {
      const entries = lists.map((list) =>
        list.map(([media, from, length, lost]): Entry => [media, from, from + length, lost]),
      );
      const fragments = fragmentsOf(entries);
      const ranges = damagedRanges(fragments, segment);
      for (const media of ['video', 'audio']) {
        const own = ranges.filter((range) => range.media === media);
        assert.ok(own.length <= 4);
        for (const [index, { startMs, endMs }] of own.entries()) {
          assert.ok(startMs < endMs && Number.isInteger(startMs) && Number.isInteger(endMs));
          assert.ok(startMs >= segment.startMs && endMs <= segment.endMs);
          assert.ok(index === 0 || startMs > own[index - 1]!.endMs + 1_000);
        }
        const all = fragments.flatMap(({ startMs, damage: list }) =>
          list.filter((each) => each.media === media).map((each) => ({ startMs, ...each })),
        );
        const sum = (key: 'packetsLost' | 'unitsDropped', of: readonly { [K in typeof key]: number }[]) =>
          of.reduce((total, each) => total + each[key], 0);
        assert.equal(sum('packetsLost', own), sum('packetsLost', all));
        assert.equal(sum('unitsDropped', own), sum('unitsDropped', all));
        for (const { startMs, fromMs, toMs } of all) {
          const from = Math.max(segment.startMs, Math.round(startMs + fromMs));
          const to = Math.min(segment.endMs, Math.round(startMs + toMs));
          assert.ok(from >= to || own.some((range) => range.startMs <= from && range.endMs >= to));
        }
      }
    }),
    { numRuns: 500 },
  );
});
