import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { camerasTable } from './cameras.ts';
import { check } from './check.ts';
import { createDataFolder, type Database, guarded, openDatabase, openDatabaseReadOnly } from './database.ts';
import { lockDatabase } from './database_lock.ts';
import { deletion } from './deletion.ts';
import { footageReader } from './footage_reader.ts';
import { ledger } from './ledger.ts';
import { migrate } from './migrations.ts';

export interface IndexOptions {
  /** The database file; `:memory:` is not supported. */
  readonly file: string;
  /** The folder of numbered SQL files. */
  readonly migrationsDir: string;
  readonly clock: Clock;
}

export type CameraIndex = Omit<ReturnType<typeof camerasTable>, 'forgetArchived'>;
export type Ledger = ReturnType<typeof ledger>;
export type FootageIndex = ReturnType<typeof footageReader>;
export type Deletion = ReturnType<typeof deletion>;

/** What may be read from any thread. */
export interface IndexReader {
  readonly installationId: string;
  readonly footage: FootageIndex;
  close(): void;
}

/** The index, for the one thread that writes it. */
export interface Index extends IndexReader {
  readonly cameras: CameraIndex;
  readonly ledger: Ledger;
  readonly deletion: Deletion;
  /** Every way in which the database contradicts itself, in words; empty when all is well. Slow. */
  check(): string[];
}

/**
 * Opens the index of a data folder for writing, made where there is none, migrated where it is old.
 *
 * Throws `database_locked` when another process has it, `database_damaged`, `database_newer`, `migration_failed`,
 * `data_folder_unwritable` and, for a network share, `setting_invalid`; nothing is changed then.
 */
export function openIndex({ file, migrationsDir, clock }: IndexOptions): Index {
  createDataFolder(file);
  const lock = lockDatabase(file);
  let database: Database | undefined;
  try {
    database = openDatabase(file);
    migrate(database, migrationsDir, clock);
    return compose(database, clock, () => {
      database?.sqlite.close();
      lock.release();
    });
  } catch (error) {
    database?.sqlite.close();
    lock.release();
    throw error;
  }
}

/** Opens the index beside its writer, for reading alone; each read sees what was committed before it began. */
export function openIndexReadOnly(file: string): IndexReader {
  const database = openDatabaseReadOnly(file);
  return {
    installationId: installationId(database),
    footage: guarded(database, footageReader(database)),
    close: () => database.sqlite.close(),
  };
}

function compose(database: Database, clock: Clock, close: () => void): Index {
  createInstallation(database, clock);
  const { forgetArchived: _, ...cameras } = camerasTable(database, clock);
  return {
    installationId: installationId(database),
    cameras: guarded(database, cameras),
    ledger: guarded(database, ledger(database)),
    footage: guarded(database, footageReader(database)),
    deletion: guarded(database, deletion(database, clock)),
    check: () => check(database),
    close,
  };
}

function createInstallation({ sqlite }: Database, clock: Clock): void {
  sqlite
    .prepare('insert into installation values (1, ?, ?) on conflict do nothing')
    .run(randomUUID(), Math.round(clock.now()));
}

function installationId({ sqlite }: Database): string {
  return sqlite.prepare('select id from installation').pluck().get() as string;
}
