import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { replaceDatabase } from './replace_database.ts';

test('each index that is replaced is kept, also when two are within a second', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-replaced-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const live = path.join(folder, 'nightjar.db');
  const kept: (string | undefined)[] = [];
  for (const content of ['first', 'second', 'third', 'fourth']) {
    const prepare = async (staged: string) => writeFileSync(staged, content);
    kept.push((await replaceDatabase(live, { prepare, suffix: '.before-20260131T120000Z' })).kept);
  }
  const name = `${live}.before-20260131T120000Z`;
  assert.deepEqual(kept, [undefined, name, `${name}-2`, `${name}-3`]);
  const contents = kept.slice(1).map((file) => readFileSync(file!, 'utf8'));
  assert.deepEqual([...contents, readFileSync(live, 'utf8')], ['first', 'second', 'third', 'fourth']);
});
