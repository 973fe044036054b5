import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { diskError, systemCode } from '../errors/system_error.ts';

/** Names of files and of folders, each sorted. */
export interface FolderEntries {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** What is in a folder; undefined when there is no such folder. @throws NightjarError disk errors */
export async function readFolder(folder: string): Promise<FolderEntries | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const names = (isFolder: boolean) =>
      entries.filter((entry) => entry.isDirectory() === isFolder).map(({ name }) => name);
    return { files: names(false).sort(), folders: names(true).sort() };
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw diskError(error, folder);
  }
}

/**
 * Size of a file in bytes; undefined when it is not there. At once: with a million files the ways through the thread pool
 * would take longer than the answers.
 */
export function fileBytes(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}
