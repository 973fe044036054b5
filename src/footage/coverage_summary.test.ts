import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { intendedCauses, summariseCoverage } from './coverage_summary.ts';
import { type GapCause, gapCauses } from './gap_cause.ts';
import type { Timeline } from './timeline.ts';

type Part = readonly [length: number, what: 'footage' | GapCause];

/** Parts that follow each other from 0 on. */
function timelineOf(parts: readonly Part[], ongoing = false): Pick<Timeline, 'recordings' | 'gaps'> {
  const recordings = [];
  const gaps = [];
  let at = 0;
  for (const [index, [length, what]] of parts.entries()) {
    const range = { startMs: unixMillis(at), endMs: unixMillis(at + length) };
    at += length;
    if (what === 'footage') recordings.push({ ...range, runId: 'a', growing: false, bytes: 1 });
    else gaps.push({ ...range, cause: what, ongoing: ongoing && index === parts.length - 1 });
  }
  return { recordings, gaps };
}

test('what is missing is summed by its causes, that of most time first', () => {
  const summary = summariseCoverage(
    timelineOf([
      [600, 'footage'],
      [50, 'crash'],
      [100, 'footage'],
      [100, 'unreachable'],
      [100, 'footage'],
      [50, 'crash'],
    ]),
  );
  assert.deepEqual(summary, {
    coveredMs: 800,
    missingMs: 200,
    percent: 80,
    gaps: [
      { cause: 'crash', count: 2, totalMs: 100 },
      { cause: 'unreachable', count: 1, totalMs: 100 },
    ],
    longestGap: { startMs: 750, endMs: 850, causes: ['unreachable'], ongoing: false },
  });
});

test('gaps that touch are one stretch without footage, with all their causes', () => {
  const { longestGap } = summariseCoverage(
    timelineOf(
      [
        [90, 'crash'],
        [100, 'footage'],
        [10, 'crash'],
        [70, 'unreachable'],
        [30, 'crash'],
      ],
      true,
    ),
  );
  assert.deepEqual(longestGap, {
    startMs: 190,
    endMs: 300,
    causes: ['unreachable', 'crash'],
    ongoing: true,
  });
});

test('time that nobody wanted footage of, or wants no more, does not count against the percentage', () => {
  const parts: Part[] = [
    [500, 'paused'],
    [400, 'deleted'],
    [75, 'footage'],
    [25, 'no_packets'],
  ];
  assert.equal(summariseCoverage(timelineOf(parts)).percent, 75);
  assert.equal(summariseCoverage(timelineOf([[500, 'paused']])).percent, undefined);
  assert.equal(summariseCoverage(timelineOf([])).percent, undefined);
});

test('as long as a moment is missing it is not 100 %', () => {
  const month = 30 * 86_400_000;
  const { percent } = summariseCoverage(
    timelineOf([
      [month, 'footage'],
      [1, 'crash'],
    ]),
  );
  assert.equal(percent, 99.999);
});

const parts = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 50 }), fc.constantFrom<Part[1]>('footage', 'footage', ...gapCauses)),
  { maxLength: 20 },
);

test('of any range the summary says what each of its instants does', () => {
  fc.assert(
    fc.property(parts, fc.nat(600), fc.nat(600), (history, startMs, length) => {
      const instants = history.flatMap(([count, what]) => Array<Part[1]>(count).fill(what));
      const endMs = startMs + length;
      const within = instants.slice(startMs, endMs);
      const summary = summariseCoverage(timelineOf(history), { startMs, endMs });
      const covered = within.filter((what) => what === 'footage').length;
      assert.equal(summary.coveredMs, covered);
      assert.equal(summary.missingMs, within.length - covered);
      for (const cause of gapCauses) {
        const total = summary.gaps.find((each) => each.cause === cause);
        assert.equal(total?.totalMs ?? 0, within.filter((what) => what === cause).length);
      }
      const wanted = within.filter((what) => !intendedCauses.includes(what as GapCause)).length;
      if (wanted === 0) assert.equal(summary.percent, undefined);
      else assert.ok(Math.abs(summary.percent! - (covered * 100) / wanted) <= 0.001);
      let longest = 0;
      let run = 0;
      for (const what of within) {
        run = what === 'footage' ? 0 : run + 1;
        longest = Math.max(longest, run);
      }
      assert.equal(summary.longestGap ? summary.longestGap.endMs - summary.longestGap.startMs : 0, longest);
    }),
    { numRuns: 500 },
  );
});
