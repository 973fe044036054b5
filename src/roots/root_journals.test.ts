import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { testRootId, testRoots } from '../../test/fixtures/test_root.ts';
import { GapJournal } from '../recorder/gap_journal.ts';
import { unixMillis } from '../units/time.ts';
import { RootJournals } from './root_journals.ts';

function site(context: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'nightjar-journal-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  const errors: (Error & { code?: string })[] = [];
  const journals = new RootJournals(testRoots(root), (error) => errors.push(error));
  const lines = (name = 'gaps') =>
    readFileSync(path.join(root, `${name}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { root, errors, journals, lines };
}

test('gaps stand in the journal in the order in which they were told', async (context) => {
  const { journals, lines } = site(context);
  const journal = new GapJournal(
    () => testRootId,
    (rootIds, entry) => journals.append('gaps', rootIds, entry),
  );
  journal.openGap('a', unixMillis(1_000.4), 'unreachable');
  journal.closeGap('a', unixMillis(2_000));
  await journals.flush();
  journal.openGap('a', unixMillis(3_000), 'crash');
  await journals.flush();
  assert.deepEqual(lines(), [
    { streamId: 'a', fromMs: 1_000, cause: 'unreachable' },
    { streamId: 'a', toMs: 2_000 },
    { streamId: 'a', fromMs: 3_000, cause: 'crash' },
  ]);
});

test('lines for a disk that is away wait, and nothing is made in its place', async (context) => {
  const { root, errors, journals, lines } = site(context);
  journals.append('events', [testRootId], { at: 1 });
  await journals.flush();
  renameSync(root, `${root}-away`);
  journals.append('events', [testRootId], { at: 2 });
  journals.append('events', [testRootId], { at: 3 });
  await journals.flush();
  assert.equal(existsSync(root), false);
  assert.equal(errors[0]!.code, 'recordings_missing');
  renameSync(`${root}-away`, root);
  journals.retry(testRootId);
  await journals.flush();
  assert.deepEqual(
    lines('events').map(({ at }) => at),
    [1, 2, 3],
  );
});

test('a bare mount point gets no journal', async (context) => {
  const { root, errors, journals } = site(context);
  rmSync(path.join(root, '.nightjar'));
  journals.append('holds', [testRootId, 'of no setting'], { at: 1 });
  await journals.flush();
  assert.deepEqual(readdirSync(root), []);
  assert.equal(errors.length, 1);
});

test('a gap ends in the journal in which it was begun, and in that of the root that its camera was moved to', () => {
  const lines: string[] = [];
  let root = 'one';
  const journal = new GapJournal(
    () => root,
    (rootIds, entry) => lines.push(...rootIds.map((rootId) => `${rootId} ${Object.keys(entry).at(-1)}`)),
  );
  journal.openGap('a', unixMillis(1), 'unreachable');
  root = 'two';
  journal.openGap('a', unixMillis(2), 'recorder_stopped');
  journal.closeGap('a', unixMillis(3));
  journal.openGap('a', unixMillis(4), 'crash');
  assert.deepEqual(lines, ['one cause', 'two cause', 'one cause', 'two toMs', 'one toMs', 'two cause']);
});
