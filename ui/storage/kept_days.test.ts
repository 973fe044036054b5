import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outlookWords } from './kept_days.ts';

const camera = {
  cameraId: 'c1',
  name: 'Garage',
  removed: false,
  storedBytes: 43_500_000_000,
  protectedBytes: 0,
  achievedDays: 4.5,
  bytesPerDay: 9_700_000_000,
};

const cases: [what: string, changes: Partial<Parameters<typeof outlookWords>[0]>, words: string][] = [
  [
    'how much there will be, and what ends it',
    { expectedDays: 14, limitedBy: 'max_age' },
    'There are 4.5\u202fdays of footage in 43.5\u202fGB. Expected are 14\u202fdays; what ends them is its age.',
  ],
  [
    'that nothing ends it',
    {},
    'There are 4.5\u202fdays of footage in 43.5\u202fGB. By what comes in now, nothing ends it.',
  ],
  [
    'nothing of the future of a camera that sends nothing',
    { bytesPerDay: 0 },
    'There are 4.5\u202fdays of footage in 43.5\u202fGB.',
  ],
  ['that there is nothing yet', { achievedDays: 0, storedBytes: 0 }, 'There is no footage of it yet.'],
];

for (const [what, changes, words] of cases) {
  test(`the outlook tells ${what}`, () => assert.equal(outlookWords({ ...camera, ...changes }), words));
}
