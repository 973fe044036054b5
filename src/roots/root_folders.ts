import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FootageFile } from '../footage/segment.ts';

/** The root that there always is: `--recordings-dir`. */
export const defaultRootName = 'default';

/** Absolute paths of the storage roots' folders, by the ids of the roots. A root without a folder is in no setting. */
export type RootFolders = ReadonlyMap<string, string>;

/** @throws NightjarError `recordings_missing` when no setting gives the root a folder */
export function folderOf(folders: RootFolders, rootId: string): string {
  const folder = folders.get(rootId);
  if (folder !== undefined) return folder;
  throw new NightjarError(
    'recordings_missing',
    `No setting gives a folder to the storage root ${rootId}: it may have been left out of storageRoots.`,
  );
}

/**
 * The absolute path of a recorded file.
 *
 * @throws NightjarError `recordings_missing` when no setting gives the root a folder, `internal` for a path that leads out of it
 */
export function fileIn(folders: RootFolders, file: FootageFile): string {
  if (path.isAbsolute(file.path) || file.path.split('/').includes('..')) {
    throw new NightjarError('internal', `${file.path} leads out of its storage root.`, {
      place: { file: file.path },
    });
  }
  return path.join(folderOf(folders, file.rootId), file.path);
}
