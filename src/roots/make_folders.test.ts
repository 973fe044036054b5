import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { makeFolders } from './make_folders.ts';

test('missing folders are made, and the highest of them is told', async (context) => {
  const root = mkdtempSync(path.join(tmpdir(), 'nightjar-folders-'));
  context.after(() => rmSync(root, { recursive: true }));
  const deep = path.join(root, 'a', 'b', 'c');
  assert.equal(await makeFolders(deep), path.join(root, 'a'));
  assert.ok(existsSync(deep));
  assert.equal(await makeFolders(deep), undefined);
  assert.deepEqual(
    await Promise.all(
      [makeFolders(path.join(root, 'x', 'y')), makeFolders(path.join(root, 'x', 'z'))].map((made) =>
        made.then(() => true),
      ),
    ),
    [true, true],
  );
  writeFileSync(path.join(root, 'file'), '');
  await assert.rejects(makeFolders(path.join(root, 'file', 'below')), { code: 'ENOTDIR' });
});

test('a file system where nothing can be made says so at once', { timeout: 5_000 }, async () => {
  await assert.rejects(makeFolders('/proc/nightjar/recordings'), { code: 'ENOENT' });
});
