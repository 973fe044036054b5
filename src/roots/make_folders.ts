import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../errors/system_error.ts';

/**
 * Makes a folder and those above it, as `mkdir -p` does, and gives the highest one that was made. Node's own recursive
 * mkdir never ends where a file system answers ENOENT although the parent exists, as `/proc` does.
 *
 * @returns undefined when the folder was there
 */
export async function makeFolders(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return undefined;
    const parent = path.dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    const highest = await makeFolders(parent);
    // The parent is there now: a second ENOENT is the file system's last word.
    await mkdir(folder).catch((again) => {
      if (systemCode(again) !== 'EEXIST') throw again;
    });
    return highest ?? folder;
  }
}
