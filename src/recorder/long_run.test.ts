import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LongRunOptions, simulateLongRun } from '../../test/fixtures/long_run.ts';

/** Sampled, a picture in 20 s: that is the hardest for the clocks, since few arrivals tell the delay. */
const month: Omit<LongRunOptions, 'driftPpm'> = {
  seed: 20_260_601,
  days: 30,
  stepMs: 20_000,
  jitterMs: { mean: 5, most: 300 },
  hostSteps: [
    { atDay: 10, ms: 90_000 },
    { atDay: 20, ms: -3_600_000 },
  ],
  reportSteps: [
    { atDay: 5, ms: 3_600_000 },
    { atDay: 12, ms: -7_200_000 },
    { atDay: 15, ms: 2_000 },
  ],
};

const pictureMs = 40;

for (const driftPpm of [200, -200]) {
  test(`P13: a month of a camera that is ${driftPpm} ppm off stays within 100 ms of the wall clock, sound in step`, async () => {
    const figures = await simulateLongRun({ ...month, driftPpm });
    assert.equal(figures.pictures, (month.days * 86_400_000) / month.stepMs, 'every picture is placed');
    assert.equal(figures.runs, 3, 'a run begins with each step of the host clock alone');
    assert.ok(figures.worstErrorMs < 100, `${figures.worstErrorMs} ms off`);
    assert.ok(figures.worstEarlyErrorMs < 100 + month.jitterMs.most, `${figures.worstEarlyErrorMs} ms off`);
    // Where both come from one clock not one tick is bent.
    assert.ok(figures.worstStepMs < 0.1, `sound is ${figures.worstStepMs} ms out of step`);
  });
}

for (const audioDriftPpm of [50, -100]) {
  test(`sound by a clock of its own, ${audioDriftPpm} ppm off, stays within a picture of the pictures`, async () => {
    const figures = await simulateLongRun({
      ...{ seed: 7, days: 1, stepMs: 2_000, driftPpm: 20, audioDriftPpm },
      jitterMs: { mean: 15, most: 300 },
    });
    assert.equal(figures.runs, 1);
    assert.ok(figures.worstStepMs < pictureMs, `sound is ${figures.worstStepMs} ms out of step`);
  });
}
