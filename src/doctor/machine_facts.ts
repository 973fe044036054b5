import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';
import { systemCode } from '../errors/system_error.ts';
import type { FolderFacts } from './diagnosis.ts';

const words: Record<string, string> = {
  EACCES: 'it may not be written',
  EROFS: 'its disk is mounted read-only',
  ENOTDIR: 'it is no folder',
};

/** Whether this process may write in a folder, and how much space its disk has; nothing is written. */
export async function readFolderFacts(folder: string): Promise<FolderFacts & { readonly type?: number }> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    const { bavail, blocks, bsize, type } = await statfs(folder);
    return { folder, freeBytes: bavail * bsize, totalBytes: blocks * bsize, type };
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'ENOENT') return { folder, fault: 'it is not there', isMissing: true };
    return { folder, fault: (code !== undefined && words[code]) || (thrown as Error).message };
  }
}

/** How many files and connections a process started as this one was may have open; undefined where nobody says. */
export async function readDescriptorLimit(): Promise<number | undefined> {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(await readFile('/proc/self/limits', 'utf8'));
    if (!line) return undefined;
    return line[1] === 'unlimited' ? Number.POSITIVE_INFINITY : Number(line[1]);
  } catch {
    return undefined;
  }
}
