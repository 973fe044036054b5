import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeletedStretch, deletedStretches } from './deleted_footage.ts';

type Segment = [streamId: string, startMs: number, endMs: number];

const cases: [what: string, segments: Segment[], stretches: Segment[]][] = [
  ['nothing is nothing', [], []],
  ['one file is one stretch', [['a', 10, 20]], [['a', 10, 20]]],
  [
    'files that touch are one stretch, in whatever order they went',
    [
      ['a', 20, 30],
      ['a', 10, 20],
    ],
    [['a', 10, 30]],
  ],
  [
    'what stays between two files stays between two stretches',
    [
      ['a', 10, 20],
      ['a', 21, 30],
    ],
    [
      ['a', 10, 20],
      ['a', 21, 30],
    ],
  ],
  [
    'a file within another adds nothing',
    [
      ['a', 10, 50],
      ['a', 20, 30],
      ['a', 50, 60],
    ],
    [['a', 10, 60]],
  ],
  [
    'streams are told apart',
    [
      ['b', 10, 20],
      ['a', 10, 20],
      ['b', 20, 30],
    ],
    [
      ['a', 10, 20],
      ['b', 10, 30],
    ],
  ],
];

for (const [what, segments, stretches] of cases) {
  test(what, () => {
    const found = deletedStretches(
      segments.map(([streamId, startMs, endMs]) => ({ streamId, startMs, endMs })),
    );
    const expected = stretches.map(
      ([streamId, fromMs, toMs]): DeletedStretch => ({ streamId, fromMs, toMs }),
    );
    assert.deepEqual(found, expected);
  });
}
