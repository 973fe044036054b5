import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import { migrationsDir } from '../../test/fixtures/index_fixture.ts';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { openIndex } from './open_index.ts';

/** How many migrations there are. Those of the tests come behind them. */
const known = readdirSync(migrationsDir).length;
/** The name of a migration, so many behind those that there are. */
const behind = (count: number, name: string) => `${String(known + count).padStart(4, '0')}-${name}`;

/** A data folder, and a copy of the migrations that a test may add to. */
function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-migrations-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'nightjar.db');
  const migrations = join(folder, 'migrations');
  cpSync(migrationsDir, migrations, { recursive: true });
  return {
    file,
    open: () => openIndex({ file, migrationsDir: migrations, clock: new SimulatedClock() }),
    add: (name: string, sql: string) => writeFileSync(join(migrations, name), sql),
    query: (sql: string, path = file) => {
      const database = new SqliteDatabase(path, { readonly: true });
      const row = database.prepare(sql).pluck().get();
      database.close();
      return row;
    },
  };
}

test('a new database has every migration, and no copy is made of nothing', (context) => {
  const { file, open, query } = setUp(context);
  open().close();
  assert.equal(query('pragma user_version'), known);
  assert.equal(query('select count(*) from migrations'), known);
  assert.equal(query('select name from migrations order by number'), '0001-footage.sql');
  assert.equal(existsSync(`${file}.before-0001`), false);
});

test('an old database is copied, privately, before it is migrated', (context) => {
  const { file, open, add, query } = setUp(context);
  open().close();
  add(behind(1, 'more.sql'), 'create table more (a integer) strict;');
  add(behind(2, 'still-more.sql'), 'alter table more add column b integer;');
  open().close();
  assert.equal(query('pragma user_version'), known + 2);
  assert.equal(query('select count(*) from more'), 0);
  const copy = `${file}.before-${behind(1, '').slice(0, 4)}`;
  assert.equal(query('pragma user_version', copy), known);
  assert.equal(query('select id from installation', copy), query('select id from installation'));
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  open().close();
  assert.equal(query('select count(*) from migrations'), known + 2, 'once only');
});

test('a migration that fails leaves the database as it was, and says which one and why', (context) => {
  const { file, open, add, query } = setUp(context);
  open().close();
  add(behind(1, 'more.sql'), 'create table more (a integer) strict;');
  add(behind(2, 'broken.sql'), 'create table less (a integer) strict; insert into nowhere values (1);');
  const expected = {
    code: 'migration_failed',
    message: `${file}: ${behind(2, 'broken.sql')}: no such table: nowhere.`,
  };
  assert.throws(open, expected);
  assert.throws(open, expected, 'again, with the copy of the first attempt there');
  assert.equal(query('pragma user_version'), known);
  assert.equal(query("select count(*) from sqlite_schema where name in ('more', 'less')"), 0);
  assert.equal(query('select count(*) from migrations'), known);
});

test('a migration that leaves rows which refer to none is undone', (context) => {
  const { open, add, query } = setUp(context);
  open().close();
  add(
    behind(1, 'dangling.sql'),
    `pragma defer_foreign_keys = on;
     insert into cameras (key, id, name, created_ms) values (7, printf('%036d', 7), 'Yard', 0);
     create table pets (owner integer references cameras (key)) strict;
     pragma foreign_keys = off;
     insert into pets values (8);`,
  );
  assert.throws(open, { code: 'migration_failed' });
  assert.equal(query('pragma user_version'), known);
  assert.equal(query('select count(*) from cameras'), 0);
});

test('a copy that cannot be made stops the migration, and half a copy is not kept', (context) => {
  const { file, open, add, query } = setUp(context);
  open().close();
  add(behind(1, 'more.sql'), 'create table more (a integer) strict;');
  const copy = `${file}.before-${behind(1, '').slice(0, 4)}`;
  mkdirSync(copy);
  writeFileSync(join(copy, 'in the way'), '');
  assert.throws(open, { code: 'migration_failed' });
  assert.equal(query('pragma user_version'), known);
  rmSync(copy, { recursive: true });
  open().close();
  assert.equal(query('pragma user_version'), known + 1);
});

test('a database from the future is left alone', (context) => {
  const { file, open, add } = setUp(context);
  add(behind(1, 'more.sql'), 'create table more (a integer) strict;');
  open().close();
  assert.throws(() => openIndex({ file, migrationsDir, clock: new SimulatedClock() }), {
    code: 'database_newer',
    message: `${file} has version ${known + 1} of the schema, and this Nightjar knows ${known}.`,
  });
});

test('a migration that was changed after it had been applied is refused', (context) => {
  const { file, open, add } = setUp(context);
  open().close();
  add('0001-footage.sql', '-- nothing');
  assert.throws(open, {
    code: 'migration_failed',
    message: `${file}: Migration 0001-footage.sql was changed after it had been applied.`,
  });
});

for (const name of [behind(2, 'too-far.sql'), '9-short.sql', '0009 Spaces.sql']) {
  test(`a migration called ${name} is refused`, (context) => {
    const { open, add } = setUp(context);
    add(name, 'select 1;');
    assert.throws(open, { code: 'migration_failed', message: /out of order or misnamed/ });
  });
}
