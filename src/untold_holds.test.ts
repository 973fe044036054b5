import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { recordedSite } from '../test/fixtures/recorded_site.ts';
import { testRootId, testRoots } from '../test/fixtures/test_root.ts';
import { RootJournals } from './roots/root_journals.ts';
import { tellUntoldHolds } from './untold_holds.ts';

test('a hold that began while the disk was away is told once the disk is there, and only once', async (context) => {
  const { fixture, recordingsDir } = recordedSite(context);
  const { protections } = fixture.index;
  const hold = { cameraId: undefined, startMs: 0, endMs: undefined, reason: 'police', createdBy: 'owner' };
  const [told, released, untold] = [1, 2, 3].map((createdMs) => ({ ...hold, id: randomUUID(), createdMs }));
  for (const protection of [told!, released!, untold!]) protections.insert(protection);
  const file = path.join(recordingsDir, 'holds.jsonl');
  const lines = [told, released, { id: released!.id, releasedMs: 9, releasedBy: 'owner', reason: 'done' }];
  for (const line of lines) appendFileSync(file, `${JSON.stringify(line)}\n`);
  const journals = new RootJournals(testRoots(recordingsDir), assert.fail);
  const root = { id: testRootId, folder: recordingsDir };
  for (let starts = 0; starts < 2; starts++) {
    await tellUntoldHolds(root, { protections, journals });
    await journals.flush();
  }
  const written = readFileSync(file, 'utf8').trim().split('\n').slice(lines.length);
  assert.deepEqual(
    written.map((line) => JSON.parse(line)),
    [JSON.parse(JSON.stringify(untold))],
  );
});
