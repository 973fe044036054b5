import SqliteDatabase from 'better-sqlite3';
import { NightjarError } from '../errors/nightjar_error.ts';
import { databaseError } from './database_error.ts';

/** Says that this process is the one that writes a database. */
export interface DatabaseLock {
  release(): void;
}

/** A lock is kept until it is released: SQLite would drop one of which the garbage collector takes the connection. */
const heldLocks = new Set<SqliteDatabase.Database>();

/**
 * Takes the database for this process alone, or throws `database_locked`.
 *
 * The lock is an exclusive transaction, never ended, on an empty SQLite file beside the database: SQLite knows how
 * to lock files on every system, and the operating system drops the lock when the process dies, however it dies.
 * The database's own lock would not do, as readers in other threads must get past it.
 */
export function lockDatabase(file: string): DatabaseLock {
  const lockFile = `${file}.lock`;
  let holder: SqliteDatabase.Database | undefined;
  try {
    holder = new SqliteDatabase(lockFile, { timeout: 0 });
    holder.exec('begin exclusive');
  } catch (thrown) {
    holder?.close();
    const error = databaseError(thrown, lockFile);
    if (!(error instanceof NightjarError) || error.code !== 'database_locked') throw error;
    throw new NightjarError('database_locked', `${file} is in use by another Nightjar.`, {
      place: { file },
      cause: thrown,
    });
  }
  const held = holder;
  heldLocks.add(held);
  return {
    release: () => {
      heldLocks.delete(held);
      held.close();
    },
  };
}
