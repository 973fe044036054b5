import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { requireSound } from './backup.ts';
import { cameraEventsTable } from './camera_events.ts';
import { cameraReader, camerasTable } from './cameras.ts';
import { check } from './check.ts';
import { createDataFolder, type Database, guarded, openDatabase, openDatabaseReadOnly } from './database.ts';
import { withDatabaseErrors } from './database_error.ts';
import { lockDatabase } from './database_lock.ts';
import { deletion } from './deletion.ts';
import { footageFigures } from './footage_figures.ts';
import { footageReader } from './footage_reader.ts';
import { inspection } from './inspection.ts';
import { ledger } from './ledger.ts';
import { losses } from './losses.ts';
import { migrate, requireCurrentSchema } from './migrations.ts';
import { passes } from './passes.ts';
import { pastGaps } from './past_gaps.ts';
import { protectionsTable } from './protections.ts';
import { recordedFileList } from './recorded_file_list.ts';
import { rootsTable } from './roots.ts';

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
export type RootIndex = ReturnType<typeof rootsTable>;
export type PastGaps = ReturnType<typeof pastGaps>;
export type Deletion = ReturnType<typeof deletion>;
export type FootageFigures = ReturnType<typeof footageFigures>;
export type LossIndex = ReturnType<typeof losses>;
export type PassIndex = ReturnType<typeof passes>;
export type CameraEventIndex = ReturnType<typeof cameraEventsTable>;
export type ProtectionIndex = ReturnType<typeof protectionsTable>;

/** What may be read from any thread, and beside a server by another process. */
export interface IndexReader {
  readonly cameras: Pick<CameraIndex, 'list'>;
  readonly installationId: string;
  readonly footage: FootageIndex;
  close(): void;
}

/** The index, for the one thread that writes it. */
export interface Index extends IndexReader {
  readonly cameras: CameraIndex;
  readonly ledger: Ledger;
  readonly pastGaps: PastGaps;
  readonly deletion: Deletion;
  readonly figures: FootageFigures;
  readonly roots: RootIndex;
  readonly events: CameraEventIndex;
  readonly protections: ProtectionIndex;
  readonly losses: LossIndex;
  readonly passes: PassIndex;
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

/** The index beside its writer. */
export interface IndexBesideWriter extends IndexReader {
  /** All reads of `work` see the same commits, whatever is written meanwhile. */
  snapshot<Result>(work: () => Result): Result;
}

/** Opens the index beside its writer, for reading alone; each read sees what was committed before it began. */
export function openIndexReadOnly(file: string): IndexBesideWriter {
  const database = openDatabaseReadOnly(file);
  return {
    installationId: installationId(database),
    cameras: guarded(database, cameraReader(database)),
    footage: guarded(database, footageReader(database)),
    snapshot: (work) => database.sqlite.transaction(work).deferred(),
    close: () => database.sqlite.close(),
  };
}

/** The index for whoever compares it with the files, beside its writer. */
export interface InspectedIndex extends ReturnType<typeof inspection> {
  readonly installationId: string;
  close(): void;
}

/**
 * Opens an index for comparison with the files; it is not changed. Throws `database_missing`, `database_damaged`,
 * `database_newer` and `database_older`.
 */
export function openIndexForInspection(file: string, migrationsDir: string): InspectedIndex {
  const database = openDatabaseReadOnly(file);
  try {
    requireCurrentSchema(database, migrationsDir);
    return {
      installationId: installationId(database),
      ...guarded(
        database,
        withDatabaseErrors(file, () => inspection(database)),
      ),
      close: () => database.sqlite.close(),
    };
  } catch (error) {
    database.sqlite.close();
    throw error;
  }
}

/** The files that an index has, for whoever looks at them beside its writer. */
export interface RecordedFileList extends ReturnType<typeof recordedFileList> {
  close(): void;
}

/** Opens an index for a look at its files; it is not changed. Throws what {@link openIndexForInspection} throws. */
export function openRecordedFileList(file: string, migrationsDir: string): RecordedFileList {
  const database = openDatabaseReadOnly(file);
  try {
    requireCurrentSchema(database, migrationsDir);
    return { ...guarded(database, recordedFileList(database)), close: () => database.sqlite.close() };
  } catch (error) {
    database.sqlite.close();
    throw error;
  }
}

/**
 * Throws `database_damaged` for a file that is no index, or one that SQLite finds faults in; it is not changed.
 *
 * @param migrationsDir when given, `database_older` and `database_newer` are thrown for another schema than theirs
 */
export function requireSoundIndex(file: string, migrationsDir?: string): void {
  const database = openDatabaseReadOnly(file);
  try {
    if (migrationsDir !== undefined) requireCurrentSchema(database, migrationsDir);
    withDatabaseErrors(file, () => requireSound(database));
  } finally {
    database.sqlite.close();
  }
}

function compose(database: Database, clock: Clock, close: () => void): Index {
  createInstallation(database, clock);
  const { forgetArchived: _, ...cameras } = camerasTable(database, clock);
  return {
    installationId: installationId(database),
    cameras: guarded(database, cameras),
    ledger: guarded(database, ledger(database)),
    pastGaps: guarded(database, pastGaps(database)),
    footage: guarded(database, footageReader(database)),
    deletion: guarded(database, deletion(database, clock)),
    figures: guarded(database, footageFigures(database)),
    roots: guarded(database, rootsTable(database, clock)),
    events: guarded(database, cameraEventsTable(database)),
    protections: guarded(database, protectionsTable(database)),
    losses: guarded(database, losses(database)),
    passes: guarded(database, passes(database)),
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
