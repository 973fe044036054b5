import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { IndexFixture, migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { openDatabase } from './database.ts';
import { openIndex, openIndexReadOnly } from './open_index.ts';

function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-database-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const open = (file: string) => openIndex({ file, migrationsDir, clock: new SimulatedClock() });

test('the files of the database, passwords in them, are readable by their owner alone', (context) => {
  const file = join(temporaryFolder(context), 'data', 'nightjar.db');
  const index = open(file);
  const modes = [file, `${file}-wal`, `${file}-shm`].map((path) => statSync(path).mode & 0o777);
  index.close();
  assert.deepEqual(modes, [0o600, 0o600, 0o600]);
});

test('the installation keeps its id', (context) => {
  const file = join(temporaryFolder(context), 'nightjar.db');
  const first = open(file);
  first.close();
  const second = open(file);
  assert.match(first.installationId, /^[0-9a-f-]{36}$/);
  assert.equal(second.installationId, first.installationId);
  second.close();
});

test('commits are synced in full, and readers do not wait for them', (context) => {
  const database = openDatabase(join(temporaryFolder(context), 'nightjar.db'));
  const pragma = (name: string) => database.sqlite.pragma(name, { simple: true });
  assert.deepEqual([pragma('synchronous'), pragma('journal_mode'), pragma('foreign_keys')], [2, 'wal', 1]);
  database.sqlite.close();
});

test('a transaction that need not be synced leaves those after it as they are, also when it fails', (context) => {
  const database = openDatabase(join(temporaryFolder(context), 'nightjar.db'));
  const synchronous = () => database.sqlite.pragma('synchronous', { simple: true });
  database.transaction(() => database.sqlite.exec('create table kept (value)'));
  const insert = database.sqlite.prepare('insert into kept values (?)');
  const seen: unknown[] = [];
  database.unsyncedTransaction(() => {
    seen.push(synchronous());
    insert.run(1);
  });
  assert.throws(() =>
    database.unsyncedTransaction(() => {
      insert.run(2);
      throw new Error('no');
    }),
  );
  database.transaction(() =>
    database.unsyncedTransaction(() => {
      seen.push(synchronous());
      insert.run(3);
    }),
  );
  seen.push(synchronous());
  assert.deepEqual(seen, [1, 2, 2]);
  assert.deepEqual(database.sqlite.prepare('select value from kept').pluck().all(), [1, 3]);
  database.sqlite.close();
});

test('a second Nightjar on the same data folder is refused, until the first one dies', async (context) => {
  const file = join(temporaryFolder(context), 'nightjar.db');
  const script = `
    const { openIndex } = await import(${JSON.stringify(join(import.meta.dirname, 'open_index.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../clock/system_clock.ts'))});
    openIndex({ file: ${JSON.stringify(file)}, migrationsDir: ${JSON.stringify(migrationsDir)}, clock: systemClock });
    // The lock must not go with an index that nobody holds any more.
    setImmediate(() => {
      gc();
      setImmediate(() => process.stdout.write('open'));
    });
    process.stdin.resume();`;
  const other = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  context.after(() => other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  const expected = { code: 'database_locked', message: `${file} is in use by another Nightjar.` };
  assert.throws(() => open(file), expected);
  other.kill('SIGKILL');
  await once(other, 'exit');
  const index = open(file);
  assert.throws(() => open(file), expected, 'in one process, too');
  index.close();
});

const damages: readonly (readonly [name: string, damage: (file: string) => void, message: RegExp])[] = [
  ['a file of text', (file) => writeFileSync(file, 'not a database '.repeat(500)), /file is not a database/],
  [
    'the database of another program',
    (file) => {
      rmSync(file);
      new SqliteDatabase(file).exec('create table bookmarks (url)').close();
    },
    /is a database, but not an index of Nightjar/,
  ],
  [
    'pages of rubbish',
    (file) => overwrite(file, 4_096 * 4, Buffer.alloc(4_096 * 6, 0xa5)),
    /malformed|disk image|Tree/,
  ],
  [
    'an end that was cut off',
    (file) => writeFileSync(file, readFileSync(file).subarray(0, 4_096 * 6)),
    /malformed/,
  ],
];

for (const [name, damage, message] of damages) {
  test(`${name} is told to be a damaged database, with what to do, and left as it is`, (context) => {
    const file = join(temporaryFolder(context), 'nightjar.db');
    open(file).close();
    damage(file);
    const before = readFileSync(file);
    assert.throws(() => open(file), { code: 'database_damaged', message });
    assert.deepEqual(readFileSync(file), before);
    assert.throws(() => open(file), { code: 'database_damaged' }, 'the lock is free again');
  });
}

test('a large database is looked at where it begins and ends, and damage there is found at the start', (context) => {
  const file = join(temporaryFolder(context), 'nightjar.db');
  open(file).close();
  const hand = new SqliteDatabase(file);
  hand.exec('create table ballast (bytes blob); insert into ballast values (zeroblob(20000000))');
  const root = hand
    .prepare("select rootpage from sqlite_schema where name = 'segments'")
    .pluck()
    .get() as number;
  hand.close();
  open(file).close();
  overwrite(file, 4_096 * (root - 1), Buffer.alloc(4_096, 0xa5));
  assert.throws(() => open(file), { code: 'database_damaged', message: /malformed/ });
});

function overwrite(file: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, offset);
  closeSync(descriptor);
}

test('a data folder that cannot be is an error with its name', (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'data'), '');
  const file = join(folder, 'data', 'nightjar.db');
  assert.throws(() => open(file), { code: 'data_folder_unwritable', message: /data/ });
});

test('a reader on another connection sees each commit and cannot write', (context) => {
  const fixture = new IndexFixture();
  const reader = openIndexReadOnly(fixture.file);
  context.after(() => {
    reader.close();
    fixture.remove();
  });
  const { streamId } = fixture.addCamera();
  assert.equal(reader.installationId, fixture.index.installationId);
  assert.deepEqual(reader.footage.coverage(streamId, 0, 100), []);
  const id = fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 0, endMs: 100 });
  assert.equal(reader.footage.coverage(streamId, 0, 100).length, 1);
  assert.deepEqual(reader.footage.segment(id), fixture.index.footage.segment(id));
});

test('a reader of a database that is not there says so', (context) => {
  const file = join(temporaryFolder(context), 'nightjar.db');
  assert.throws(() => openIndexReadOnly(file), { code: 'database_missing' });
});

test('another SQLite reads the same rows', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera({ name: 'Yard', password: 'secret' });
  fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 1_000, endMs: 2_000, bytes: 5_000 });
  const judge = new DatabaseSync(fixture.file, { readOnly: true });
  const one = (sql: string) => ({ ...judge.prepare(sql).get() });
  assert.deepEqual(one('select name, password from cameras'), { name: 'Yard', password: 'secret' });
  assert.deepEqual(one('select start_ms, end_ms, bytes from coverage'), {
    start_ms: 1_000,
    end_ms: 2_000,
    bytes: 5_000,
  });
  assert.deepEqual(one('select state, number, hex(body_hash) as hash from segments'), {
    state: 'closed',
    number: 0,
    hash: '02'.repeat(32),
  });
  assert.deepEqual(one('pragma integrity_check'), { integrity_check: 'ok' });
  assert.deepEqual(one('pragma journal_mode'), { journal_mode: 'wal' });
  judge.close();
});
