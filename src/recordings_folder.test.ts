import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { SimulatedClock } from './clock/simulated_clock.ts';
import { RecordingsFolder } from './recordings_folder.ts';

const installationId = '6f1c9d2e-0000-4000-8000-000000000001';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-recordings-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Lets a check that was begun come to its end. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test('the folder is made, marked and measured', async (context) => {
  const clock = new SimulatedClock();
  const folder = path.join(temporaryFolder(context), 'made/as needed');
  const recordings = await RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: false });
  const { usable, totalBytes, freeBytes } = recordings.status;
  assert.equal(usable, true);
  assert(totalBytes! >= freeBytes! && freeBytes! > 0);
  assert.equal(await recordings.isPresent(), true);
  assert.deepEqual(JSON.parse(readFileSync(path.join(folder, '.nightjar'), 'utf8')), { installationId });
  recordings.stop();
  assert.equal(clock.pendingTimers, 0);
});

test('a second start leaves the mark as it is, and nothing else', async (context) => {
  const clock = new SimulatedClock();
  const folder = temporaryFolder(context);
  await RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: false });
  const { ino, mtimeMs } = statSync(path.join(folder, '.nightjar'));
  await RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: false });
  const after = statSync(path.join(folder, '.nightjar'));
  assert.deepEqual([after.ino, after.mtimeMs], [ino, mtimeMs]);
  assert.deepEqual(readdirSync(folder), ['.nightjar']);
});

test('a file in the place of the folder is refused', async (context) => {
  const folder = path.join(temporaryFolder(context), 'file');
  writeFileSync(folder, '');
  await assert.rejects(
    RecordingsFolder.prepare({ folder, installationId, clock: new SimulatedClock(), hasFootage: false }),
    {
      code: 'recordings_unwritable',
      message: /^\/.*\/file: ENOTDIR/,
    },
  );
});

test('a folder of another installation is refused and left as it is', async (context) => {
  const clock = new SimulatedClock();
  const folder = temporaryFolder(context);
  const marker = '{"installationId":"another"}\n';
  writeFileSync(path.join(folder, '.nightjar'), marker);
  await assert.rejects(RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: false }), {
    code: 'recordings_of_another',
  });
  assert.equal(readFileSync(path.join(folder, '.nightjar'), 'utf8'), marker);
});

test('with footage in the index a folder without the mark is a disk that is not mounted', async (context) => {
  const clock = new SimulatedClock();
  const folder = temporaryFolder(context);
  await assert.rejects(RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: true }), {
    code: 'recordings_missing',
  });
  assert.deepEqual(readdirSync(folder), []);
});

test('a disk that is taken away is noticed, and so is its return', async (context) => {
  const clock = new SimulatedClock();
  const folder = path.join(temporaryFolder(context), 'mount');
  const recordings = await RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: false });
  renameSync(folder, `${folder}-away`);
  clock.advance(10_000);
  await until(() => !recordings.status.usable);
  assert.match(recordings.status.reason!, /mount cannot be used: ENOENT/);
  assert.equal(await recordings.isPresent(), false);
  renameSync(`${folder}-away`, folder);
  clock.advance(10_000);
  await until(() => recordings.status.usable);
  recordings.stop();
});

test('an empty mount point is not taken for the disk', async (context) => {
  const clock = new SimulatedClock();
  const folder = temporaryFolder(context);
  const recordings = await RecordingsFolder.prepare({ folder, installationId, clock, hasFootage: false });
  rmSync(path.join(folder, '.nightjar'));
  clock.advance(10_000);
  await until(() => !recordings.status.usable);
  assert.match(recordings.status.reason!, /its file \.nightjar is gone, as if another disk were mounted\.$/);
  recordings.stop();
});

test('a disk that does not answer is not asked again and again', async (context) => {
  const clock = new SimulatedClock();
  const recordings = await RecordingsFolder.prepare({
    folder: temporaryFolder(context),
    installationId,
    clock,
    hasFootage: false,
  });
  // Both fall due before the first answer can come.
  clock.advance(20_000);
  assert.match(recordings.status.reason!, /its disk does not answer\.$/);
  await until(() => recordings.status.usable);
  recordings.stop();
});
