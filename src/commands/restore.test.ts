import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { commandLine } from '../../test/fixtures/command_line.ts';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { recordedSite, siteSegment, siteStartMs } from '../../test/fixtures/recorded_site.ts';
import { testIds } from '../../test/fixtures/segment_file.ts';
import { until } from '../../test/fixtures/until.ts';
import { systemClock } from '../clock/system_clock.ts';
import { openIndex } from '../index/open_index.ts';

const main = path.join(import.meta.dirname, '../main.ts');
const { cameraId } = testIds;

/** A stopped server with one file of footage, and a copy of its index beside a write-ahead log where it has one. */
function stoppedServer(context: TestContext) {
  const site = recordedSite(context);
  const { fixture, recordingsDir } = site;
  const dataDir = path.join(fixture.folder, 'data');
  mkdirSync(dataDir);
  const live = path.join(dataDir, 'nightjar.db');
  const backup = path.join(fixture.folder, 'backup.db');
  const words = ['restore', backup, '--data-dir', dataDir, '--recordings-dir', recordingsDir, '--json'];
  const copyTo = (place: string) => {
    for (const suffix of ['', '-wal']) {
      if (existsSync(`${fixture.file}${suffix}`))
        copyFileSync(`${fixture.file}${suffix}`, `${place}${suffix}`);
    }
  };
  const tell = (journal: string, ...lines: readonly object[]) => {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    appendFileSync(path.join(recordingsDir, journal), text);
  };
  const opened = () => {
    const index = openIndex({ file: live, migrationsDir, clock: systemClock });
    context.after(() => index.close());
    return index;
  };
  return { ...site, dataDir, live, backup, words, copyTo, tell, opened };
}

test('what a killed server left in the write-ahead log beside an index is restored with it', async (context) => {
  const { fixture, backup, words, copyTo, opened } = stoppedServer(context);
  fixture.reopen();
  fixture.addCamera({ name: 'Added lately' });
  copyTo(backup);
  const { code, stderr } = await commandLine(words);
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    opened()
      .cameras.list()
      .map(({ name }) => name)
      .sort(),
    fixture.index.cameras
      .list()
      .map(({ name }) => name)
      .sort(),
  );
});

test('the index that is replaced is kept with what is in its write-ahead log', async (context) => {
  const { fixture, backup, live, words, copyTo } = stoppedServer(context);
  fixture.reopen();
  copyTo(backup);
  fixture.addCamera({ name: 'Added lately' });
  copyTo(live);
  const { stdout } = await commandLine(words);
  const index = openIndex({ file: JSON.parse(stdout).kept, migrationsDir, clock: systemClock });
  context.after(() => index.close());
  assert.equal(index.cameras.list().length, 2);
});

test('events that ended and protections that were released since are so', async (context) => {
  const { fixture, backup, words, copyTo, tell, opened } = stoppedServer(context);
  const [lasting, begun, held] = [randomUUID(), randomUUID(), randomUUID()];
  const event = { cameraId, type: 'motion', startMs: siteStartMs, source: 'test', createdMs: siteStartMs };
  const hold = { id: held, cameraId, startMs: 0, reason: 'police', createdBy: 'owner', createdMs: 1 };
  fixture.index.events.insert({ ...event, id: lasting, endMs: undefined, data: undefined });
  fixture.index.protections.insert({ ...hold, endMs: undefined });
  copyTo(backup);
  tell('events.jsonl', { id: lasting, endMs: siteStartMs + 1_000 }, { ...event, id: begun });
  tell('events.jsonl', { id: begun, endMs: siteStartMs + 1_600 });
  tell('holds.jsonl', hold, { id: held, releasedMs: siteStartMs, releasedBy: 'owner', reason: 'done' });
  const { stdout } = await commandLine(words);
  const { protections, released, events, endedEvents } = JSON.parse(stdout);
  assert.deepEqual([protections, released, events, endedEvents], [0, 1, 1, 1]);
  const index = opened();
  assert.deepEqual(
    [lasting, begun].map((id) => index.events.get(cameraId, id)?.endMs),
    [siteStartMs + 1_000, siteStartMs + 1_600],
  );
  assert.deepEqual(index.protections.list(), []);
});

test('told to stop, it leaves the index as it was', async (context) => {
  const { fixture, recordingsDir, backup, live, dataDir, words, put, adopt, copyTo } = stoppedServer(context);
  const file = put('1-0.mp4', siteSegment().closed());
  await adopt();
  fixture.reopen();
  copyTo(backup);
  copyTo(live);
  const before = readFileSync(live);
  rmSync(path.join(recordingsDir, file));
  const { code } = await commandLine(words, { signal: AbortSignal.abort() });
  assert.notEqual(code, 0);
  assert.deepEqual(readFileSync(live), before);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => /restor|replacement/.test(name)),
    [],
  );
});

test('killed while it catches up, the old index is in its place', async (context) => {
  const { recordingsDir, backup, live, dataDir, words, copyTo, opened } = stoppedServer(context);
  copyTo(backup);
  copyTo(live);
  // As a disk that is slow to answer.
  execFileSync('mkfifo', [path.join(recordingsDir, 'holds.jsonl')]);
  const child = spawn(process.execPath, [main, ...words], { stdio: 'ignore' });
  context.after(() => child.kill('SIGKILL'));
  await until(() => readdirSync(dataDir).some((name) => /replacement-wal$/.test(name)));
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(opened().cameras.list().length, 1);
});

type Stopped = ReturnType<typeof stoppedServer>;

/** A byte of a picture is wrong. */
function flipped(bytes: Buffer): Buffer {
  const harmed = Buffer.from(bytes);
  harmed[siteSegment().fragments[1]!.offset + 400]! ^= 0xff;
  return harmed;
}

/** One file that the backup has, what becomes of it, and what the restored index says of its three seconds. */
const losses: readonly {
  name: string;
  /** What the backup knows of the file, which is there at that time unless it is `missing`. */
  known?: 'missing' | 'damaged';
  /** What of the file there is then; nothing: the whole of it. */
  harm?: (whole: Buffer) => Buffer | undefined;
  /** The journal says this of its time, in seconds from its beginning; `deletedBy` marks what retention wrote. */
  told?: readonly (readonly [fromSeconds: number, toSeconds: number, cause: string, deletedBy?: string])[];
  /** Files by what `restore` says of them. */
  said?: { readonly gone?: number; readonly missing?: number; readonly damaged?: number };
  /** Of the restored index, after the sweep that forgets what was deleted. */
  cause?: string;
}[] = [
  { name: 'nothing' },
  { name: 'it is missing', harm: () => undefined, said: { missing: 1 }, cause: 'lost' },
  {
    name: 'it is missing, as the backup knows',
    known: 'missing',
    harm: () => undefined,
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, and was damaged',
    known: 'damaged',
    harm: () => undefined,
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, as a journal says',
    harm: () => undefined,
    told: [[0, 3, 'lost']],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, and what was recorded before it was deleted',
    harm: () => undefined,
    told: [[-60, 0, 'deleted']],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, and an overlapping one was deleted',
    harm: () => undefined,
    told: [
      [1, 3, 'lost'],
      [-60, 1, 'deleted'],
    ],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, as the last line says, and its time was deleted before',
    harm: () => undefined,
    told: [
      [0, 3, 'deleted', 'max_age'],
      [0, 3, 'lost'],
    ],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, was found damaged, and an overlapping one was deleted',
    harm: () => undefined,
    told: [
      [1, 3, 'damaged'],
      [-60, 1, 'deleted', 'max_age'],
    ],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is missing, was found damaged, and nothing says that it was deleted',
    harm: () => undefined,
    told: [[0, 3, 'damaged']],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it was deleted',
    harm: () => undefined,
    told: [[0, 3, 'deleted', 'max_age']],
    said: { gone: 1 },
    cause: 'deleted',
  },
  {
    name: 'it was deleted, by a line without a mark',
    harm: () => undefined,
    told: [[0, 3, 'deleted']],
    said: { gone: 1 },
    cause: 'deleted',
  },
  {
    name: 'it was deleted with its neighbours',
    harm: () => undefined,
    told: [[-60, 60, 'deleted', 'min_free']],
    said: { gone: 1 },
    cause: 'deleted',
  },
  {
    name: 'it was deleted, and other footage had a part of its time',
    harm: () => undefined,
    told: [[0, 2, 'deleted', 'max_age']],
    said: { gone: 1 },
    cause: 'deleted',
  },
  {
    name: 'it was missing, put back and deleted',
    known: 'missing',
    harm: () => undefined,
    told: [
      [0, 3, 'lost'],
      [0, 3, 'deleted', 'max_age'],
    ],
    said: { gone: 1 },
    cause: 'deleted',
  },
  {
    name: 'it was missing, as the backup knows, and then deleted',
    known: 'missing',
    harm: () => undefined,
    told: [[0, 3, 'lost', 'max_age']],
    said: { gone: 1 },
    cause: 'lost',
  },
  {
    name: 'it was lost, and then deleted',
    harm: () => undefined,
    told: [
      [0, 3, 'lost'],
      [0, 3, 'lost', 'max_age'],
    ],
    said: { gone: 1 },
    cause: 'lost',
  },
  {
    name: 'it was found damaged, and then deleted',
    harm: () => undefined,
    told: [
      [0, 3, 'damaged'],
      [0, 3, 'damaged', 'camera_max_bytes'],
    ],
    said: { gone: 1 },
    cause: 'damaged',
  },
  {
    name: 'it was damaged, as the backup knows, and then deleted',
    known: 'damaged',
    harm: () => undefined,
    told: [[0, 3, 'damaged', 'max_age']],
    said: { gone: 1 },
    cause: 'damaged',
  },
  {
    name: 'it was damaged, as the backup knows, then missing, and then deleted with its neighbours',
    known: 'damaged',
    harm: () => undefined,
    told: [
      [0, 3, 'lost'],
      [-60, 60, 'lost', 'max_age'],
    ],
    said: { gone: 1 },
    cause: 'lost',
  },
  {
    name: 'it was recorded with a hole, and deleted',
    harm: () => undefined,
    told: [
      [0, 1, 'deleted', 'max_age'],
      [1, 2, 'damaged', 'max_age'],
      [2, 3, 'deleted', 'max_age'],
    ],
    said: { gone: 1 },
    cause: 'deleted',
  },
  {
    name: 'it was lost and perhaps deleted, by lines without a mark',
    harm: () => undefined,
    told: [
      [0, 3, 'lost'],
      [0, 3, 'lost'],
    ],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'something is said of it by a line whose mark is none',
    harm: () => undefined,
    told: [[0, 3, 'lost', '']],
    said: { missing: 1 },
    cause: 'lost',
  },
  {
    name: 'it is damaged, as the backup knows',
    known: 'damaged',
    harm: flipped,
    said: { damaged: 1 },
    cause: 'damaged',
  },
  {
    name: 'it is cut off',
    harm: (whole) => whole.subarray(0, whole.length - 1_000),
    said: { damaged: 1 },
    cause: 'damaged',
  },
  {
    name: 'it was found damaged, by a journal',
    harm: flipped,
    told: [[0, 3, 'damaged']],
    said: { damaged: 1 },
    cause: 'damaged',
  },
  { name: 'it was found damaged and put back whole', told: [[0, 3, 'damaged']] },
  { name: 'it was missing at the time of the backup, and is back', known: 'missing' },
  { name: 'it was damaged at the time of the backup, and is whole again', known: 'damaged' },
];

async function restoredFile(
  site: Stopped,
  { known, harm = (whole) => whole, told = [] }: (typeof losses)[number],
) {
  const { fixture, recordingsDir, backup, words, put, adopt, copyTo, tell, opened, rows } = site;
  const bytes = siteSegment().closed();
  const file = path.join(recordingsDir, put('1-0.mp4', bytes));
  await adopt();
  const { id, streamId, startMs, endMs } = rows()[0]!;
  if (known) fixture.index.losses.note([{ segmentId: id, finding: known }], endMs);
  fixture.reopen();
  copyTo(backup);
  const left = harm(bytes);
  if (left) writeFileSync(file, left);
  else rmSync(file);
  for (const [fromSeconds, toSeconds, cause, deletedBy] of told) {
    const times = { fromMs: startMs + fromSeconds * 1_000, toMs: startMs + toSeconds * 1_000 };
    const line = { ...times, cause, deletedBy };
    tell('gaps.jsonl', { streamId, ...line });
  }
  const { code, stdout, stderr } = await commandLine(words);
  assert.equal(code, 0, stderr);
  const index = opened();
  const causes = () => index.footage.gaps(streamId, startMs, endMs).map(({ cause }) => cause);
  const coveredMs = () =>
    index.footage
      .coverage(streamId, startMs, endMs)
      .reduce((sum, stretch) => sum + stretch.endMs - stretch.startMs, 0);
  return { index, report: JSON.parse(stdout), id, file, bytes, endMs, causes, coveredMs };
}

for (const loss of losses) {
  test(`of a file since the backup is said what it is: ${loss.name}`, async (context) => {
    const site = stoppedServer(context);
    const { index, report, causes, coveredMs } = await restoredFile(site, loss);
    const { gone, missing, damaged } = report;
    assert.deepEqual({ gone, missing, damaged }, { gone: 0, missing: 0, damaged: 0, ...loss.said });
    const alarming = index.losses.summary();
    assert.deepEqual([alarming.missing, alarming.damaged], [missing, damaged], 'before the first sweep too');
    assert.equal(alarming.newestMs === undefined, missing + damaged === 0);
    const journal = path.join(site.recordingsDir, 'gaps.jsonl');
    const lines = existsSync(journal) ? readFileSync(journal, 'utf8').trimEnd().split('\n').length : 0;
    if (gone > 0) assert.equal(lines, loss.told!.length, 'a deletion is not journalled as a loss');
    const pending = index.deletion.pendingDeletions();
    assert.deepEqual(
      pending.map(({ because }) => because),
      gone === 1 ? ['restored'] : [],
    );
    index.deletion.finishDeleting(pending.map(({ id }) => id));
    assert.deepEqual(causes(), loss.cause === undefined ? [] : [loss.cause]);
    assert.equal(coveredMs(), loss.cause === undefined ? 3_000 : 0);
    assert.equal(index.losses.summary().missing, missing);
    assert.equal(index.passes.last(false), undefined, 'the next start looks at all files');
    assert.deepEqual(index.check(), []);
  });
}

test('a file that is put back after the restore counts again', async (context) => {
  const site = stoppedServer(context);
  const missing = await restoredFile(site, { name: 'it is missing', harm: () => undefined });
  const { index, id, endMs, causes, coveredMs } = missing;
  index.losses.note([{ segmentId: id, finding: 'intact' }], endMs);
  assert.deepEqual([causes(), coveredMs()], [[], 3_000]);
  assert.deepEqual(index.check(), []);
});

test('what restore finds lost is in the journal, for an index made anew', async (context) => {
  const site = stoppedServer(context);
  await restoredFile(site, { name: 'it is missing', harm: () => undefined });
  const journal = readFileSync(path.join(site.recordingsDir, 'gaps.jsonl'), 'utf8');
  const line = { fromMs: siteStartMs, toMs: siteStartMs + 3_000, cause: 'lost' };
  assert.deepEqual(JSON.parse(journal), { streamId: testIds.streamId, ...line });
});
