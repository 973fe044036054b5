import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failingCalls } from './failing_calls.ts';
import { killCampaign } from './kill_campaign.ts';

/** Slices of `npm run chaos`; other seeds there look elsewhere. */
const seed = 7;

test('what was reported is there after a kill in the middle of a step', async () => {
  const figures = await killCampaign({
    seed,
    cameras: 4,
    cameraKills: 4,
    mostKills: 1,
    longestLifeMs: 1_500,
    segmentSeconds: 2,
    syncSeconds: 1,
    // A sync takes its time, and nothing that was filmed waits for it.
    syncMs: 150,
    steps: ['5 write 5'],
  });
  assert.deepEqual(figures.faults, [], `npm run chaos shows more; this was seed ${seed}`);
  assert.equal(figures.fragmentsLost, 0);
  assert.equal(figures.cameraKills, 4);
  assert.ok(figures.fragmentsWritten > 0);
});

test('a call of the disk that fails costs its camera a gap with a cause at most, and others nothing', async () => {
  const figures = await failingCalls({
    // Half of a fragment is written, then the disk fails.
    calls: [{ thread: 'recorder', step: '3 append', nth: 5, how: 'TORN' }],
    parallel: 1,
  });
  assert.deepEqual(figures.faults, []);
  assert.equal(figures.failed, 1);
});
