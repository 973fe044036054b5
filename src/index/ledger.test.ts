import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { IndexFixture, summaryOf, videoTrack } from '../../test/fixtures/index_fixture.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import { unixMillis } from '../units/time.ts';

function fixtureFor(context: TestContext): IndexFixture & { streamId: string } {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  return Object.assign(fixture, fixture.addCamera());
}

type Piece = readonly [startMs: number, endMs: number, run: string];
interface Case {
  readonly name: string;
  /** In the order in which they are closed; the number in its run follows from that. */
  readonly segments: readonly Piece[];
  readonly coverage: readonly Piece[];
  readonly overlap: readonly boolean[];
}

const cases: readonly Case[] = [
  {
    name: 'segments of a run that touch are one stretch',
    segments: [
      [100, 200, 'a'],
      [200, 300, 'a'],
    ],
    coverage: [[100, 300, 'a']],
    overlap: [false, false],
  },
  {
    name: 'a difference of rounding within a run is no gap',
    segments: [
      [100, 200, 'a'],
      [202, 300, 'a'],
    ],
    coverage: [[100, 300, 'a']],
    overlap: [false, false],
  },
  {
    name: 'more than rounding within a run is a gap',
    segments: [
      [100, 200, 'a'],
      [203, 300, 'a'],
    ],
    coverage: [
      [100, 200, 'a'],
      [203, 300, 'a'],
    ],
    overlap: [false, false],
  },
  {
    name: 'runs that touch stay apart',
    segments: [
      [100, 200, 'a'],
      [200, 300, 'b'],
    ],
    coverage: [
      [100, 200, 'a'],
      [200, 300, 'b'],
    ],
    overlap: [false, false],
  },
  {
    name: 'a burst after a reconnect begins where the earlier footage ends',
    segments: [
      [100, 200, 'a'],
      [150, 300, 'b'],
    ],
    coverage: [
      [100, 200, 'a'],
      [200, 300, 'b'],
    ],
    overlap: [false, false],
  },
  {
    name: 'a segment wholly inside earlier footage gets no instant and is marked',
    segments: [
      [100, 300, 'a'],
      [150, 300, 'b'],
    ],
    coverage: [[100, 300, 'a']],
    overlap: [false, true],
  },
  {
    name: 'a segment around earlier footage gets what is left on both sides',
    segments: [
      [150, 200, 'a'],
      [100, 300, 'b'],
    ],
    coverage: [
      [100, 150, 'b'],
      [150, 200, 'a'],
      [200, 300, 'b'],
    ],
    overlap: [false, false],
  },
  {
    name: 'a segment that closes late joins its neighbours',
    segments: [
      [100, 200, 'a'],
      [300, 400, 'a'],
      [200, 300, 'a'],
    ],
    coverage: [[100, 400, 'a']],
    overlap: [false, false, false],
  },
  {
    name: 'a segment without duration covers nothing and is not marked',
    segments: [[100, 100, 'a']],
    coverage: [],
    overlap: [false],
  },
];

for (const { name, segments, coverage, overlap } of cases) {
  test(name, (context) => {
    const { index, streamId, record } = bound(fixtureFor(context));
    const runs: Record<string, string> = { a: randomUUID(), b: randomUUID() };
    const ids = segments.map(([startMs, endMs, run], number) =>
      record({ streamId, runId: runs[run]!, number, startMs, endMs }),
    );
    const found = index.footage.coverage(streamId, 0, 1_000);
    assert.deepEqual(
      found.map(({ startMs, endMs, runId }) => [startMs, endMs, runId === runs.a ? 'a' : 'b']),
      coverage,
    );
    assert.deepEqual(
      ids.map((id) => index.footage.segment(id)!.overlap),
      overlap,
    );
    assert.deepEqual(index.check(), []);
  });
}

function bound(fixture: IndexFixture & { streamId: string }) {
  return {
    ...fixture,
    index: fixture.index,
    record: fixture.record.bind(fixture),
    deleteSegment: fixture.deleteSegment.bind(fixture),
  };
}

test('what is closed is read again as it was', (context) => {
  const fixture = fixtureFor(context);
  const { index, streamId } = fixture;
  const runId = randomUUID();
  const id = fixture.record({ streamId, runId, number: 0, startMs: 1_000.4, endMs: 2_000.6, bytes: 77 });
  const [segment] = index.footage.segmentsBetween(streamId, 1_999, 5_000);
  assert.deepEqual(segment, {
    id,
    streamId,
    runId,
    clockEpoch: 0,
    number: 0,
    rootId: testRootId,
    path: `${streamId}/${runId}-0.mp4`,
    startMs: 1_000,
    endMs: 2_001,
    bytes: 77,
    independent: true,
    overlap: false,
    headerHash: '01'.repeat(32),
    bodyHash: '02'.repeat(32),
    tracks: [videoTrack],
  });
  assert.deepEqual(index.footage.segment(id), segment);
  assert.deepEqual(index.footage.fragments(id), summaryOf({ id, startMs: 0, endMs: 1 }).fragments);
});

test('a window finds the segments that reach into it, however long, and no other', (context) => {
  const fixture = fixtureFor(context);
  const { index, streamId } = fixture;
  const runId = randomUUID();
  const starts = [0, 100_000, 1_000_000];
  for (const [number, startMs] of starts.entries()) {
    const endMs = starts[number + 1] ?? 1_000_010;
    fixture.record({ streamId, runId, number, startMs, endMs });
  }
  const between = (from: number, to: number) =>
    index.footage.segmentsBetween(streamId, from, to).map(({ number }) => number);
  assert.deepEqual(between(999_999, 1_000_000), [1]);
  assert.deepEqual(between(100_000, 100_001), [1]);
  assert.deepEqual(between(99_999, 1_000_001), [0, 1, 2]);
  assert.deepEqual(between(1_000_010, 2_000_000), []);
});

test('open segments are for recovery alone, and a released one leaves nothing', (context) => {
  const fixture = fixtureFor(context);
  const { streamId } = fixture;
  const id = fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 5 });
  const index = fixture.reopen();
  assert.deepEqual(
    index.ledger.openSegments().map((segment) => segment.id),
    [id],
  );
  assert.deepEqual(index.footage.segmentsBetween(streamId, 0, 1_000), []);
  assert.equal(index.footage.segment(id), undefined);
  index.ledger.release(id);
  assert.deepEqual(index.ledger.openSegments(), []);
  assert.deepEqual(index.check(), []);
});

test('a segment is closed once, and only after it was reserved', (context) => {
  const fixture = fixtureFor(context);
  const { index, streamId } = fixture;
  const id = fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 0, endMs: 10 });
  const again = () => index.ledger.close(summaryOf({ id, startMs: 0, endMs: 10 }), { overlap: false });
  assert.throws(again, { code: 'internal', message: `Segment ${id} is closed, and not open.` });
  assert.throws(() => index.ledger.release(id), { code: 'internal' });
  assert.throws(
    () => index.ledger.openGap('nobody', unixMillis(0), 'crash'),
    (error) => {
      return error instanceof NightjarError && error.code === 'stream_unknown';
    },
  );
});

test('a failure in the middle of a close leaves the segment open and everything else as it was', (context) => {
  const fixture = fixtureFor(context);
  const { index, streamId } = fixture;
  const id = fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 0 });
  const broken = { ...summaryOf({ id, startMs: 0, endMs: 10 }), tracks: [videoTrack, videoTrack] };
  assert.throws(() => index.ledger.close(broken, { overlap: false }), /UNIQUE/);
  assert.equal(index.ledger.openSegments().length, 1);
  assert.deepEqual(index.footage.coverage(streamId, 0, 100), []);
  assert.deepEqual(index.check(), []);
});

test('a gap of a new cause ends the one before, and the same cause again changes nothing', (context) => {
  const { index, streamId } = bound(fixtureFor(context));
  const open = (fromMs: number, cause: GapCause) => index.ledger.openGap(streamId, unixMillis(fromMs), cause);
  open(100, 'unreachable');
  open(150, 'unreachable');
  open(200, 'authentication');
  index.ledger.closeGap(streamId, unixMillis(300));
  index.ledger.closeGap(streamId, unixMillis(400));
  open(300, 'authentication');
  assert.deepEqual(index.footage.gaps(streamId, 0, 1_000), [
    { startMs: 100, endMs: 200, cause: 'unreachable' },
    { startMs: 200, endMs: undefined, cause: 'authentication' },
  ]);
  assert.deepEqual(index.check(), []);
});

test('an open gap reaches into every window after it, however late', (context) => {
  const { index, streamId } = bound(fixtureFor(context));
  index.ledger.openGap(streamId, unixMillis(100), 'paused');
  const ever = Number.MAX_SAFE_INTEGER;
  const open = { startMs: 100, endMs: undefined, cause: 'paused' };
  assert.deepEqual(index.footage.gaps(streamId, ever - 1, ever), [open]);
  assert.deepEqual(index.footage.gaps(streamId, 0, 100), []);
});

test('a gap that ends where it began is forgotten', (context) => {
  const { index, streamId } = bound(fixtureFor(context));
  index.ledger.openGap(streamId, unixMillis(100), 'no_packets');
  index.ledger.closeGap(streamId, unixMillis(100));
  assert.deepEqual(index.footage.gaps(streamId, 0, 1_000), []);
});

test('gaps give way to footage, before and after it is committed', (context) => {
  const fixture = fixtureFor(context);
  const { index, streamId } = fixture;
  fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 100, endMs: 200 });
  index.ledger.openGap(streamId, unixMillis(50), 'crash');
  index.ledger.closeGap(streamId, unixMillis(250));
  index.ledger.openGap(streamId, unixMillis(180), 'unreachable');
  fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 300, endMs: 400 });
  assert.deepEqual(index.footage.gaps(streamId, 0, 1_000), [
    { startMs: 50, endMs: 100, cause: 'crash' },
    { startMs: 200, endMs: 250, cause: 'crash' },
    { startMs: 250, endMs: 300, cause: 'unreachable' },
    { startMs: 400, endMs: undefined, cause: 'unreachable' },
  ]);
  assert.deepEqual(index.check(), []);
});

test('the heartbeat survives a restart', (context) => {
  const fixture = fixtureFor(context);
  assert.equal(fixture.index.ledger.lastHeartbeat(), undefined);
  fixture.index.ledger.heartbeat(unixMillis(1_000));
  fixture.index.ledger.heartbeat(unixMillis(2_000.7));
  assert.equal(fixture.reopen().ledger.lastHeartbeat(), 2_001);
});

test('a segment in the middle of a run goes, though the one before it shares its time with an earlier run', (context) => {
  const { index, streamId, record, deleteSegment } = bound(fixtureFor(context));
  const [a, b] = [randomUUID(), randomUUID()];
  record({ streamId, runId: a, number: 0, startMs: 0, endMs: 1_000 });
  // Of its 700 ms, 200 are left to it: 285.7 of 1,000 bytes.
  record({ streamId, runId: b, number: 0, startMs: 500, endMs: 1_200 });
  const middle = record({ streamId, runId: b, number: 1, startMs: 1_200, endMs: 2_000 });
  record({ streamId, runId: b, number: 2, startMs: 2_000, endMs: 3_000 });
  deleteSegment(middle);
  assert.deepEqual(
    index.footage.coverage(streamId, 0, 5_000).map(({ startMs, endMs, bytes }) => [startMs, endMs, bytes]),
    [
      [0, 1_000, 1_000],
      [1_000, 1_200, 285],
      [2_000, 3_000, 1_000],
    ],
  );
  assert.deepEqual(index.check(), []);
});

type History = [kind: string, instant: number, other: number, which: number][];

/** Histories that once failed. */
const foundHistories: readonly History[] = [
  [
    ['record', 15, 2, 2],
    ['record', 35, 15, 2],
    ['record', 8, 13, 2],
    ['delete', 12, 45, 0],
  ],
];

test('after any history, coverage is the union of the segments, and nothing is said twice', (context) => {
  const instant = fc.integer({ min: 0, max: 60 });
  const command = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(fc.constant('record'), instant, fc.integer({ min: 1, max: 15 }), fc.nat(2)),
    },
    { weight: 2, arbitrary: fc.tuple(fc.constant('delete'), instant, instant, fc.nat(9)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('look'), instant, fc.nat(2), fc.nat(9)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('open gap'), instant, instant, fc.nat(1)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('close gap'), instant, instant, fc.nat(1)) },
  );
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const causes = ['unreachable', 'crash'] as const;
  const { index } = fixture;
  const disorderly: string[] = [];
  const run = (history: History) => {
    const { streamId } = fixture.addCamera();
    // Two runs as recording makes them, each going forwards, and one that overlaps even itself.
    const runs = [randomUUID(), randomUUID(), randomUUID()];
    const ends = [0, 0, 0];
    disorderly.push(runs[2]!);
    // A hundred milliseconds a step: rounding joins nothing.
    const at = (step: number) => unixMillis(step * 100);
    const kept: { id: string; from: number; to: number; isLost: boolean }[] = [];
    const deleted: { from: number; to: number }[] = [];
    for (const [number, [kind, instant, other, which]] of history.entries()) {
      const from = kind === 'record' && which < 2 ? Math.max(instant, ends[which]!) : instant;
      if (kind === 'record') {
        const to = from + other;
        ends[which] = to;
        const segment = { streamId, runId: runs[which]!, number, startMs: at(from), endMs: at(to) };
        kept.push({ id: fixture.record(segment), from, to, isLost: false });
      } else if (kind === 'delete') {
        const [segment] = kept.splice(which, 1);
        if (segment) fixture.deleteSegment(segment.id);
        if (segment) deleted.push(segment);
      } else if (kind === 'look') {
        const segment = kept[which];
        const finding = (['intact', 'missing', 'damaged'] as const)[other]!;
        if (segment) index.losses.note([{ segmentId: segment.id, finding }], at(instant));
        if (segment) segment.isLost = finding !== 'intact';
      } else if (kind === 'open gap') index.ledger.openGap(streamId, at(from), causes[which]!);
      else index.ledger.closeGap(streamId, at(from));
    }
    const coverage = index.footage.coverage(streamId, 0, 1e6);
    const gaps = index.footage.gaps(streamId, 0, 1e6);
    for (let step = 0; step < 250; step++) {
      const within = ({ startMs, endMs }: { startMs: number; endMs: number | undefined }) =>
        startMs <= at(step) && at(step) < (endMs ?? Number.POSITIVE_INFINITY);
      const isIn = ({ from, to }: { from: number; to: number }) => from <= step && step < to;
      const recorded = kept.some((segment) => !segment.isLost && isIn(segment));
      assert.equal(coverage.filter(within).length, recorded ? 1 : 0, `coverage at ${step}`);
      const isGone = deleted.some(isIn) || kept.some(isIn);
      if (isGone && !recorded) assert.equal(gaps.filter(within).length, 1, `gap at ${step}`);
    }
    return streamId;
  };
  fc.assert(
    fc.property(fc.array<History[number]>(command, { maxLength: 14 }), (history) => void run(history)),
    { numRuns: 60, examples: foundHistories.map((history): [History] => [history]) },
  );
  // The bytes of a run are exact as long as it does not overlap itself.
  const faults = index.check().filter((fault) => {
    return !(
      / bytes in segments and \d+ in coverage$/.test(fault) && disorderly.some((id) => fault.includes(id))
    );
  });
  assert.deepEqual(faults, []);
});

test('a segment after a hole in its run covers nothing before its first key frame', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  const { index } = fixture;
  const record = (number: number, startMs: number, keyMs: number) => {
    const id = fixture.reserve({ streamId, runId, number, startMs });
    const summary = summaryOf({ id, startMs, endMs: startMs + 2_000 });
    const entry = { ...summary.fragments[0]!, startMs: unixMillis(startMs), keyFrame: false };
    const key = { ...entry, offset: entry.offset + entry.bytes, startMs: unixMillis(keyMs), keyFrame: true };
    index.ledger.close({ ...summary, independent: false, fragments: [entry, key] }, { overlap: false });
  };
  record(0, 1_000, 1_000);
  index.ledger.openGap(streamId, unixMillis(3_000), 'no_packets');
  record(1, 9_000, 9_700);
  index.ledger.closeGap(streamId, unixMillis(9_700));
  // It goes on where the one before ends, whose pictures it may need.
  record(2, 11_000, 11_500);
  const stretches = index.footage.coverage(streamId, 0, 20_000);
  assert.deepEqual(
    stretches.map(({ startMs, endMs }) => [startMs, endMs]),
    [
      [1_000, 3_000],
      [9_700, 13_000],
    ],
  );
  assert.deepEqual(index.footage.gaps(streamId, 0, 20_000), [
    { startMs: 3_000, endMs: 9_700, cause: 'no_packets' },
  ]);
  assert.deepEqual(index.check(), []);
});

for (const [what, beginsMs, firstKeyMs, gap, expected] of [
  ['follows a gap', 9_000, 9_700, [3_000, 9_700], [9_700, 11_000]],
  ['follows at once, by another rounding', 3_002, 3_500, undefined, [3_000, 5_002]],
  ['follows at once, and before it by another rounding', 2_998, 3_500, undefined, [3_000, 4_998]],
  ['follows at once, with a key frame', 3_001, 3_001, undefined, [3_000, 5_001]],
] as const) {
  for (const [isDeletedFirst, finding] of [
    [false, 'intact'],
    [true, 'intact'],
    [true, 'missing'],
    [true, 'damaged'],
  ] as const) {
    test(`footage that ${what} and is taken in late begins where it did, ${isDeletedFirst ? 'after' : 'before'} what precedes it, ${finding}, is forgotten`, (context) => {
      const fixture = fixtureFor(context);
      const { index, streamId } = fixture;
      const runId = randomUUID();
      const first = fixture.record({ streamId, runId, number: 0, startMs: 1_000, endMs: 3_000 });
      if (gap) index.pastGaps.add(streamId, { startMs: gap[0], endMs: gap[1], cause: 'no_packets' });
      index.losses.note([{ segmentId: first, finding }], 3_000);
      index.deletion.markDeleting([first], 'max_age');
      const forget = () => index.deletion.finishDeleting([first]);
      if (isDeletedFirst) forget();
      const id = fixture.reserve({ streamId, runId, number: 1, startMs: beginsMs });
      const summary = summaryOf({ id, startMs: beginsMs, endMs: beginsMs + 2_000 });
      const entry = { ...summary.fragments[0]!, startMs: unixMillis(beginsMs), keyFrame: false };
      const key = {
        ...entry,
        offset: entry.offset + entry.bytes,
        startMs: unixMillis(firstKeyMs),
        keyFrame: true,
      };
      const independent = firstKeyMs === beginsMs;
      const fragments = independent ? summary.fragments : [entry, key];
      index.ledger.close({ ...summary, independent, fragments }, { overlap: false, late: true });
      if (!isDeletedFirst) forget();
      assert.deepEqual(
        index.footage.coverage(streamId, 0, 20_000).map(({ startMs, endMs }) => [startMs, endMs]),
        [expected],
      );
      assert.deepEqual(
        index.footage.gaps(streamId, 0, 20_000).map(({ startMs, endMs }) => [startMs, endMs]),
        [[1_000, 3_000], ...(gap ? [gap] : [])],
      );
      assert.deepEqual(index.check(), []);
    });
  }
}
