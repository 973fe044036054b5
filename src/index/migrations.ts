import { createHash } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Database } from './database.ts';

/** One file of the migrations folder: `0001-footage.sql`. */
interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  /** Hex SHA-256 of the file. */
  readonly hash: string;
}

interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly hash: string;
}

/**
 * Brings the schema up to date, forward only.
 *
 * 1. A copy of an existing database is written beside it, as `<file>.before-<number>`.
 * 2. All pending migrations run in one transaction: after a failure or a power cut the database is as it was.
 *
 * Throws `database_newer` when the database knows migrations that the folder does not, and `migration_failed` when
 * one fails or was changed after it had been applied.
 */
export function migrate(database: Database, migrationsDir: string, clock: Clock): void {
  const migrations = readMigrations(migrationsDir);
  const version = schemaVersion(database);
  refuseNewer(database, version, migrations.length);
  if (version > 0) refuseChanged(database, migrations);
  const pending = migrations.slice(version);
  const next = pending[0];
  if (!next) return;
  try {
    if (version > 0) takeSnapshot(database, `${database.file}.before-${next.name.slice(0, 4)}`);
    database.transaction(() => {
      for (const migration of pending) apply(database, migration, clock);
      refuseDangling(database);
    });
  } catch (error) {
    throw failed(database, `${(error as Error).message}.`, error);
  }
}

/** Throws `database_newer` or `database_older` unless the schema is the one that the folder's migrations make. */
export function requireCurrentSchema(database: Database, migrationsDir: string): void {
  const version = schemaVersion(database);
  const known = readMigrations(migrationsDir).length;
  refuseNewer(database, version, known);
  if (version === known) return;
  throw new NightjarError(
    'database_older',
    `${database.file} has version ${version} of the schema, and this Nightjar needs ${known}.`,
    { place: { file: database.file } },
  );
}

/** The number of the newest migration that was applied; 0 for an empty database. */
export function schemaVersion(database: Database): number {
  return database.sqlite.pragma('user_version', { simple: true }) as number;
}

function refuseNewer(database: Database, version: number, known: number): void {
  if (version <= known) return;
  throw new NightjarError(
    'database_newer',
    `${database.file} has version ${version} of the schema, and this Nightjar knows ${known}.`,
    { place: { file: database.file } },
  );
}

function refuseChanged(database: Database, migrations: readonly Migration[]): void {
  const rows = database.sqlite.prepare('select number, name, hash from migrations order by number').all();
  for (const applied of rows as AppliedMigration[]) {
    if (migrations[applied.number - 1]?.hash === applied.hash) continue;
    throw failed(database, `Migration ${applied.name} was changed after it had been applied.`);
  }
}

/** A row that refers to none is a fault of the migration, and better found while it can be undone. */
function refuseDangling({ sqlite }: Database): void {
  const [dangling] = sqlite.pragma('foreign_key_check') as { table: string; parent: string }[];
  if (!dangling) return;
  throw new Error(`A row of ${dangling.table} refers to a row of ${dangling.parent} that is not there`);
}

/**
 * A whole copy through SQLite, private like the original and on the disk before anything is changed; one from an earlier
 * attempt is replaced.
 */
function takeSnapshot(database: Database, file: string): void {
  rmSync(file, { force: true });
  closeSync(openSync(file, 'ax', 0o600));
  try {
    database.sqlite.prepare('vacuum into ?').run(file);
    chmodSync(file, 0o600);
    syncFile(file);
  } catch (error) {
    // Half a copy is none, and the disk may be full.
    rmSync(file, { force: true });
    throw error;
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function apply(database: Database, migration: Migration, clock: Clock): void {
  try {
    database.sqlite.exec(migration.sql);
  } catch (error) {
    throw new Error(`${migration.name}: ${(error as Error).message}`, { cause: error });
  }
  database.sqlite
    .prepare('insert into migrations (number, name, hash, applied_ms) values (?, ?, ?, ?)')
    .run(migration.number, migration.name, migration.hash, Math.round(clock.now()));
  database.sqlite.pragma(`user_version = ${migration.number}`);
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
    if (number !== index + 1) {
      throw new NightjarError('migration_failed', `${join(folder, name)} is out of order or misnamed.`);
    }
    const sql = readFileSync(join(folder, name), 'utf8');
    return { number, name, sql, hash: createHash('sha256').update(sql).digest('hex') };
  });
}

function failed(database: Database, detail: string, cause?: unknown): NightjarError {
  return new NightjarError('migration_failed', `${database.file}: ${detail}`, {
    place: { file: database.file },
    cause,
  });
}
