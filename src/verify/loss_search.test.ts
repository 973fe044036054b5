import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteSegment } from '../../test/fixtures/recorded_site.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { systemClock } from '../clock/system_clock.ts';
import { diskError } from '../errors/system_error.ts';
import type { FileFinding } from '../index/losses.ts';
import { openRecordedFileList } from '../index/open_index.ts';
import { realDisk } from './file_look.ts';
import { searchLosses } from './loss_search.ts';

/** How often the disk answers with this before it does as it should. */
interface Fault {
  readonly code: string;
  readonly in: 'bytes' | 'scan';
  readonly times: number;
}

/** One recorded file, read from end to end on a disk with a fault, and what is said of it. */
async function lookWith(
  context: TestContext,
  { fault, harm = () => {} }: { fault?: Fault; harm?: (file: string) => void },
) {
  const { fixture, recordingsDir, put, adopt } = recordedSite(context);
  const name = put('1-0.mp4', siteSegment({ runId: randomUUID() }).closed());
  await adopt();
  harm(path.join(recordingsDir, name));
  const files = openRecordedFileList(fixture.file, migrationsDir);
  const clock = new SimulatedClock();
  let left = fault?.times ?? 0;
  const failInTurn = (place: Fault['in']) => {
    if (!fault || fault.in !== place || left === 0) return;
    left -= 1;
    throw Object.assign(new Error(`${fault.code}: so it was asked for`), { code: fault.code });
  };
  const findings: FileFinding[] = [];
  let isOver = false;
  const search = searchLosses({
    files,
    roots: new Map([[testRootId, recordingsDir]]),
    job: { kind: 'all', deep: true, afterKey: 0, forMs: 60_000 },
    clock,
    disk: {
      bytes(file) {
        failInTurn('bytes');
        return realDisk.bytes(file);
      },
      async scan(file, id) {
        try {
          failInTurn('scan');
        } catch (error) {
          throw diskError(error, file);
        }
        return realDisk.scan(file, id);
      },
    },
    onFindings: async (_root, found) => void findings.push(...found),
  }).finally(() => {
    isOver = true;
    files.close();
  });
  while (!isOver) await clock.advanceAsync(1_000, 1_000);
  const { unreadable } = await search;
  return { findings: findings.map(({ finding }) => finding), codes: unreadable.codes, unreadable, name };
}

const always = Number.POSITIVE_INFINITY;
const passing = ['EMFILE', 'ENFILE', 'ENOMEM', 'ESTALE', 'EACCES', 'EPERM', 'ETIMEDOUT', 'ENXIO'];
const cases: readonly (readonly [what: string, fault: Fault, findings: string[], codes: string[]])[] = [
  ...(['bytes', 'scan'] as const).flatMap((place) => [
    ...passing.map((code) => [code, { code, in: place, times: always }, [], [code]] as const),
    ['EIO that passes', { code: 'EIO', in: place, times: 1 }, [], []] as const,
    ['EIO that stays', { code: 'EIO', in: place, times: always }, ['damaged'], []] as const,
    ['ENOENT', { code: 'ENOENT', in: place, times: always }, ['missing'], []] as const,
  ]),
].map(([what, fault, findings, codes]) => [what, fault, [...findings], [...codes]]);

for (const [what, fault, expected, codes] of cases) {
  test(`of a file that answers ${fault.in} with ${what} is said: ${expected[0] ?? codes[0] ?? 'nothing'}`, async (context) => {
    const said = await lookWith(context, { fault });
    assert.deepEqual([said.findings, said.codes], [expected, codes]);
    assert.equal(said.unreadable.count, codes.length);
    assert.equal(said.unreadable.firstPath, codes.length > 0 ? said.name : undefined);
    assert.equal(said.unreadable.ids.length, codes.length);
  });
}

test('a folder, a FIFO or rubbish in the place of a file is damage at once', async (context) => {
  const folder = await lookWith(context, {
    harm(file) {
      rmSync(file);
      mkdirSync(file);
    },
  });
  assert.deepEqual([folder.findings, folder.codes], [['damaged'], []]);
  const fifo = await lookWith(context, {
    harm(file) {
      rmSync(file);
      execFileSync('mkfifo', [file]);
    },
  });
  assert.deepEqual([fifo.findings, fifo.codes], [['damaged'], []]);
  const rubbish = await lookWith(context, { harm: (file) => writeFileSync(file, 'rubbish') });
  assert.deepEqual([rubbish.findings, rubbish.codes], [['damaged'], []]);
});

test('a slice ends when its time is over, and the next one looks at what is behind it', async (context) => {
  const { fixture, recordingsDir, put, adopt } = recordedSite(context);
  for (const number of [1, 2, 3]) put(`${number}-0.mp4`, siteSegment({ runId: randomUUID() }).closed());
  await adopt();
  const files = openRecordedFileList(fixture.file, migrationsDir);
  context.after(() => files.close());
  const slice = (afterKey: number, forMs: number) =>
    searchLosses({
      files,
      roots: new Map([[testRootId, recordingsDir]]),
      job: { kind: 'all', deep: true, afterKey, forMs },
      clock: systemClock,
      onFindings: async () => assert.fail('all is as it should be'),
    });
  const keys = files.after(0, 10).map(({ key }) => key);
  assert.equal(keys.length, 3);
  const first = await slice(0, 0);
  assert.deepEqual([first.checked, first.reachedKey], [1, keys[0]]);
  const rest = await slice(keys[0]!, 60_000);
  assert.deepEqual([rest.checked, rest.reachedKey], [2, undefined]);
  const none = await slice(keys[2]!, 0);
  assert.deepEqual([none.checked, none.reachedKey], [0, undefined]);
});
