import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../errors/system_error.ts';
import { syncFolder } from './folder_sync.ts';
import { readAt } from './scan_file.ts';

const copyBytes = 1024 * 1024;

/** Gives a file that cannot be placed another name. @returns that name, without its folder */
export async function setFileAside(file: string): Promise<string> {
  const target = await freeName(file);
  await rename(file, target);
  await syncFolder(path.dirname(file));
  return path.basename(target);
}

/**
 * Copies the end of a file into a file beside it, durably, before it is cut off. Rejects with no copy left when the disk
 * does not allow it.
 *
 * @returns the name of the copy, without its folder
 */
export async function setRestAside(handle: FileHandle, file: string, from: number): Promise<string> {
  const target = await freeName(file);
  const copy = await open(target, 'wx');
  try {
    for (let offset = from; ; ) {
      const piece = await readAt(handle, offset, copyBytes);
      if (piece.length === 0) break;
      await copy.writeFile(piece);
      offset += piece.length;
    }
    await copy.datasync();
    await syncFolder(path.dirname(file));
  } catch (error) {
    await unlink(target).catch(() => {});
    throw error;
  } finally {
    await copy.close();
  }
  return path.basename(target);
}

/** What was set aside before is not overwritten. */
async function freeName(file: string): Promise<string> {
  for (let number = 1; ; number++) {
    const name = `${file}${number === 1 ? '' : `.${number}`}.damaged`;
    if (!(await isThere(name))) return name;
  }
}

async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
