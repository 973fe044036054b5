import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isProtected, unprotectedTime } from '../footage/protected_range.ts';
import type { DeletableSegment } from '../index/deletion.ts';
import { type CameraFacts, planRetention, type RetentionFacts } from './plan.ts';
import { shortfalls } from './shortfall.ts';

const minute = 60_000;
const nowMs = 100 * minute;

function segment(id: string, endMinute: number, more: Partial<DeletableSegment> = {}): DeletableSegment {
  const endMs = endMinute * minute;
  const place = { cameraId: 'door', streamId: 'door-main', rootId: 'disk', path: id };
  return {
    id,
    state: 'closed',
    ...place,
    startMs: endMs - minute,
    endMs,
    bytes: 100,
    hasEvent: false,
    ...more,
  };
}

const unlimited: CameraFacts = {
  minAgeMs: 10 * minute,
  maxAgeMs: undefined,
  eventMaxAgeMs: undefined,
  maxBytes: undefined,
  storedBytes: 400,
};

interface Case extends Partial<Omit<RetentionFacts, 'cameras' | 'roots'>> {
  readonly door?: Partial<CameraFacts>;
  readonly yard?: Partial<CameraFacts>;
  readonly freeBytes?: number | undefined;
  readonly otherFreeBytes?: number;
}

function factsOf({ door, yard, ...more }: Case): RetentionFacts {
  const free = 'freeBytes' in more ? more.freeBytes : 1_000;
  return {
    nowMs,
    wallMs: nowMs,
    segments: [segment('1', 1), segment('2', 2), segment('3', 3), segment('95', 95)],
    cameras: new Map([
      ['door', { ...unlimited, ...door }],
      ['yard', { ...unlimited, ...yard }],
    ]),
    roots: new Map([
      ['disk', { freeBytes: free, minFreeBytes: 1_000 }],
      ['other', { freeBytes: more.otherFreeBytes ?? 1_000, minFreeBytes: 1_000 }],
    ]),
    protectedRanges: [],
    isRead: () => false,
    maxBytes: undefined,
    ...more,
  };
}

const ofYard = { cameraId: 'yard', streamId: 'yard-main' };
const fromTo = (startMinute: number, endMinute: number | undefined, cameraId?: string) => ({
  cameraId,
  startMs: startMinute * minute,
  endMs: endMinute === undefined ? undefined : endMinute * minute,
});

const cases: readonly (readonly [name: string, facts: Case, plan: readonly string[]])[] = [
  ['nothing goes while there is space and no age is set', {}, []],
  ['what is past its age goes', { door: { maxAgeMs: 97.5 * minute } }, ['1 max_age', '2 max_age']],
  [
    'what is from more than a day ahead, of a clock that was wrong, goes last for space',
    { segments: [segment('ahead', 2_000), segment('2', 2), segment('soon', 200)], freeBytes: 750 },
    ['2 min_free', 'ahead min_free'],
  ],
  ['footage may get exactly as old as allowed', { door: { maxAgeMs: 98 * minute } }, ['1 max_age']],
  [
    'each camera has its own age',
    { segments: [segment('1', 1), segment('2', 2, ofYard)], yard: { maxAgeMs: minute } },
    ['2 max_age'],
  ],
  [
    'footage with events gets the longer age',
    {
      segments: [segment('1', 1, { hasEvent: true }), segment('3', 3, { hasEvent: true }), segment('4', 4)],
      door: { maxAgeMs: 20 * minute, eventMaxAgeMs: 98 * minute },
    },
    ['1 event_max_age', '4 max_age'],
  ],
  [
    'events never make it shorter',
    {
      segments: [segment('1', 1, { hasEvent: true }), segment('20', 20, { hasEvent: true })],
      door: { maxAgeMs: 98 * minute, eventMaxAgeMs: 20 * minute },
    },
    ['1 max_age'],
  ],
  [
    'a camera has no more than it may, the oldest of its own goes',
    { segments: [segment('1', 1, ofYard), segment('2', 2), segment('3', 3)], door: { maxBytes: 350 } },
    ['2 camera_max_bytes'],
  ],
  [
    'all cameras together have no more than they may',
    { segments: [segment('1', 1, ofYard), segment('2', 2), segment('3', 3)], maxBytes: 601 },
    ['1 max_bytes', '2 max_bytes'],
  ],
  [
    'what goes by one rule counts for the next',
    {
      segments: [segment('1', 1), segment('2', 2), segment('3', 3), segment('4', 4), segment('5', 5)],
      door: { maxAgeMs: 98.5 * minute, maxBytes: 250 },
      maxBytes: 600,
      freeBytes: 701,
    },
    ['1 max_age', '2 camera_max_bytes', '3 min_free'],
  ],
  ['the oldest goes for space, and no more than needed', { freeBytes: 899 }, ['1 min_free', '2 min_free']],
  [
    'the oldest of all cameras alike, events or not',
    { segments: [segment('2', 2), segment('1', 1, { ...ofYard, hasEvent: true })], freeBytes: 950 },
    ['1 min_free'],
  ],
  [
    'a disk is not made free by what lies on another',
    { segments: [segment('1', 1, { rootId: 'other' }), segment('2', 2)], freeBytes: 950 },
    ['2 min_free'],
  ],
  ['what is younger than guaranteed never goes for space', { freeBytes: 0 }, ['1', '2', '3'].map(forSpace)],
  [
    'nor by age',
    { segments: [segment('1', 1), segment('95', 95)], door: { maxAgeMs: minute } },
    ['1 max_age'],
  ],
  [
    'nor for the sake of bytes',
    { segments: [segment('1', 1), segment('95', 95)], door: { maxBytes: 1 }, maxBytes: 1 },
    ['1 camera_max_bytes'],
  ],
  [
    'each camera has its own guaranteed age',
    { segments: [segment('1', 1), segment('2', 2, ofYard)], door: { minAgeMs: nowMs }, freeBytes: 0 },
    ['2 min_free'],
  ],
  ['nothing goes for space when it is not known how much there is', { freeBytes: undefined }, []],
  [
    'what is protected never goes, by whatever rule',
    {
      protectedRanges: [fromTo(1.5, 2.5)],
      door: { maxAgeMs: minute, maxBytes: 1 },
      maxBytes: 1,
      freeBytes: 0,
    },
    ['1 max_age'],
  ],
  [
    'protection of another camera means nothing, and an end that is open means for ever',
    {
      segments: [segment('1', 1), segment('2', 2, ofYard), segment('3', 3), segment('50', 50, ofYard)],
      protectedRanges: [fromTo(1, undefined, 'yard')],
      freeBytes: 0,
    },
    ['1 min_free', '3 min_free'],
  ],
  [
    'footage that only touches what is protected may go',
    { protectedRanges: [fromTo(1, 1.999)], freeBytes: 0 },
    ['1 min_free', '3 min_free'],
  ],
  ['what is being read stays', { isRead: ({ id }) => id === '1', freeBytes: 950 }, ['2 min_free']],
  [
    'open segments and those that are going already are passed over, and those of unknown cameras',
    {
      segments: [
        segment('1', 1, { state: 'open' }),
        segment('2', 2, { state: 'deleting' }),
        segment('3', 3, { cameraId: 'nobody' }),
      ],
      freeBytes: 0,
      door: { maxAgeMs: 1 },
    },
    [],
  ],
];

function forSpace(id: string): string {
  return `${id} min_free`;
}

for (const [name, facts, expected] of cases) {
  test(name, () => {
    const plan = planRetention(factsOf(facts));
    assert.deepEqual(
      plan.map(({ segment: { id }, rule }) => `${id} ${rule}`),
      expected,
    );
  });
}

const anySegment = fc.record({
  endMinute: fc.nat(100),
  state: fc.constantFrom<DeletableSegment['state']>('closed', 'closed', 'closed', 'open', 'deleting'),
  cameraId: fc.constantFrom('door', 'yard'),
  rootId: fc.constantFrom('disk', 'other'),
  bytes: fc.nat(500),
  hasEvent: fc.boolean(),
  isRead: fc.constantFrom(false, false, false, true),
});
const some = (most: number) => fc.option(fc.nat(most), { nil: undefined });
const minutes = (most: number) =>
  some(most).map((value) => (value === undefined ? undefined : value * minute));
const anyLimits = fc.record({
  minAgeMs: fc.nat(40).map((value) => value * minute),
  maxAgeMs: minutes(110),
  eventMaxAgeMs: minutes(110),
  maxBytes: some(4_000),
});
const anyRange = fc
  .record({
    cameraId: fc.constantFrom('door', 'yard', undefined),
    startMinute: fc.nat(100),
    length: some(30),
  })
  .map(({ cameraId, startMinute, length }) =>
    fromTo(startMinute, length === undefined ? undefined : startMinute + length + 1, cameraId),
  );
const anyRoot = fc.record({ freeBytes: some(5_000), minFreeBytes: fc.nat(5_000) });

/** Any world whose figures agree: what a camera has stored is the sum of what it has. */
const anyFacts = fc
  .record({
    segments: fc.array(anySegment, { maxLength: 30 }),
    limits: fc.record({ door: anyLimits, yard: anyLimits }),
    roots: fc.record({ disk: anyRoot, other: anyRoot }),
    protectedRanges: fc.array(anyRange, { maxLength: 3 }),
    maxBytes: some(8_000),
  })
  .map(({ segments, limits, roots, ...facts }): RetentionFacts => {
    const read = new Set(segments.flatMap(({ isRead }, index) => (isRead ? [`${index}`] : [])));
    const named = segments.map(({ endMinute, isRead: _, ...more }, index) =>
      segment(`${index}`, endMinute, more),
    );
    return {
      ...facts,
      nowMs,
      wallMs: nowMs,
      segments: named,
      cameras: new Map(
        Object.entries(limits).map(([id, own]) => [id, { ...own, storedBytes: storedBytes(named, id) }]),
      ),
      roots: new Map(Object.entries(roots)),
      isRead: ({ id }) => read.has(id),
    };
  });

function storedBytes(segments: readonly DeletableSegment[], camera: string): number {
  const own = segments.filter(({ cameraId, state }) => cameraId === camera && state !== 'open');
  return own.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The world after a plan was carried out. */
function after(facts: RetentionFacts, gone: readonly DeletableSegment[]): RetentionFacts {
  const segments = facts.segments.filter((each) => !gone.includes(each));
  const freed = (root: string) =>
    gone.reduce((sum, { rootId, bytes }) => sum + (rootId === root ? bytes : 0), 0);
  return {
    ...facts,
    segments,
    cameras: new Map(
      [...facts.cameras].map(([id, own]) => [id, { ...own, storedBytes: storedBytes(segments, id) }]),
    ),
    roots: new Map(
      [...facts.roots].map(([id, { freeBytes, minFreeBytes }]) => [
        id,
        { freeBytes: freeBytes === undefined ? undefined : freeBytes + freed(id), minFreeBytes },
      ]),
    ),
  };
}

test('a plan never takes what is protected, open, being read or younger than guaranteed', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const plan = planRetention(facts);
      assert.equal(new Set(plan.map(({ segment: each }) => each)).size, plan.length);
      for (const { segment: each } of plan) {
        assert.equal(each.state, 'closed');
        assert.ok(nowMs - each.endMs >= facts.cameras.get(each.cameraId)!.minAgeMs);
        assert.equal(
          facts.protectedRanges.some((range) => isProtected(each, range)),
          false,
        );
        assert.equal(facts.isRead(each), false);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('a plan reaches every target, or there is nothing left that could serve it', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const left = after(
        facts,
        planRetention(facts).map(({ segment: each }) => each),
      );
      // With everything demanded, a plan takes all that may go.
      const mayGo = planRetention({
        ...left,
        roots: new Map([...left.roots].map(([id]) => [id, { freeBytes: 0, minFreeBytes: Infinity }])),
      }).map(({ segment: each }) => each);
      for (const { rule, cameraId, rootId } of shortfalls(left)) {
        const serving = mayGo.filter(
          (each) =>
            (cameraId === undefined || each.cameraId === cameraId) &&
            (rootId === undefined || each.rootId === rootId) &&
            each.bytes > 0,
        );
        assert.deepEqual(serving, [], rule);
      }
      for (const each of mayGo) {
        const { maxAgeMs, eventMaxAgeMs = 0 } = facts.cameras.get(each.cameraId)!;
        const most =
          maxAgeMs === undefined ? Infinity : Math.max(maxAgeMs, each.hasEvent ? eventMaxAgeMs : 0);
        assert.ok(nowMs - each.endMs <= most, 'nothing that may go is too old');
      }
    }),
    { numRuns: 1_000 },
  );
});

test('a plan takes the oldest first, and nothing that was not needed', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const plan = planRetention(facts);
      for (const { segment: last, rule } of plan) {
        if (rule === 'max_age' || rule === 'event_max_age') continue;
        const same = plan.filter((other) => other.rule === rule && serves(other.segment, last, rule));
        const ends = same.map(({ segment: each }) => each.endMs);
        assert.deepEqual(
          ends,
          ends.toSorted((a, b) => a - b),
        );
        if (same.at(-1)!.segment !== last) continue;
        // Without the last of its rule, and all of later rules, the target is not reached.
        const earlier = plan.slice(
          0,
          plan.findIndex(({ segment: each }) => each === last),
        );
        const short = shortfalls(
          after(
            facts,
            earlier.map(({ segment: each }) => each),
          ),
        );
        assert.ok(
          short.some((one) => one.rule === rule),
          `${rule} was reached already`,
        );
      }
    }),
    { numRuns: 1_000 },
  );
});

function serves(a: DeletableSegment, b: DeletableSegment, rule: string): boolean {
  if (rule === 'camera_max_bytes') return a.cameraId === b.cameraId;
  return rule === 'max_bytes' || a.rootId === b.rootId;
}

test('once a plan is carried out, there is nothing more to do', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const gone = planRetention(facts).map(({ segment: each }) => each);
      assert.deepEqual(planRetention(after(facts, gone)), []);
    }),
    { numRuns: 1_000 },
  );
});

test('footage within unprotected time is unprotected, and none that is unprotected lies outside of it', () => {
  const footage = fc.tuple(fc.nat(120), fc.integer({ min: 1, max: 20 }), fc.constantFrom('door', 'yard'));
  fc.assert(
    fc.property(fc.array(anyRange, { maxLength: 5 }), footage, (ranges, [start, length, cameraId]) => {
      const [startMs, endMs] = [start * minute, (start + length) * minute];
      const free = unprotectedTime(cameraId, ranges, { startMs: 0, endMs: nowMs });
      const isWithin = free.some((time) => startMs >= time.startMs && endMs <= time.endMs);
      const protects = ranges.some((range) => isProtected({ cameraId, startMs, endMs }, range));
      if (endMs <= nowMs) assert.equal(isWithin, !protects);
      else assert.equal(isWithin, false);
    }),
    { numRuns: 1_000 },
  );
});
