import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { type GapCause, gapCauses } from './gap_cause.ts';
import {
  type CoverageStretch,
  coarsen,
  composeTimeline,
  type RecordedGap,
  type Timeline,
  type TimelineFacts,
  timelineMarginMs,
} from './timeline.ts';

function stretch(startMs: number, endMs: number, runId = 'a', bytes = endMs - startMs): CoverageStretch {
  return { startMs: unixMillis(startMs), endMs: unixMillis(endMs), runId, bytes };
}

function gap(startMs: number, endMs: number | undefined, cause: GapCause): RecordedGap {
  return { startMs: unixMillis(startMs), endMs: endMs === undefined ? undefined : unixMillis(endMs), cause };
}

/** One line per part: `a 0-10 (10 B)`, `a+` when growing, `unreachable 10-20`, `unreachable... 10-20` when ongoing. */
function show({ expectedFromMs, knownToMs, recordings, gaps }: Timeline): string {
  const parts = [
    ...recordings.map(({ startMs, endMs, runId, growing, bytes }) => ({
      startMs,
      text: `${runId}${growing ? '+' : ''} ${startMs}-${endMs} (${bytes} B)`,
    })),
    ...gaps.map(({ startMs, endMs, cause, ongoing }) => ({
      startMs,
      text: `${cause}${ongoing ? '...' : ''} ${startMs}-${endMs}`,
    })),
  ].sort((a, b) => a.startMs - b.startMs);
  return [`${expectedFromMs}-${knownToMs}:`, ...parts.map(({ text }) => text)].join(' | ');
}

const blank: TimelineFacts = {
  fromMs: 0,
  toMs: 100_000,
  nowMs: 100_000,
  expectedFromMs: 0,
  coverage: [],
  gaps: [],
  live: [],
  damages: [],
  defaultCause: 'stream_error',
};

const cases: readonly (readonly [name: string, facts: Partial<TimelineFacts>, shown: string])[] = [
  ['nothing at all is one gap that goes on', {}, '0-100000: | stream_error... 0-100000'],
  [
    'nothing is said of the time before the camera was added',
    { expectedFromMs: 60_000, coverage: [stretch(70_000, 100_000)] },
    '60000-100000: | stream_error 60000-70000 | a 70000-100000 (30000 B)',
  ],
  ...(['deleted', 'lost', 'damaged'] as const).map(
    (cause) =>
      [
        `a first connection that took no longer than the allowance is no gap when its footage is ${cause}`,
        {
          expectedFromMs: 60_000,
          gaps: [gap(62_000, 65_000, cause)],
          coverage: [stretch(65_000, 100_000)],
        },
        `62000-100000: | ${cause} 62000-65000 | a 65000-100000 (35000 B)`,
      ] as const,
  ),
  [
    'a first connection that took no longer than the allowance is no gap',
    { expectedFromMs: 60_000, coverage: [stretch(63_000, 100_000)] },
    '63000-100000: | a 63000-100000 (37000 B)',
  ],
  [
    'one that took longer is',
    { expectedFromMs: 60_000, coverage: [stretch(63_001, 100_000)] },
    '60000-100000: | stream_error 60000-63001 | a 63001-100000 (36999 B)',
  ],
  [
    'and so is one that failed at first',
    { expectedFromMs: 60_000, gaps: [gap(60_010, 61_000, 'refused')], coverage: [stretch(61_000, 100_000)] },
    '60000-100000: | refused 60000-61000 | a 61000-100000 (39000 B)',
  ],
  [
    'footage of a burst from just before the camera was added is shown',
    { expectedFromMs: 60_000, coverage: [stretch(59_000, 100_000)] },
    '59000-100000: | a 59000-100000 (41000 B)',
  ],
  [
    'a window is cut at both ends, and bytes in proportion',
    { fromMs: 10_000, toMs: 20_000, coverage: [stretch(0, 30_000)] },
    '10000-20000: | a 10000-20000 (10000 B)',
  ],
  [
    'what is being written continues the closed footage of its run',
    { coverage: [stretch(0, 90_000)], live: [stretch(90_001.4, 99_000)] },
    '0-99000: | a+ 0-99000 (99000 B)'.replace('99000 B', '98999 B'),
  ],
  [
    'a window in the past shows nothing as growing, though its recording still does',
    { toMs: 50_000, coverage: [stretch(0, 90_000)], live: [stretch(90_000, 99_000)] },
    '0-50000: | a 0-50000 (50000 B)',
  ],
  [
    'two segments being written, one about to close, continue each other',
    { live: [stretch(60_000, 99_000), stretch(0, 60_000)] },
    '0-99000: | a+ 0-99000 (99000 B)',
  ],
  [
    'a new run is a recording of its own though it touches the one before',
    { coverage: [stretch(0, 50_000)], live: [stretch(50_000, 100_000, 'b')] },
    '0-100000: | a 0-50000 (50000 B) | b+ 50000-100000 (50000 B)',
  ],
  [
    'what is being written over earlier footage begins where that ends',
    { coverage: [stretch(0, 50_000)], live: [stretch(40_000, 100_000, 'b')] },
    '0-100000: | a 0-50000 (50000 B) | b+ 50000-100000 (50000 B)',
  ],
  [
    'the moments after the newest fragment are not decided within the allowance',
    { live: [stretch(0, 97_000)] },
    '0-97000: | a+ 0-97000 (97000 B)',
  ],
  [
    'after the allowance they are a gap that goes on',
    { live: [stretch(0, 96_999)] },
    '0-100000: | a 0-96999 (96999 B) | stream_error... 96999-100000',
  ],
  [
    'an open gap needs no allowance, and nothing grows before it',
    { live: [stretch(0, 99_500)], gaps: [gap(99_500, undefined, 'unreachable')] },
    '0-100000: | a 0-99500 (99500 B) | unreachable... 99500-100000',
  ],
  [
    'the moment after a gap was closed is not decided within the allowance',
    { gaps: [gap(0, 98_000, 'unreachable')] },
    '0-98000: | unreachable 0-98000',
  ],
  [
    'a hole without a recorded cause has the default one',
    { coverage: [stretch(0, 40_000), stretch(60_000, 100_000, 'b')] },
    '0-100000: | a 0-40000 (40000 B) | stream_error 40000-60000 | b 60000-100000 (40000 B)',
  ],
  [
    'a gap takes the moments before it was noticed and after it was over',
    {
      coverage: [stretch(0, 40_000), stretch(60_000, 100_000, 'b')],
      gaps: [gap(42_000, 59_000, 'no_packets')],
    },
    '0-100000: | a 0-40000 (40000 B) | no_packets 40000-60000 | b 60000-100000 (40000 B)',
  ],
  [
    'but not more than moments',
    {
      coverage: [stretch(0, 40_000), stretch(90_000, 100_000, 'b')],
      gaps: [gap(50_001, 79_999, 'no_packets')],
    },
    '0-100000: | a 0-40000 (40000 B) | stream_error 40000-50001 | no_packets 50001-79999 | stream_error 79999-90000 | b 90000-100000 (10000 B)',
  ],
  [
    'gaps of several causes follow each other',
    {
      gaps: [gap(0, 30_000, 'crash'), gap(30_000, 50_000, 'refused'), gap(50_000, undefined, 'unreachable')],
    },
    '0-100000: | crash 0-30000 | refused 30000-50000 | unreachable... 50000-100000',
  ],
  [
    'footage that is being written wins over a gap on record',
    { gaps: [gap(0, 90_000, 'crash')], live: [stretch(80_000, 99_000)] },
    '0-99000: | crash 0-80000 | a+ 80000-99000 (19000 B)',
  ],
  [
    'an open gap ends at the window for the eye, and goes on',
    { toMs: 70_000, gaps: [gap(50_000, undefined, 'paused')], coverage: [stretch(0, 50_000)] },
    '0-70000: | a 0-50000 (50000 B) | paused... 50000-70000',
  ],
  [
    'footage after now, from before the clock was set back, is not shown yet',
    { coverage: [stretch(0, 200_000)] },
    '0-100000: | a 0-100000 (100000 B)',
  ],
  ['a window in the future is empty', { fromMs: 200_000, toMs: 300_000 }, '200000-200000:'],
  ['a window before the camera is empty', { toMs: 5_000, expectedFromMs: 50_000 }, '50000-50000:'],
  [
    'the end of footage just before the window still has its allowance',
    { fromMs: 99_000, toMs: 200_000, coverage: [stretch(0, 98_000)] },
    '99000-99000:',
  ],
];

for (const [name, facts, shown] of cases) {
  test(name, () => assert.equal(show(composeTimeline({ ...blank, ...facts })), shown));
}

/** Disjoint ranges from a list of distances: hole, length, hole, length… */
const ranges = (maxLength: number) =>
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 1, max: 9_000 })), { maxLength })
    .map((steps) => {
      let at = 0;
      return steps.map(([hole, length]) => {
        const startMs = at + hole;
        at = startMs + length;
        return { startMs, endMs: at };
      });
    });

const history = fc
  .record({
    stretches: ranges(8),
    gaps: ranges(6),
    runs: fc.infiniteStream(fc.constantFrom('a', 'b', 'c')),
    causes: fc.infiniteStream(fc.constantFrom(...gapCauses)),
    live: fc.array(fc.tuple(fc.nat(40_000), fc.integer({ min: 1, max: 9_000 }), fc.constantFrom('a', 'd')), {
      maxLength: 2,
    }),
    openGap: fc.boolean(),
    fromMs: fc.nat(60_000),
    lengthMs: fc.nat(60_000),
    nowMs: fc.nat(90_000),
    expectedFromMs: fc.nat(60_000),
    resolutionMs: fc.option(fc.integer({ min: 1, max: 20_000 }), { nil: undefined }),
  })
  .map(
    ({ stretches, gaps, runs, causes, live, openGap, lengthMs, resolutionMs, ...facts }): TimelineFacts => {
      const recorded = gaps.map(({ startMs, endMs }) => gap(startMs, endMs, causes.next().value));
      const last = recorded.pop();
      return {
        ...facts,
        toMs: facts.fromMs + lengthMs,
        coverage: stretches.map(({ startMs, endMs }) => stretch(startMs, endMs, runs.next().value)),
        gaps: last ? [...recorded, openGap ? { ...last, endMs: undefined } : last] : [],
        damages: [],
        live: live.map(([startMs, length, runId]) => stretch(startMs + 0.25, startMs + length + 0.25, runId)),
        defaultCause: 'stream_error',
        ...(resolutionMs !== undefined && { resolutionMs }),
      };
    },
  );

test('whatever happened, recordings and gaps tile the known time exactly', () => {
  fc.assert(
    fc.property(history, (facts) => {
      const timeline = composeTimeline(facts);
      const { expectedFromMs, knownToMs, recordings, gaps } = timeline;
      const parts = [...recordings, ...gaps].sort((a, b) => a.startMs - b.startMs);
      let at: number = expectedFromMs;
      for (const { startMs, endMs } of parts) {
        assert.equal(startMs, at);
        assert.ok(endMs > startMs && Number.isInteger(endMs));
        at = endMs;
      }
      assert.equal(at, knownToMs);
      assert.ok(parts.length === 0 || knownToMs <= Math.min(facts.toMs, facts.nowMs));
      assert.ok(expectedFromMs >= facts.fromMs);
      for (const list of [recordings, gaps]) {
        assert.deepEqual(
          list,
          list.toSorted((a, b) => a.startMs - b.startMs),
        );
      }
    }),
    { numRuns: 1_000 },
  );
});

test('every covered instant of the known time is in a recording of its run, and every other in a gap', () => {
  fc.assert(
    fc.property(history, ({ resolutionMs: _, ...facts }) => {
      const { recordings, expectedFromMs, knownToMs } = composeTimeline(facts);
      const holds = (instant: number) => (range: { startMs: number; endMs: number }) =>
        range.startMs <= instant && instant < range.endMs;
      for (let instant: number = expectedFromMs; instant < knownToMs; instant += 97) {
        const recording = recordings.find(holds(instant));
        const covered = facts.coverage.find(holds(instant));
        assert.equal(
          recording !== undefined,
          covered !== undefined || facts.live.some(holds(instant + 0.25)),
        );
        if (covered) assert.equal(recording!.runId, covered.runId);
      }
    }),
    { numRuns: 500 },
  );
});

/** As the index gives them: whole stretches and gaps that reach into the window or its margin. */
function factsOfWindow(facts: TimelineFacts, fromMs: number, toMs: number): TimelineFacts {
  const reaches = (range: { readonly startMs: number; readonly endMs: number | undefined }) =>
    range.startMs < toMs + timelineMarginMs &&
    (range.endMs ?? Number.POSITIVE_INFINITY) > fromMs - timelineMarginMs;
  return {
    ...facts,
    fromMs,
    toMs,
    coverage: facts.coverage.filter(reaches),
    gaps: facts.gaps.filter(reaches),
  };
}

/** A history as an index can hold it: holes, footage and gaps follow each other; only what comes last is not over. */
const storedHistory = fc
  .record({
    parts: fc.array(
      fc.tuple(
        fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 14_000 })),
        fc.integer({ min: 1, max: 25_000 }),
        fc.constantFrom('a', 'b', ...gapCauses),
      ),
      { maxLength: 12 },
    ),
    expectedFromMs: fc.nat(40_000),
    nowMs: fc.nat(150_000),
    writing: fc.option(fc.tuple(fc.nat(5_000), fc.integer({ min: 1, max: 9_000 })), { nil: undefined }),
    isOpen: fc.boolean(),
  })
  .map(({ parts, expectedFromMs, nowMs, writing, isOpen }): TimelineFacts => {
    const coverage: CoverageStretch[] = [];
    const gaps: RecordedGap[] = [];
    let at = 0;
    for (const [hole, length, what] of parts) {
      const startMs = at + hole;
      at = startMs + length;
      if (what === 'a' || what === 'b') coverage.push(stretch(startMs, at, what));
      else gaps.push(gap(startMs, at, what));
    }
    if (isOpen) gaps.push(gap(at, undefined, 'unreachable'));
    const live = writing ? [stretch(at + writing[0] + 0.4, at + writing[0] + writing[1] + 0.4, 'b')] : [];
    // The index expects footage from its first footage or gap on at the latest.
    const sinceMs = Math.min(expectedFromMs, ...[coverage, gaps].flatMap(([first]) => first?.startMs ?? []));
    return { ...blank, expectedFromMs: sinceMs, nowMs, toMs: 400_000, coverage, gaps, live };
  });

test('what is said of an instant does not depend on the window that is asked for', () => {
  const window = fc.tuple(fc.nat(160_000), fc.integer({ min: 1, max: 40_000 }));
  fc.assert(
    fc.property(storedHistory, window, (facts, [fromMs, lengthMs]) => {
      const whole = composeTimeline(facts);
      const toMs = fromMs + lengthMs;
      const part = composeTimeline(factsOfWindow(facts, fromMs, toMs));
      const startMs = Math.max(fromMs, whole.expectedFromMs);
      const endMs = Math.max(startMs, Math.min(toMs, whole.knownToMs));
      // Where nothing is known, both bounds are at one place, wherever that is.
      const isEmpty = part.expectedFromMs === part.knownToMs;
      if (startMs < endMs || !isEmpty) {
        assert.deepEqual([part.expectedFromMs, part.knownToMs], [startMs, endMs]);
      }
      const clipped = <Part extends { startMs: number; endMs: number }>(parts: readonly Part[]) =>
        parts
          .map((each) => ({
            ...each,
            startMs: Math.max(each.startMs, startMs),
            endMs: Math.min(each.endMs, endMs),
          }))
          .filter((each) => each.startMs < each.endMs);
      assert.deepEqual(
        part.gaps.map(({ ongoing: _, ...each }) => each),
        clipped(whole.gaps).map(({ ongoing: _, ...each }) => each),
      );
      const stretches = (parts: typeof whole.recordings) =>
        clipped(parts).map((each) => [each.startMs, each.endMs, each.runId]);
      assert.deepEqual(stretches(part.recordings), stretches(whole.recordings));
    }),
    { numRuns: 2_000 },
  );
});

test('a gap at the very edge of a window explains the moments beside it all the same', () => {
  const facts = { ...blank, coverage: [stretch(0, 10_000), stretch(40_000, 100_000, 'b')] };
  const gaps = [gap(12_000, 34_000, 'no_packets')];
  assert.equal(
    show(composeTimeline({ ...facts, gaps, fromMs: 34_000, toMs: 50_000 })),
    '34000-50000: | no_packets 34000-40000 | b 40000-50000 (10000 B)',
  );
});

test('a long hole is no moment beside a gap where only its end lies in the window', () => {
  const gaps = [gap(40_000, 50_000, 'no_packets')];
  const facts = { ...blank, coverage: [stretch(50_000, 100_000)], gaps };
  assert.equal(
    show(composeTimeline({ ...facts, fromMs: 35_000, toMs: 55_000 })),
    '35000-55000: | stream_error 35000-40000 | no_packets 40000-50000 | a 50000-55000 (5000 B)',
  );
});

const damage = (startMs: number, endMs: number, runId = 'a', media: 'video' | 'audio' = 'video') => ({
  startMs: unixMillis(startMs),
  endMs: unixMillis(endMs),
  runId,
  media,
  packetsLost: 3,
  unitsDropped: 1,
});

const damages: readonly (readonly [name: string, facts: Partial<TimelineFacts>, shown: string[]])[] = [
  ['damage is told where footage shows it', { damages: [damage(10_000, 12_000)] }, ['video 10000-12000 3/1']],
  [
    'damage that goes on in the next file is one range',
    { damages: [damage(10_000, 12_000), damage(12_000, 13_000)] },
    ['video 10000-13000 6/2'],
  ],
  [
    'pictures and sound are told apart',
    { damages: [damage(10_000, 12_000), damage(11_000, 12_500, 'a', 'audio')] },
    ['video 10000-12000 3/1', 'audio 11000-12500 3/1'],
  ],
  [
    'damage is clipped to the window, and to the footage of its run that is shown',
    {
      fromMs: 11_000,
      toMs: 95_000,
      damages: [damage(10_000, 12_000), damage(40_000, 60_000), damage(80_000, 99_000, 'b')],
    },
    ['video 11000-12000 3/1', 'video 40000-50000 3/1', 'video 80000-95000 3/1'],
  ],
  [
    'damage of footage that another run has is not shown',
    { damages: [damage(40_000, 60_000, 'b'), damage(10_000, 20_000, 'b')] },
    ['video 50000-60000 3/1'],
  ],
  [
    'a coarse view joins what lies nearer than a pixel',
    {
      resolutionMs: 2_000,
      damages: [damage(10_000, 12_000), damage(14_000, 15_000), damage(17_001, 18_000)],
    },
    ['video 10000-15000 6/2', 'video 17001-18000 3/1'],
  ],
];

for (const [name, facts, shown] of damages) {
  test(name, () => {
    const coverage = [stretch(0, 50_000), stretch(50_000, 100_000, 'b')];
    const timeline = composeTimeline({ ...blank, coverage, ...facts });
    assert.deepEqual(
      timeline.damages.map((each) => {
        return `${each.media} ${each.startMs}-${each.endMs} ${each.packetsLost}/${each.unitsDropped}`;
      }),
      shown,
    );
  });
}

test('a coarse view joins what is short, and shows a gap where there was one', () => {
  const facts = {
    ...blank,
    coverage: [
      stretch(0, 40_000),
      stretch(40_300, 41_000, 'b'),
      stretch(41_200, 99_000, 'c'),
      stretch(99_000, 100_000, 'd'),
    ],
    gaps: [gap(40_000, 40_300, 'no_packets'), gap(41_000, 41_200, 'damaged')],
  };
  assert.equal(
    show(composeTimeline({ ...facts, resolutionMs: 2_000 })),
    '0-100000: | a 0-40000 (40000 B) | no_packets 40000-41200 | c 41200-99000 (57800 B) | d 99000-100000 (1000 B)',
  );
  assert.equal(show(composeTimeline({ ...facts, resolutionMs: 1 })), show(composeTimeline(facts)));
});

test('a coarse view never hides a gap and has at most two parts per pixel', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 20_000 }), ({ resolutionMs: _, ...facts }, pixelMs) => {
      const fine = composeTimeline(facts);
      const coarse = coarsen(fine, pixelMs);
      for (const { startMs, endMs } of fine.gaps) {
        assert.ok(coarse.gaps.some((shown) => shown.startMs <= startMs && endMs <= shown.endMs));
      }
      const unfinished = [
        ...fine.recordings.filter((part) => part.growing),
        ...fine.gaps.filter((part) => part.ongoing),
      ];
      const parts = coarse.recordings.length + coarse.gaps.length;
      const pixels = (fine.knownToMs - fine.expectedFromMs) / pixelMs;
      assert.ok(parts <= 2 * pixels + 2 + 2 * unfinished.length, `${parts} parts for ${pixels} pixels`);
    }),
    { numRuns: 500 },
  );
});
