import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';
import { databaseError, withDatabaseErrors } from './database_error.ts';
import { networkShare } from './network_share.ts';

/** `NJAR`: tells the index from other SQLite files. */
const applicationId = 0x4e4a4152;
/** How long a statement waits for a reader's lock: only checkpoints and migrations ever do. */
const busyTimeoutMs = 5_000;
/** Of the write-ahead log, after a checkpoint. */
const journalSizeLimit = 64 * 1024 * 1024;
/** Databases up to this size are checked page by page at each start, larger ones at their ends only. */
const fullProbeBytes = 16 * 1024 * 1024;

/** One connection to the index database. */
export interface Database {
  readonly file: string;
  readonly sqlite: SqliteDatabase.Database;
  /**
   * Runs `work` as one transaction: all of it is on the disk when this returns, or none of it if it throws.
   * Within another transaction it is a part of that one.
   */
  transaction<Result>(work: () => Result): Result;
  /**
   * The same without the wait for the disk: a power cut may undo it, as a whole and with nothing of what came before it.
   * For what would be done again then. The next `transaction` takes it to the disk.
   */
  unsyncedTransaction<Result>(work: () => Result): Result;
}

/**
 * Makes the folder of the database, for its owner alone, where there is none. Throws `data_folder_unwritable`, and
 * `setting_invalid` for a folder on a network share: locks and syncs cannot be relied on there, and SQLite's files
 * get damaged sooner or later.
 */
export function createDataFolder(file: string): void {
  const folder = dirname(file);
  withFolderErrors(file, () => makeFolder(folder));
  const share = networkShare(statfsSync(folder).type);
  if (share === undefined) return;
  throw new NightjarError(
    'setting_invalid',
    `The data folder ${folder} is on a network share (${share}); choose one on a local disk. ` +
      'The recordings may stay on a share.',
    { place: { field: 'dataDir', file: folder } },
  );
}

/**
 * Opens the database for writing, made empty (mode 0600, since it holds the passwords of cameras) where there is
 * none. Throws `database_damaged` when it is no database, not the index, or cannot be read.
 */
export function openDatabase(file: string): Database {
  withFolderErrors(file, () => createPrivately(file));
  return opened(file, { timeout: busyTimeoutMs }, (sqlite) => {
    refuseForeign(sqlite, file);
    sqlite.pragma('journal_mode = wal');
    // Each commit reaches the disk before it is believed; in WAL mode `normal` would not promise that.
    sqlite.pragma('synchronous = full');
    sqlite.pragma(`journal_size_limit = ${journalSizeLimit}`);
    probe(sqlite, file);
    if (isEmpty(sqlite)) sqlite.pragma(`application_id = ${applicationId}`);
  });
}

/** Makes a database that a power cut may take until it is closed and synced. Throws what {@link openDatabase} throws. */
export function openNewDatabase(file: string): Database {
  const database = openDatabase(file);
  database.sqlite.pragma('synchronous = off');
  return database;
}

/** Opens an existing database that another connection writes, for reading alone. Throws `database_missing`. */
export function openDatabaseReadOnly(file: string): Database {
  if (!existsSync(file)) {
    throw new NightjarError('database_missing', `There is no index database ${file}.`, { place: { file } });
  }
  const options = { readonly: true, fileMustExist: true, timeout: busyTimeoutMs };
  return opened(file, options, (sqlite) => refuseForeign(sqlite, file));
}

/** The methods, each made to throw errors of the catalogue in place of SQLite's. */
// biome-ignore lint/suspicious/noExplicitAny: any function will do, and keeps its own type.
export function guarded<Methods extends Record<string, (...parameters: any[]) => unknown>>(
  database: Database,
  methods: Methods,
): Methods {
  const guard = ([name, method]: [string, Methods[string]]) => [
    name,
    (...parameters: unknown[]) => withDatabaseErrors(database.file, () => method(...parameters)),
  ];
  return Object.fromEntries(
    Object.entries(methods).map((entry) => guard(entry as [string, Methods[string]])),
  );
}

/** The search for faults that SQLite itself finds, table by table: each step gives them in words; slow. */
export function integritySteps({ sqlite }: Pick<Database, 'sqlite'>): (() => string[])[] {
  const tables = sqlite
    .prepare("select name from sqlite_schema where type = 'table'")
    .pluck()
    .all() as string[];
  return [
    ...tables.map((table) => () => {
      const lines = sqlite.pragma(`integrity_check("${table}")`) as { integrity_check: string }[];
      return lines.map((line) => line.integrity_check).filter((line) => line !== 'ok');
    }),
    () => {
      const foreign = sqlite.pragma('foreign_key_check') as { table: string; parent: string }[];
      return foreign.map(
        ({ table, parent }) => `a row of ${table} refers to a row of ${parent} that is not there`,
      );
    },
  ];
}

function opened(
  file: string,
  options: SqliteDatabase.Options,
  prepare: (sqlite: SqliteDatabase.Database) => void,
): Database {
  const sqlite = withDatabaseErrors(file, () => new SqliteDatabase(file, options));
  try {
    prepare(sqlite);
    sqlite.pragma('foreign_keys = on');
  } catch (error) {
    sqlite.close();
    throw databaseError(error, file);
  }
  return {
    file,
    sqlite,
    transaction: (work) => (sqlite.inTransaction ? work() : sqlite.transaction(work).immediate()),
    unsyncedTransaction: (work) => {
      // Within another one the pragma would have no effect, nor may that one go unsynced.
      if (sqlite.inTransaction) return work();
      const synchronous = sqlite.pragma('synchronous', { simple: true });
      sqlite.pragma('synchronous = normal');
      try {
        return sqlite.transaction(work).immediate();
      } finally {
        sqlite.pragma(`synchronous = ${synchronous}`);
      }
    },
  };
}

function createPrivately(file: string): void {
  // An existing database must not be opened and closed beside SQLite: POSIX would drop the process's locks on it.
  if (existsSync(file)) chmodSync(file, 0o600);
  else closeSync(openSync(file, 'ax', 0o600));
}

function withFolderErrors(file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new NightjarError('data_folder_unwritable', `${file}: ${(error as Error).message}.`, {
      place: { file },
      cause: error,
    });
  }
}

function refuseForeign(sqlite: SqliteDatabase.Database, file: string): void {
  if (isEmpty(sqlite) || sqlite.pragma('application_id', { simple: true }) === applicationId) return;
  throw new NightjarError('database_damaged', `${file} is a database, but not an index of Nightjar.`, {
    place: { file },
  });
}

function isEmpty(sqlite: SqliteDatabase.Database): boolean {
  return sqlite.prepare('select count(*) from sqlite_schema').pluck().get() === 0;
}

/** Finds at once what a damaged database would else show in the middle of the night. */
function probe(sqlite: SqliteDatabase.Database, file: string): void {
  const faults = statSync(file).size <= fullProbeBytes ? quickCheck(sqlite) : readEnds(sqlite);
  if (faults === undefined) return;
  throw new NightjarError('database_damaged', `${file}: ${faults}.`, { place: { file } });
}

function quickCheck(sqlite: SqliteDatabase.Database): string | undefined {
  const first = sqlite.pragma('quick_check(1)', { simple: true });
  return first === 'ok' ? undefined : String(first);
}

function readEnds(sqlite: SqliteDatabase.Database): string | undefined {
  const tables = sqlite.prepare("select name from sqlite_schema where type = 'table'").pluck().all();
  for (const table of tables as string[]) {
    const primary = sqlite.prepare('select name from pragma_table_info(?) where pk = 1').pluck().get(table);
    if (primary === undefined) continue;
    for (const order of ['asc', 'desc']) {
      sqlite.prepare(`select * from "${table}" order by "${primary}" ${order} limit 1`).get();
    }
  }
  return undefined;
}

/** Node's own recursive mkdir never ends where the file system answers ENOENT although the parent exists. */
function makeFolder(folder: string, parentIsThere = false): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || parentIsThere) throw thrown;
    makeFolder(dirname(folder));
    makeFolder(folder, true);
  }
}
