import assert from 'node:assert/strict';
import { test } from 'node:test';
import { torture } from './torture_run.ts';

/** A slice of `npm run torture`; another seed there looks elsewhere. */
const seed = 7;

test('P6 P9 P10 P11 P12 C40: whatever goes wrong, whole pictures are in files, holes on record, and recording goes on', async () => {
  const figures = await torture({ seed, connections: 10, cameras: 5, quick: true, limitMs: 60_000 });
  assert.deepEqual(figures.faults, [], `npm run torture shows more; this was seed ${seed}, quick`);
  assert.equal(figures.connections, 10);
  assert.ok(
    figures.written > figures.sent / 2,
    `${figures.written} of ${figures.sent} pictures are in files`,
  );
});
