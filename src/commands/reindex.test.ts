import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { commandLine } from '../../test/fixtures/command_line.ts';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteSegment } from '../../test/fixtures/recorded_site.ts';
import { testIds } from '../../test/fixtures/segment_file.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { until } from '../../test/fixtures/until.ts';
import { systemClock } from '../clock/system_clock.ts';
import { openIndex } from '../index/open_index.ts';
import { StorageRoots } from '../roots/storage_roots.ts';

const main = path.join(import.meta.dirname, '../main.ts');

/** Footage in the default root, and a second root whose disk is not mounted: its mount point is bare. */
function siteWithMissingDisk(context: TestContext) {
  const site = recordedSite(context);
  site.put('1-0.mp4', siteSegment().closed());
  const { installationId } = site.fixture.index;
  const label = {
    installationId,
    id: testIds.cameraId,
    name: 'Door',
    storageRoot: 'disk2',
    streams: [{ id: testIds.streamId, role: 'main' }],
  };
  writeFileSync(path.join(site.recordingsDir, testIds.cameraId, 'camera.json'), JSON.stringify(label));
  const dataDir = path.join(site.fixture.folder, 'data');
  const mountPoint = path.join(site.fixture.folder, 'disk2');
  for (const folder of [dataDir, mountPoint]) mkdirSync(folder);
  const folders = ['--data-dir', dataDir, '--recordings-dir', site.recordingsDir];
  const reindex = (...flags: string[]) =>
    commandLine(['reindex', ...folders, '--storage-roots', `disk2=${mountPoint}`, '--json', ...flags]);
  const file = path.join(dataDir, 'nightjar.db');
  const start = async () => {
    const index = openIndex({ file, migrationsDir, clock: systemClock });
    context.after(() => index.close());
    const roots = await StorageRoots.prepare({
      roots: [
        { name: 'default', folder: site.recordingsDir },
        { name: 'disk2', folder: mountPoint },
      ],
      ledger: index.roots,
      installationId,
      clock: systemClock,
      inFlightBytes: () => 0,
    });
    context.after(() => roots.stop());
    return { index, roots };
  };
  return { installationId, mountPoint, file, reindex, start };
}

test('a storage root whose disk is away is refused, with what to do', async (context) => {
  const { reindex, file } = siteWithMissingDisk(context);
  const { code, stderr } = await reindex('--replace');
  assert.equal(code, 1);
  assert.match(stderr, /storage root disk2 .* mount it.* --without-missing-roots.*recordings_missing/);
  assert.equal(existsSync(file), false);
});

test('where it is left out it is told, and its bare mount point is not claimed by the next start', async (context) => {
  const { reindex, start, mountPoint } = siteWithMissingDisk(context);
  const { code, stdout } = await reindex('--replace', '--without-missing-roots');
  assert.deepEqual([code, JSON.parse(stdout).missing], [0, ['disk2']]);
  const { roots } = await start();
  assert.deepEqual(
    roots.statuses.map(({ state }) => state),
    ['usable', 'missing'],
  );
  assert.equal(existsSync(path.join(mountPoint, '.nightjar')), false);
});

test('once the disk that was left out is there, its cameras record to it', async (context) => {
  const { reindex, start, mountPoint, installationId } = siteWithMissingDisk(context);
  await reindex('--replace', '--without-missing-roots');
  const rootId = randomUUID();
  writeFileSync(path.join(mountPoint, '.nightjar'), JSON.stringify({ installationId, rootId }));
  const { roots, index } = await start();
  const [camera] = index.cameras.list();
  assert.equal(camera!.storageRoot, 'disk2');
  assert.deepEqual([roots.idOf(), roots.idOf('disk2')], [testRootId, rootId]);
  assert.equal(roots.isAway(rootId), false);
});

/** One root, in place; `hold` makes the reading of its journals wait without end, as a disk that is slow to answer. */
function siteToReplace(context: TestContext) {
  const site = recordedSite(context);
  site.put('1-0.mp4', siteSegment().closed());
  const dataDir = path.join(site.fixture.folder, 'data');
  const live = path.join(dataDir, 'nightjar.db');
  const words = [
    'reindex',
    '--replace',
    '--json',
    '--data-dir',
    dataDir,
    '--recordings-dir',
    site.recordingsDir,
  ];
  const journal = path.join(site.recordingsDir, 'gaps.jsonl');
  const hold = () => void execFileSync('mkfifo', [journal]);
  const open = () => openIndex({ file: live, migrationsDir, clock: systemClock });
  const leftovers = () =>
    readdirSync(dataDir).filter(
      (name) => !/^nightjar\.db(-wal|-shm|\.lock(-journal)?|\.before-.*)?$/.test(name),
    );
  return { dataDir, live, words, journal, hold, open, leftovers };
}

test('beside a server it refuses before it reads anything, and leaves nothing', async (context) => {
  const { words, hold, open, leftovers } = siteToReplace(context);
  const server = open();
  context.after(() => server.close());
  hold();
  const { code, stderr } = await commandLine(words);
  assert.equal(code, 1);
  assert.match(stderr, /\(database_locked\)/);
  assert.deepEqual(leftovers(), []);
});

test('told to stop, it leaves the index as it was and nothing else', async (context) => {
  const { words, open, live, leftovers } = siteToReplace(context);
  open().close();
  const before = readFileSync(live);
  const { code, stderr } = await commandLine(words, { signal: AbortSignal.abort() });
  assert.equal(code, 1);
  assert.match(stderr, /^nightjar: Stopped before the end/);
  assert.deepEqual(readFileSync(live), before);
  assert.deepEqual(leftovers(), []);
});

test('while it works no server starts; killed, it leaves nothing that the next one does not take away', async (context) => {
  const { words, hold, open, journal, dataDir, leftovers } = siteToReplace(context);
  open().close();
  hold();
  const child = spawn(process.execPath, [main, ...words], { stdio: 'ignore' });
  context.after(() => child.kill('SIGKILL'));
  await until(() => readdirSync(dataDir).includes('nightjar.db.replacement.unfinished'));
  assert.throws(open, { code: 'database_locked' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(journal);
  open().close();
  const { code, stderr } = await commandLine(words);
  assert.equal(code, 0, stderr);
  assert.deepEqual(leftovers(), []);
});
