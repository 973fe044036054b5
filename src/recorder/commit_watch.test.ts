import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CommitWatch, commitAllowanceMs, diskAllowanceMs, type RecorderClaim } from './commit_watch.ts';

const second = 1_000;
const recording: RecorderClaim = { recording: true, attempts: 0, diskToBlame: false };

/** When the stream is begun anew within an hour, in seconds, looked at each second. */
function remedies(
  claimAt: (seconds: number) => RecorderClaim | undefined,
  commitsAt: (seconds: number) => boolean,
) {
  const watch = new CommitWatch();
  watch.begin('s', 0);
  const found: [seconds: number, remedy: string][] = [];
  for (let seconds = 1; seconds <= 3_600; seconds++) {
    if (commitsAt(seconds)) watch.committed('s', seconds * second);
    const remedy = watch.judge('s', claimAt(seconds), seconds * second);
    if (!remedy) continue;
    found.push([seconds, remedy]);
    watch.begin('s', seconds * second);
  }
  return found;
}

const never = () => false;

const rows: [what: string, found: ReturnType<typeof remedies>, expected: ReturnType<typeof remedies>][] = [
  [
    'footage every second',
    remedies(
      () => recording,
      () => true,
    ),
    [],
  ],
  [
    'a fragment every 59 s',
    remedies(
      () => recording,
      (s) => s % 59 === 0,
    ),
    [],
  ],
  [
    'no footage at all',
    remedies(() => recording, never),
    [
      [60, 'stream'],
      [120, 'worker'],
      [240, 'stream'],
      [480, 'stream'],
      [960, 'stream'],
      [1_560, 'stream'],
      [2_160, 'stream'],
      [2_760, 'stream'],
      [3_360, 'stream'],
    ],
  ],
  [
    'footage that ends, and comes back when the worker is replaced',
    remedies(
      () => recording,
      (s) => s < 100 || s > 230,
    ),
    [
      [159, 'stream'],
      [219, 'worker'],
    ],
  ],
  [
    'a recorder that tries every two minutes',
    remedies((s) => ({ ...recording, recording: false, attempts: Math.floor(s / 120) }), never),
    [],
  ],
  [
    'a recorder that waits and does not try',
    remedies((s) => ({ ...recording, recording: false, attempts: Math.min(s, 30) }), never).slice(0, 1),
    [[210, 'stream']],
  ],
  ['a recorder that says nothing at all', remedies(() => undefined, never).slice(0, 1), [[180, 'stream']]],
  [
    'a disk that is too slow for five minutes',
    remedies(() => ({ ...recording, diskToBlame: true }), never).slice(0, 1),
    [[300, 'stream']],
  ],
];

for (const [what, found, expected] of rows) {
  test(`a stream is judged by its footage: ${what}`, () => assert.deepEqual(found, expected));
}

test('the time without a disk does not count, for whatever the recorder says', () => {
  for (const claim of [recording, { ...recording, diskToBlame: true }, { ...recording, recording: false }]) {
    const watch = new CommitWatch();
    watch.begin('s', 0);
    watch.committed('s', 10 * second);
    const backMs = 400 * second;
    watch.excuse('s', backMs);
    assert.equal(watch.judge('s', claim, backMs + 5 * second), undefined);
    assert.equal(watch.judge('s', claim, backMs + 55 * second), undefined);
    assert.equal(watch.quietMs('s', backMs), 390 * second, 'but nothing was committed');
    assert.equal(watch.judge('s', claim, backMs + diskAllowanceMs), 'stream');
  }
});

test('a stream that is not recorded is left alone', () => {
  const watch = new CommitWatch();
  watch.begin('s', 0);
  watch.end('s');
  assert.equal(watch.judge('s', recording, 1e9), undefined);
  assert.equal(watch.quietMs('s', 1e9), undefined);
});

test('whatever comes, a stream with footage is left alone, and restarts are bounded', () => {
  const step = fc.record({
    seconds: fc.integer({ min: 1, max: 120 }),
    commits: fc.boolean(),
    recording: fc.boolean(),
    tries: fc.boolean(),
    diskToBlame: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const watch = new CommitWatch();
      watch.begin('s', 0);
      let nowMs = 0;
      let commitMs = 0;
      let begunMs = 0;
      let attempts = 0;
      for (const { seconds, commits, recording: isRecording, tries, diskToBlame } of steps) {
        nowMs += seconds * second;
        if (tries) attempts++;
        if (commits) {
          commitMs = nowMs;
          watch.committed('s', nowMs);
        }
        const remedy = watch.judge('s', { recording: isRecording, attempts, diskToBlame }, nowMs);
        if (!remedy) continue;
        const sinceMs = nowMs - Math.max(commitMs, begunMs);
        assert.ok(sinceMs >= (diskToBlame ? diskAllowanceMs : commitAllowanceMs));
        begunMs = nowMs;
        watch.begin('s', nowMs);
      }
    }),
    { seed: 5, numRuns: 300 },
  );
});
