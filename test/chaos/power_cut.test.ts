import assert from 'node:assert/strict';
import { test } from 'node:test';
import { powerCutCampaign } from './power_cut_campaign.ts';

/** A slice of `npm run chaos -- --only cuts`; with this seed the folder of the camera is among what may go. */
const seed = 1;

test('what a sync had vouched for is there after a power cut', async () => {
  const figures = await powerCutCampaign({
    seed,
    cameras: 1,
    cuts: 1,
    tears: 1,
    steps: [],
    shortestLifeMs: 1_500,
    longestLifeMs: 1_500,
  });
  assert.deepEqual(figures.faults, [], `npm run chaos shows more; this was seed ${seed}`);
  assert.ok(figures.durableFragments > 0);
  assert.equal(figures.durableFragmentsLost, 0);
});
