import { chmodSync, closeSync, openSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';
import { type Database, integritySteps, openDatabaseReadOnly } from './database.ts';
import { databaseError } from './database_error.ts';
import { beginDraft } from './draft.ts';

/** Copied in one go; the process hears signals in between. */
const pagesPerStep = 2_000;

/** How much of a backup is written, in pages of the database. */
export interface BackupProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Copies the index into one file, through SQLite itself, beside a server that writes: the copy is of the moment at which it
 * began. It is there whole, checked and durable, or not at all.
 *
 * Throws `database_missing`, `database_exists`, `database_locked` while another process makes it, `database_damaged`, `data_folder_unwritable` and disk errors.
 *
 * @param to the new file; readable by its owner alone, since it holds the passwords of cameras
 */
export async function backUpDatabase(
  file: string,
  to: string,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: BackupProgress) => void },
): Promise<void> {
  const database = openDatabaseReadOnly(file);
  try {
    const draft = beginDraft(to);
    try {
      createPrivately(draft.file);
      // One reading transaction from beginning to end: else each write of the server would begin the copy anew.
      database.sqlite.exec('begin');
      database.sqlite.pragma('user_version');
      database.sqlite.prepare('select count(*) from sqlite_schema').get();
      await database.sqlite.backup(draft.file, {
        progress({ totalPages, remainingPages }) {
          options.signal.throwIfAborted();
          options.onProgress({ done: totalPages - remainingPages, total: totalPages });
          return pagesPerStep;
        },
      });
      finish(draft.file);
      draft.publish();
    } finally {
      draft.discard();
    }
  } catch (error) {
    throw readableError(error, to);
  } finally {
    database.sqlite.close();
  }
}

/** Makes a copy a single file, and proves that it is sound. */
function finish(file: string): void {
  const sqlite = new SqliteDatabase(file);
  try {
    sqlite.pragma('journal_mode = delete');
    requireSound({ file, sqlite });
  } finally {
    sqlite.close();
  }
}

/** Throws `database_damaged` with what SQLite finds wrong. */
export function requireSound({ file, sqlite }: Pick<Database, 'file' | 'sqlite'>): void {
  for (const step of integritySteps({ sqlite })) {
    const [fault] = step();
    if (fault !== undefined)
      throw new NightjarError('database_damaged', `${file}: ${fault}.`, { place: { file } });
  }
}

function createPrivately(file: string): void {
  closeSync(openSync(file, 'ax', 0o600));
  chmodSync(file, 0o600);
}

function readableError(error: unknown, file: string): unknown {
  if (error instanceof NightjarError) return error;
  const code = systemCode(error);
  // SQLite's errors have codes, too; those are told apart by their class.
  if (code === undefined || code.startsWith('SQLITE')) return databaseError(error, file);
  const detail = `${file}: ${(error as Error).message}.`;
  const known = code === 'ENOSPC' || code === 'EDQUOT' ? 'disk_full' : 'data_folder_unwritable';
  return new NightjarError(known, detail, { place: { file }, cause: error });
}
