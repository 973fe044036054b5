import { existsSync, linkSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';
import { createDataFolder } from './database.ts';
import { lockDatabase } from './database_lock.ts';

/** SQLite's own files beside a database, which go where it goes. */
const sideFiles = ['-wal', '-shm'] as const;

/**
 * Puts another database in the place of the index while no server runs, and keeps the old one. Whenever the process is killed,
 * the one or the other is in its place.
 *
 * @param file the index, which need not be there
 * @param options.prepare makes the new one in the file beside it that it is given; the old one stays in its place meanwhile.
 *   Nothing is left of that when it fails, and what a killed process has left of its own goes
 * @param options.suffix of the old one's name, such as `.before-restore-20260131T120000Z`; `-2` and so on is added when that
 *   is taken
 * @returns what `prepare` gave, and where the old one is; undefined when there was none
 * @throws NightjarError `database_locked` while a server runs, `data_folder_unwritable`; the old one is in its place then
 */
export async function replaceDatabase<Made>(
  file: string,
  options: { readonly prepare: (staged: string) => Promise<Made>; readonly suffix: string },
): Promise<{ readonly kept: string | undefined; readonly made: Made }> {
  createDataFolder(file);
  const lock = lockDatabase(file);
  const staged = `${file}.replacement`;
  try {
    removeStaged(staged);
    const made = await options.prepare(staged);
    return { made, kept: swap(file, staged, freeName(`${file}${options.suffix}`)) };
  } catch (error) {
    if (error instanceof NightjarError || systemCode(error)?.startsWith('E') !== true) throw error;
    throw new NightjarError('data_folder_unwritable', `${file}: ${(error as Error).message}.`, {
      place: { file },
      cause: error,
    });
  } finally {
    removeStaged(staged);
    lock.release();
  }
}

/** Two within a second would have one name. */
function freeName(wanted: string): string {
  const isTaken = (name: string) => ['', ...sideFiles].some((suffix) => existsSync(`${name}${suffix}`));
  let name = wanted;
  for (let count = 2; isTaken(name); count++) name = `${wanted}-${count}`;
  return name;
}

/** With SQLite's own files, and drafts and locks of whatever makes it. */
function removeStaged(staged: string): void {
  const folder = path.dirname(staged);
  for (const name of readdirSync(folder)) {
    if (name.startsWith(path.basename(staged))) rmSync(path.join(folder, name), { force: true });
  }
}

function swap(file: string, made: string, kept: string): string | undefined {
  const isThere = existsSync(file);
  if (isThere) emptyLog(file);
  const moved: string[] = [];
  try {
    // Only a database that SQLite cannot open has these still; they must not be taken for those of the new one.
    for (const suffix of sideFiles) {
      if (!existsSync(`${file}${suffix}`)) continue;
      renameSync(`${file}${suffix}`, `${kept}${suffix}`);
      moved.push(suffix);
    }
    if (isThere) linkOrRename(file, kept);
    renameSync(made, file);
    return isThere || moved.length > 0 ? kept : undefined;
  } catch (error) {
    if (existsSync(file)) rmSync(kept, { force: true });
    else if (existsSync(kept)) renameSync(kept, file);
    for (const suffix of moved) renameSync(`${kept}${suffix}`, `${file}${suffix}`);
    throw error;
  }
}

/** Brings what a killed server left in the write-ahead log into the database itself. */
function emptyLog(file: string): void {
  try {
    const sqlite = new SqliteDatabase(file);
    try {
      sqlite.pragma('wal_checkpoint(truncate)');
    } finally {
      sqlite.close();
    }
  } catch {
    // It may be damaged: that is why it is replaced.
  }
}

/** Under two names the old one is in its place until the new one is; not every file system can do that. */
function linkOrRename(file: string, kept: string): void {
  try {
    linkSync(file, kept);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(systemCode(error) ?? '')) throw error;
    renameSync(file, kept);
  }
}
