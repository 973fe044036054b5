import assert from 'node:assert/strict';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { startMs, temporaryFolder } from '../../test/fixtures/run_writing.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { until } from '../../test/fixtures/until.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { StorageRoot } from './storage_root.ts';

/** A root on a disk that answers no sync of a folder until `answer` settles. */
async function slowFolders(context: TestContext) {
  const folder = await temporaryFolder(context);
  const handle = await open(folder, 'r');
  const answer = Promise.withResolvers<void>();
  const sync = context.mock.method(Object.getPrototypeOf(handle), 'sync', () => answer.promise);
  await handle.close();
  const clock = new SimulatedClock(startMs);
  const root = new StorageRoot({ id: testRootId, folder, clock, syncMs: 2_000 });
  return { folder, root, answer, sync };
}

test('a new file is written before its folder is synced, and is durable only after that', async (context) => {
  const { folder, root, answer, sync } = await slowFolders(context);
  const fd = await root.create('a/b/1.mp4');
  await root.write(fd, [Buffer.from('footage')], 0);
  assert.equal(await readFile(path.join(folder, 'a/b/1.mp4'), 'utf8'), 'footage');
  const events: string[] = [];
  const synced = root.sync(fd).then(() => events.push('durable'));
  const closed = root.close(fd).then(() => events.push('closed'));
  await until(() => sync.mock.callCount() > 0);
  // What is written to others meanwhile waits for none of it.
  const other = await root.create('a/c/1.mp4');
  await root.write(other, [Buffer.from('more')], 0);
  assert.deepEqual(events, []);
  answer.resolve();
  await Promise.all([synced, closed]);
  assert.deepEqual(events, ['durable', 'closed']);
  await root.close(other);
});

test('a file whose folder cannot be synced never becomes durable', async (context) => {
  const { root, answer } = await slowFolders(context);
  const fd = await root.create('a/b/1.mp4');
  await root.write(fd, [Buffer.from('footage')], 0);
  answer.reject(Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' }));
  await assert.rejects(root.sync(fd), /EIO/);
  await assert.rejects(root.sync(fd), /EIO/, 'nor later');
  await root.close(fd);
});
