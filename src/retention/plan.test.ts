import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeletableSegment } from '../index/deletion.ts';
import { planRetention, type RetentionFacts } from './plan.ts';

const minute = 60_000;

function segment(id: string, endMinute: number, more: Partial<DeletableSegment> = {}): DeletableSegment {
  const endMs = endMinute * minute;
  const base = { id, state: 'closed' as const, streamId: 'a', path: id, bytes: 100 };
  return { ...base, startMs: endMs - minute, endMs, ...more };
}

const blank: RetentionFacts = {
  segments: [segment('1', 1), segment('2', 2), segment('3', 3), segment('95', 95)],
  maxAgeMs: () => undefined,
  freeBytes: 1_000,
  minFreeBytes: 1_000,
  nowMs: 100 * minute,
};

const cases: readonly (readonly [name: string, facts: Partial<RetentionFacts>, plan: readonly string[]])[] = [
  ['nothing goes while there is space and no age is set', {}, []],
  ['what is past its age goes', { maxAgeMs: () => 97.5 * minute }, ['1 max_age', '2 max_age']],
  ['footage may get exactly as old as allowed', { maxAgeMs: () => 98 * minute }, ['1 max_age']],
  [
    'each stream has its own age',
    {
      segments: [segment('1', 1), segment('2', 2, { streamId: 'b' })],
      maxAgeMs: (streamId) => (streamId === 'b' ? minute : undefined),
    },
    ['2 max_age'],
  ],
  ['the oldest goes for space, and no more than needed', { freeBytes: 899 }, ['1 min_free', '2 min_free']],
  [
    'the oldest of all streams alike',
    { segments: [segment('2', 2), segment('1', 1, { streamId: 'b' })], freeBytes: 950 },
    ['1 min_free'],
  ],
  [
    'what goes by age counts for space',
    { freeBytes: 850, maxAgeMs: () => 98.5 * minute },
    ['1 max_age', '2 min_free'],
  ],
  ['the last ten minutes never go for space', { freeBytes: 0 }, ['1 min_free', '2 min_free', '3 min_free']],
  [
    'but they go by age',
    { maxAgeMs: () => minute, freeBytes: 1_000 },
    ['1 max_age', '2 max_age', '3 max_age', '95 max_age'],
  ],
  ['nothing goes for space when it is not known how much there is', { freeBytes: undefined }, []],
  [
    'open segments and those that are going already are passed over',
    {
      segments: [segment('1', 1, { state: 'open' }), segment('2', 2, { state: 'deleting' })],
      freeBytes: 0,
      maxAgeMs: () => 1,
    },
    [],
  ],
];

for (const [name, facts, expected] of cases) {
  test(name, () => {
    const plan = planRetention({ ...blank, ...facts });
    assert.deepEqual(
      plan.map(({ segment: { id }, rule }) => `${id} ${rule}`),
      expected,
    );
  });
}

const anySegment = fc
  .record({
    endMinute: fc.nat(100),
    state: fc.constantFrom<DeletableSegment['state']>('closed', 'closed', 'closed', 'open', 'deleting'),
    streamId: fc.constantFrom('a', 'b'),
    bytes: fc.nat(500),
  })
  .map(({ endMinute, ...more }) => segment('', endMinute, more));
const anyFacts = fc
  .record({
    segments: fc.array(anySegment, { maxLength: 30 }),
    ageMinutes: fc.option(fc.nat(110), { nil: undefined }),
    freeBytes: fc.nat(5_000),
    minFreeBytes: fc.nat(5_000),
  })
  .map(({ segments, ageMinutes, ...facts }): RetentionFacts => {
    const maxAgeMs = () => (ageMinutes === undefined ? undefined : ageMinutes * minute);
    const named = segments.map((each, index) => ({ ...each, id: `${index}` }));
    return { ...facts, segments: named, maxAgeMs, nowMs: 100 * minute };
  });

test('a plan takes closed segments only, keeps the floor, reaches its target when it can, and only just', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const plan = planRetention(facts);
      const ids = new Set(plan.map(({ segment: { id } }) => id));
      assert.equal(ids.size, plan.length);
      assert.ok(plan.every(({ segment: { state } }) => state === 'closed'));
      const forSpace = plan.filter(({ rule }) => rule === 'min_free').map(({ segment: each }) => each);
      assert.ok(forSpace.every(({ endMs }) => facts.nowMs - endMs >= 10 * minute));
      const freed = plan.reduce((sum, { segment: { bytes } }) => sum + bytes, facts.freeBytes!);
      const left = facts.segments.filter(({ id, state }) => state === 'closed' && !ids.has(id));
      const deletable = left.filter(({ endMs }) => facts.nowMs - endMs >= 10 * minute);
      if (freed < facts.minFreeBytes) assert.deepEqual(deletable, []);
      const last = forSpace.at(-1);
      if (last) assert.ok(freed - last.bytes < facts.minFreeBytes, 'the last one was needed');
      for (const { endMs } of forSpace)
        assert.ok(
          deletable.every((kept) => kept.endMs >= endMs),
          'oldest first',
        );
    }),
    { numRuns: 500 },
  );
});

test('once a plan is carried out, there is nothing more to do', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const plan = planRetention(facts);
      const ids = new Set(plan.map(({ segment: { id } }) => id));
      const freeBytes = plan.reduce((sum, { segment: { bytes } }) => sum + bytes, facts.freeBytes!);
      const segments = facts.segments.filter(({ id }) => !ids.has(id));
      assert.deepEqual(planRetention({ ...facts, segments, freeBytes }), []);
    }),
  );
});
