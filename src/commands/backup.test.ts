import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { commandLine } from '../../test/fixtures/command_line.ts';
import { IndexFixture, migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { systemClock } from '../clock/system_clock.ts';
import { beginDraft } from '../index/draft.ts';
import { openIndex, requireSoundIndex } from '../index/open_index.ts';

/** A data folder with an index that is open, and where backups go. */
function server(context: TestContext) {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const dataDir = path.join(fixture.folder, 'data');
  const folder = path.join(fixture.folder, 'backups');
  mkdirSync(folder);
  const index = openIndex({ file: path.join(dataDir, 'nightjar.db'), migrationsDir, clock: systemClock });
  context.after(() => index.close());
  const to = path.join(folder, 'nightjar.db');
  const backUp = (signal?: AbortSignal) =>
    commandLine(['backup', '--to', to, '--data-dir', dataDir], signal && { signal });
  return { to, folder, backUp };
}

test('of backups to one file at the same time one is made, and the others say why they are not', async (context) => {
  const { to, folder, backUp } = server(context);
  const ended = await Promise.all([backUp(), backUp(), backUp()]);
  assert.deepEqual(ended.map(({ code }) => code).sort(), [0, 1, 1]);
  for (const { code, stderr } of ended) {
    if (code !== 0) assert.match(stderr, /\(database_(locked|exists)\)/);
  }
  requireSoundIndex(to);
  assert.deepEqual(readdirSync(folder), ['nightjar.db']);
});

test('while another process makes it, it is refused and left alone', async (context) => {
  const { to, folder, backUp } = server(context);
  const other = beginDraft(to);
  writeFileSync(other.file, 'half');
  const { code, stderr } = await backUp();
  assert.equal(code, 1);
  assert.match(stderr, /nightjar\.db\.unfinished is in use by another Nightjar.*\(database_locked\)/);
  assert.ok(readdirSync(folder).includes('nightjar.db.unfinished'));
  other.discard();
  assert.deepEqual(readdirSync(folder), []);
});

test('what a killed one left is no hindrance, and goes', async (context) => {
  const { folder, backUp } = server(context);
  for (const suffix of ['', '-journal', '.lock']) {
    writeFileSync(path.join(folder, `nightjar.db.unfinished${suffix}`), '');
  }
  assert.equal((await backUp()).code, 0);
  assert.deepEqual(readdirSync(folder), ['nightjar.db']);
});

test('told to stop, it says so and leaves nothing', async (context) => {
  const { folder, backUp } = server(context);
  const { code, stderr } = await backUp(AbortSignal.abort());
  assert.equal(code, 1);
  assert.match(stderr, /^nightjar: Stopped before the end/);
  assert.deepEqual(readdirSync(folder), []);
});
