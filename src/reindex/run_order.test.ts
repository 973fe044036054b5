import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testIds } from '../../test/fixtures/segment_file.ts';
import type { FoundFile } from './found_footage.ts';
import { runsInOrder } from './run_order.ts';

const file = (runId: string, segmentNumber: number, arrivalMs: number): FoundFile => ({
  rootId: 'root',
  path: `${runId}-${segmentNumber}.mp4`,
  arrivalMs,
  identity: { ...testIds, runId, segmentNumber, clockEpoch: 0, runClock: undefined, tracks: [] },
});

/** After the host's clock was set back by an hour. */
const files = [file('after', 1, 170), file('before', 0, 200), file('after', 0, 100), file('unknown', 0, 150)];

test('runs go by the journal, also where the clock was set back, and others by their arrival', () => {
  const order = new Map([
    ['before', 0],
    ['after', 1],
  ]);
  const runs = runsInOrder(files, (runId) => order.get(runId));
  assert.deepEqual(
    runs.map(({ id, files: ofRun }) => [id, ofRun.map(({ path }) => path)]),
    [
      ['unknown', ['unknown-0.mp4']],
      ['before', ['before-0.mp4']],
      ['after', ['after-0.mp4', 'after-1.mp4']],
    ],
  );
});

test('without a journal they go by their arrival', () => {
  const runs = runsInOrder(files, () => undefined);
  assert.deepEqual(
    runs.map(({ id }) => id),
    ['after', 'unknown', 'before'],
  );
});
