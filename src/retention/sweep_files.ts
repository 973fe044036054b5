import { lstat, open, rmdir, statfs, unlink } from 'node:fs/promises';
import { systemCode } from '../errors/system_error.ts';
import type { RootSpace } from './root_tally.ts';

/** The file operations of a sweep; a file or folder that is not there is as good as removed. */
export interface SweepFiles {
  /** Removes a file; returns what that gives back to the disk, undefined when it was gone. */
  remove(file: string): Promise<number | undefined>;
  exists(file: string): Promise<boolean>;
  /** Makes the removals in a folder durable. */
  syncFolder(folder: string): Promise<void>;
  /** Removes a folder if it is empty; returns whether it is gone. */
  removeEmptyFolder(folder: string): Promise<boolean>;
  /** Of the disk that holds `folder`. */
  space(folder: string): Promise<RootSpace>;
}

/** Unit of `blocks` of a stat, whatever the block size of the file system is. */
const statBlockBytes = 512;

export const sweepFiles: SweepFiles = {
  async remove(file) {
    try {
      const { blocks, nlink } = await lstat(file);
      await unlink(file);
      return nlink === 1 ? blocks * statBlockBytes : 0;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },

  async exists(file) {
    try {
      await lstat(file);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  },

  async syncFolder(folder) {
    try {
      const handle = await open(folder, 'r');
      await handle.sync().finally(() => handle.close());
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  },

  async removeEmptyFolder(folder) {
    try {
      await rmdir(folder);
      return true;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return true;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw error;
    }
  },

  async space(folder) {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};
