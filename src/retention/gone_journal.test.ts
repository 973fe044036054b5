import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapCause } from '../footage/gap_cause.ts';
import { type GoneSegment, journalGone } from './gone_journal.ts';

const segment = (startMs: number, endMs: number, rule?: string): GoneSegment => ({
  streamId: 's',
  startMs,
  endMs,
  rule,
});

const cases: readonly {
  name: string;
  segments: readonly GoneSegment[];
  gaps: readonly (readonly [startMs: number, endMs: number | undefined, cause: GapCause])[];
  lines: readonly string[];
}[] = [
  {
    name: 'what was deleted one after the other is one line with its rule',
    segments: [segment(0, 10, 'max_age'), segment(10, 20, 'max_age')],
    gaps: [[0, 20, 'deleted']],
    lines: ['0-20 deleted by max_age'],
  },
  {
    name: 'each rule has a line',
    segments: [segment(0, 10, 'max_age'), segment(10, 20, 'min_free')],
    gaps: [[0, 20, 'deleted']],
    lines: ['0-10 deleted by max_age', '10-20 deleted by min_free'],
  },
  {
    name: 'what was lost before it was deleted is marked as a deletion too',
    segments: [segment(0, 10, 'max_age'), segment(10, 20, 'max_age')],
    gaps: [
      [0, 10, 'deleted'],
      [10, 20, 'lost'],
    ],
    lines: ['0-10 deleted by max_age', '10-20 lost by max_age'],
  },
  {
    name: 'a loss has no mark, and is not joined with a deletion',
    segments: [segment(0, 10), segment(10, 20, 'max_age')],
    gaps: [[0, 20, 'lost']],
    lines: ['0-10 lost', '10-20 lost by max_age'],
  },
  {
    name: 'a gap is told as far as it reaches into the time of what went, also one that goes on',
    segments: [segment(5, 10, 'max_age'), segment(30, 40, 'max_age')],
    gaps: [
      [0, 8, 'lost'],
      [35, undefined, 'deleted'],
    ],
    lines: ['5-8 lost by max_age', '35-40 deleted by max_age'],
  },
];

for (const { name, segments, gaps, lines } of cases) {
  test(`of footage that is gone is journalled: ${name}`, () => {
    const told: string[] = [];
    journalGone(segments, {
      gaps: (_, fromMs, toMs) =>
        gaps
          .filter(([startMs, endMs = Number.POSITIVE_INFINITY]) => startMs < toMs && endMs > fromMs)
          .map(([startMs, endMs, cause]) => ({ startMs, endMs, cause })) as never,
      settled: (_, { startMs, endMs, cause, deletedBy }) =>
        void told.push(`${startMs}-${endMs} ${cause}${deletedBy === undefined ? '' : ` by ${deletedBy}`}`),
    });
    assert.deepEqual(told, lines);
  });
}
