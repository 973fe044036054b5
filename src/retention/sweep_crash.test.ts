import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, type Site, siteFor, startMs, twoHours } from '../../test/fixtures/sweep_site.ts';
import type { SweepOptions } from './sweep.ts';
import { sweepFiles } from './sweep_files.ts';

class Crash extends Error {}

/** Ends the world at the given step: nothing after it happens. */
function crashingSite(site: Site, atStep: number): { options: Partial<SweepOptions>; steps: () => number } {
  let steps = 0;
  const step = () => {
    if (steps++ >= atStep) throw new Crash();
  };
  const { index } = site.fixture;
  return {
    steps: () => steps,
    options: {
      files: {
        ...site.disk,
        async remove(file) {
          step();
          const freed = await sweepFiles.remove(file).catch(() => 0);
          return freed;
        },
        async syncFolder(folder) {
          step();
          await sweepFiles.syncFolder(folder);
        },
        async removeEmptyFolder(folder) {
          step();
          return sweepFiles.removeEmptyFolder(folder);
        },
      },
      index: {
        cameras: index.cameras,
        protections: index.protections,
        events: index.events,
        deletion: {
          ...index.deletion,
          markDeleting(ids, because) {
            step();
            index.deletion.markDeleting(ids, because);
          },
          finishDeleting(ids) {
            step();
            index.deletion.finishDeleting(ids);
          },
        },
      },
    },
  };
}

test('a crash after any step, and a sweep after the restart, come to the same end', async (context) => {
  const hours = 6;
  let crashes = 0;
  for (let atStep = 0; ; atStep++) {
    const site = siteFor(context);
    const paths = site.record(hours);
    const { options, steps } = crashingSite(site, atStep);
    await site
      .sweep({ maxAgeDays: twoHours, ...options })
      .sweepNow()
      .catch(() => undefined);
    const crashed = steps() > atStep;
    site.fixture.reopen();
    // Whatever the moment: no row that is offered lacks its file.
    assert.deepEqual(
      site.rows().filter((path) => !site.files().includes(path)),
      [],
    );
    await site.sweep({ maxAgeDays: twoHours }).sweepNow();
    assert.deepEqual(site.files(), paths.slice(3));
    assert.deepEqual(site.rows(), paths.slice(3));
    assert.deepEqual(site.gaps(), [{ startMs, endMs: startMs + 3 * hour, cause: 'deleted' }]);
    assert.deepEqual(site.fixture.index.deletion.pendingDeletions(), []);
    assert.deepEqual(site.fixture.index.check(), []);
    if (!crashed) break;
    crashes += 1;
  }
  assert.ok(crashes >= 11, `${crashes} steps were cut off`);
});
