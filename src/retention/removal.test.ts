import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import {
  day,
  fileBytes,
  hour,
  large,
  largeBytes,
  protect,
  refusal,
  siteFor,
  startMs,
  twoHours,
} from '../../test/fixtures/sweep_site.ts';
import { testRootId, testRoots } from '../../test/fixtures/test_root.ts';
import { sweepFiles } from './sweep_files.ts';

test('a file that is gone already is no trouble and frees nothing', async (context) => {
  const site = siteFor(context);
  const [path] = site.record(4);
  await sweepFiles.remove(join(site.root, path!));
  assert.deepEqual(await site.sweep({ maxAgeDays: 0.99 * twoHours }).sweepNow(), {
    deleted: 2,
    freedBytes: fileBytes,
    failed: 0,
    shortfalls: [],
  });
});

test('a file that cannot be removed keeps its row for the next sweep and stops no other', async (context) => {
  const site = siteFor(context);
  const [stuck, ...others] = site.record(5);
  const remove = async (file: string) => {
    if (file.endsWith(stuck!)) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    return sweepFiles.remove(file);
  };
  const sweep = site.sweep({ maxAgeDays: twoHours, files: { ...site.disk, remove } });
  assert.deepEqual(
    await sweep.sweepNow(),
    { deleted: 1, freedBytes: fileBytes, failed: 1, shortfalls: [] },
    stuck,
  );
  assert.deepEqual(site.files(), [stuck!, ...others.slice(1)]);
  assert.equal(site.fixture.index.deletion.pendingDeletions().length, 1);
  assert.equal((await site.sweep().sweepNow()).deleted, 1);
  assert.deepEqual(site.files(), others.slice(1));
});

test('a disk that refuses everything ends the sweep early', async (context) => {
  const site = siteFor(context);
  site.record(40);
  let asked = 0;
  const remove = async () => {
    asked += 1;
    throw Object.assign(new Error('EROFS'), { code: 'EROFS' });
  };
  const sweep = site.sweep({ maxAgeDays: twoHours, files: { ...site.disk, remove } });
  await assert.rejects(sweep.sweepNow(), { code: 'recordings_unwritable' });
  await assert.rejects(sweep.sweepNow(), { code: 'recordings_unwritable' });
  assert.equal(asked, 16 + 32, 'what was tried before once more, after what was not');
  assert.equal(site.files().length, 40);
});

test('files that can never be removed stop neither the others nor making room', async (context) => {
  const site = siteFor(context);
  const paths = site.record(60, largeBytes);
  const stuck = paths.slice(0, 16);
  const remove = async (file: string) => {
    if (stuck.some((path) => file.endsWith(path))) throw refusal('EPERM');
    return large(site).remove(file);
  };
  const options = { maxAgeDays: 40 / 24, files: { ...site.disk, remove } };
  const sweep = site.sweep(options);
  await assert.rejects(
    sweep.sweepNow(),
    { code: 'recordings_unwritable' },
    'nothing could be removed at all',
  );
  assert.equal((await sweep.sweepNow()).deleted, 3);
  assert.deepEqual(site.files(), [...stuck, ...paths.slice(19)]);
  assert.equal(await sweep.makeRoom(testRootId), true);
  assert.equal(await site.sweep(options).makeRoom(testRootId), true, 'also after a restart');
});

test('a disk that refuses everything stops no other disk', async (context) => {
  const site = siteFor(context);
  const paths = site.record(40);
  const other = { id: randomUUID(), folder: join(site.fixture.folder, 'other') };
  site.fixture.index.roots.identify(other.id, 'other');
  mkdirSync(other.folder);
  writeFileSync(
    join(other.folder, '.nightjar'),
    JSON.stringify({ installationId: 'tests', rootId: other.id }),
  );
  const sqlite = new SqliteDatabase(site.fixture.file);
  const moved = sqlite.prepare(
    'update segments set root_key = (select key from roots where id = ?) where path = ?',
  );
  for (const path of paths.slice(20, 25)) moved.run(other.id, path);
  sqlite.exec('delete from stored');
  sqlite.exec(`insert into stored select stream_key, root_key, count(*), sum(bytes) from segments
    where state <> 'open' group by stream_key, root_key`);
  sqlite.close();
  const remove = async (file: string) => {
    if (existsSync(file)) throw refusal('EIO');
    return undefined;
  };
  const sweep = site.sweep({
    maxAgeDays: twoHours,
    roots: new Map([...testRoots(site.root), [other.id, other.folder]]),
    files: { ...site.disk, remove },
  });
  await assert.rejects(sweep.sweepNow(), { code: 'disk_failed' });
  assert.equal(sweep.lastResult!.deleted, 5);
  await assert.rejects(sweep.sweepNow(), { code: 'disk_failed' });
});

test('a folder that cannot be removed is a line in the log', async (context) => {
  const site = siteFor(context);
  const paths = site.record(6);
  const removeEmptyFolder = async () => {
    throw refusal('EBUSY');
  };
  const files = { ...site.disk, removeEmptyFolder };
  assert.equal((await site.sweep({ maxAgeDays: twoHours, files }).sweepNow()).deleted, 3);
  assert.deepEqual(site.rows(), paths.slice(3));
  assert.ok(site.lines.some(({ message }) => message === 'An empty folder could not be removed.'));
});

test('a folder that cannot be synced holds back its own rows alone', async (context) => {
  const site = siteFor(context);
  const [first] = site.record(6);
  const syncFolder = async (folder: string) => {
    if (folder.endsWith(dirname(first!))) throw refusal('EIO');
    await sweepFiles.syncFolder(folder);
  };
  const result = await site.sweep({ maxAgeDays: twoHours, files: { ...site.disk, syncFolder } }).sweepNow();
  assert.deepEqual([result.deleted, result.failed], [2, 1]);
  const pending = () => site.fixture.index.deletion.pendingDeletions().map(({ path }) => path);
  assert.deepEqual(pending(), [first]);
  assert.equal((await site.sweep().sweepNow()).deleted, 1);
  assert.deepEqual(pending(), []);
});

test('what is protected after it was condemned stays, if its file is still there', async (context) => {
  const site = siteFor(context);
  const paths = site.record(7);
  const remove = async (file: string) => {
    if (file.endsWith(paths[0]!)) {
      // Of a crash between the steps: the file is gone, and no row says so yet.
      await sweepFiles.remove(file);
    }
    throw refusal('EIO');
  };
  await site.sweep({ maxAgeDays: twoHours, files: { ...site.disk, remove } }).sweepNow();
  assert.equal(site.fixture.index.deletion.pendingDeletions().length, 4);
  protect(site);
  assert.equal((await site.sweep({ maxAgeDays: twoHours }).sweepNow()).deleted, 1);
  assert.deepEqual(site.files(), paths.slice(1));
  assert.deepEqual(site.rows(), paths.slice(1));
  assert.deepEqual(site.fixture.index.check(), []);
});

test('what is protected in the middle of a sweep stays, but for files that are being removed at that moment', async (context) => {
  const site = siteFor(context);
  const paths = site.record(43);
  let under = 0;
  let most = 0;
  let begun = 0;
  let begunBefore = 0;
  const remove = async (file: string) => {
    begun += 1;
    most = Math.max(most, ++under);
    const freed = await sweepFiles.remove(file);
    if (begunBefore === 0) {
      begunBefore = begun;
      protect(site);
    }
    under -= 1;
    return freed;
  };
  const files = { ...site.disk, remove };
  const { deleted } = await site.sweep({ maxAgeDays: twoHours, files }).sweepNow();
  assert.equal(deleted, begunBefore);
  assert.ok(most > 1 && most <= 8, `${most} at once`);
  assert.deepEqual(site.files(), site.rows());
  assert.deepEqual(site.rows(), paths.slice(deleted));
  assert.deepEqual(site.fixture.index.deletion.pendingDeletions(), []);
});

test('where deletions give no space, as of files with hard links, few go for it, and it is told', async (context) => {
  const site = siteFor(context);
  const paths = site.record(60);
  for (const [number, path] of paths.entries()) {
    linkSync(join(site.root, path), join(site.fixture.folder, `${number}.copy`));
  }
  const space = async () => ({ freeBytes: 1_000_000 - fileBytes, totalBytes: 1e8 });
  const sweep = site.sweep({ minFreeBytes: 1_000_000, files: { ...site.disk, space } });
  const result = await sweep.sweepNow();
  const shortfalls = [{ rule: 'min_free', missingBytes: fileBytes, rootId: testRootId }];
  assert.deepEqual(result, { deleted: 16, freedBytes: 0, failed: 0, shortfalls });
  assert.ok(site.lines.some(({ message }) => message.includes('gives this disk no space')));
  assert.equal(await sweep.makeRoom(testRootId), false);
  assert.equal((await sweep.sweepNow()).deleted, 0, 'for an hour');
  assert.deepEqual(site.files(), paths.slice(16));
  site.fixture.clock.advance(hour);
  assert.equal((await sweep.sweepNow()).deleted, 16);
});

test('a folder of the last two hours stays, since the recorder may be about to use it', async (context) => {
  const site = siteFor(context);
  const paths = site.record(2);
  await site.sweep({ maxAgeDays: hour / 2 / day }).sweepNow();
  assert.deepEqual(site.files(), paths.slice(1));
  assert.equal(existsSync(dirname(join(site.root, paths[0]!))), true);
});

test('a path that leads out of the recordings folder is never followed', async (context) => {
  const site = siteFor(context);
  const outside = join(site.fixture.folder, 'precious');
  writeFileSync(outside, 'x');
  const times = { startMs, endMs: startMs + hour };
  site.fixture.record({
    streamId: site.streamId,
    runId: site.runId,
    number: 0,
    path: '../precious',
    ...times,
  });
  site.fixture.clock.advance(3 * day);
  const result = await site.sweep({ maxAgeDays: 1 }).sweepNow();
  assert.deepEqual([result.deleted, result.failed], [0, 1]);
  assert.equal(existsSync(outside), true);
});

test('what was condemned only because it was not seen is kept when it is there', async (context) => {
  const site = siteFor(context);
  const [seen, unseen] = site.record(2);
  const { deletion, footage } = site.fixture.index;
  const ids = footage.segmentsBetween(site.streamId, 0, 1e15).map(({ id }) => id);
  deletion.markDeleting(ids, 'restored');
  await sweepFiles.remove(join(site.root, unseen!));
  assert.equal((await site.sweep({ maxAgeDays: 1_000 }).sweepNow()).deleted, 1);
  assert.deepEqual(site.files(), [seen]);
  assert.equal(footage.segmentsBetween(site.streamId, 0, 1e15).length, 1);
  assert.deepEqual(deletion.pendingDeletions(), []);
});
