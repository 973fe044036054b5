import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { unixMillis } from '../units/time.ts';
import { GapJournal } from './gap_journal.ts';

test('gaps stand in the journal in the order in which they were told', async (context) => {
  const root = await mkdtemp(path.join(tmpdir(), 'nightjar-journal-'));
  context.after(() => rm(root, { recursive: true }));
  const journal = new GapJournal(root, assert.fail);
  journal.openGap('a', unixMillis(1_000.4), 'unreachable');
  journal.closeGap('a', unixMillis(2_000));
  await journal.flush();
  journal.openGap('a', unixMillis(3_000), 'crash');
  await journal.flush();
  const text = await readFile(path.join(root, 'gaps.jsonl'), 'utf8');
  assert.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { streamId: 'a', fromMs: 1_000, cause: 'unreachable' },
      { streamId: 'a', toMs: 2_000 },
      { streamId: 'a', fromMs: 3_000, cause: 'crash' },
    ],
  );
});

test('a journal that cannot be written says which file and why, and goes on', async (context) => {
  const root = await mkdtemp(path.join(tmpdir(), 'nightjar-journal-'));
  context.after(() => rm(root, { recursive: true }));
  await writeFile(path.join(root, 'file'), '');
  const errors: Error[] = [];
  const journal = new GapJournal(path.join(root, 'file'), (error) => errors.push(error));
  journal.closeGap('a', unixMillis(1));
  await journal.flush();
  assert.match(errors[0]!.message, /gaps\.jsonl/);
  assert.equal((errors[0] as Error & { code: string }).code, 'recordings_unwritable');
});

test('a folder that went away is not made anew', async (context) => {
  const root = await mkdtemp(path.join(tmpdir(), 'nightjar-journal-'));
  const errors: Error[] = [];
  const journal = new GapJournal(root, (error) => errors.push(error));
  await rm(root, { recursive: true });
  context.after(() => rm(root, { recursive: true, force: true }));
  journal.closeGap('a', unixMillis(1));
  await journal.flush();
  await assert.rejects(stat(root), { code: 'ENOENT' });
  assert.equal(errors.length, 1);
});
