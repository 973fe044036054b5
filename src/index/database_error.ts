import SqliteDatabase from 'better-sqlite3';
import type { ErrorCode } from '../errors/catalogue.ts';
import { NightjarError } from '../errors/nightjar_error.ts';

/** SQLite's primary result codes that mean something to the owner of the machine. */
const codes: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['SQLITE_CORRUPT', 'database_damaged'],
  ['SQLITE_NOTADB', 'database_damaged'],
  ['SQLITE_BUSY', 'database_locked'],
  ['SQLITE_LOCKED', 'database_locked'],
  ['SQLITE_FULL', 'disk_full'],
  ['SQLITE_IOERR', 'disk_failed'],
  ['SQLITE_CANTOPEN', 'data_folder_unwritable'],
  ['SQLITE_READONLY', 'data_folder_unwritable'],
  ['SQLITE_PERM', 'data_folder_unwritable'],
];

/** What SQLite throws, as an error of the catalogue; anything else as it is: it is our own mistake or already named. */
export function databaseError(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof SqliteDatabase.SqliteError)) return thrown;
  const known = codes.find(([prefix]) => thrown.code.startsWith(prefix));
  return new NightjarError(known?.[1] ?? 'internal', `${file}: ${thrown.message} (${thrown.code}).`, {
    place: { file },
    cause: thrown,
  });
}

/** Runs `work`; what SQLite throws in it comes out as an error of the catalogue. */
export function withDatabaseErrors<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw databaseError(error, file);
  }
}
