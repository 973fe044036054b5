import { type FileHandle, open } from 'node:fs/promises';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError, systemCode } from '../errors/system_error.ts';
import { markerName, readMarker } from './marker.ts';
import { folderOf, type RootFolders } from './root_folders.ts';

/** Whoever makes or removes files below a root does it through this, so that nothing is done below a bare mount point. */
export async function inRoot<Result>(
  folders: RootFolders,
  rootId: string,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  return inProvenFolder({ id: rootId, folder: folderOf(folders, rootId) }, use);
}

/**
 * Lets `use` work in the folder of a storage root, once its marker has shown that the right disk is mounted.
 *
 * The path that `use` gets leads through an open descriptor of the folder: it stays on that disk even when the disk is
 * unmounted at this moment, and never leads to the mount point below it. It is good until `use` has settled.
 *
 * @throws NightjarError `recordings_missing`, or what the disk says, and what `use` throws
 */
export async function inProvenFolder<Result>(
  { id, folder }: { readonly id: string; readonly folder: string },
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  await using handle = await openFolder(folder);
  const pinned = `/proc/self/fd/${handle.fd}`;
  const marker = await readMarker(pinned).catch((error) => {
    throw diskError(error, folder);
  });
  if (typeof marker === 'object' && marker.rootId === id) {
    try {
      return await use(pinned);
    } catch (error) {
      // People know the folder by its name.
      if (error instanceof Error) error.message = error.message.replaceAll(pinned, folder);
      throw error;
    }
  }
  throw new NightjarError(
    'recordings_missing',
    `By its file ${markerName} ${folder} is not the storage root that was recorded to, as if its disk were not mounted.`,
    { place: { file: folder } },
  );
}

async function openFolder(folder: string): Promise<FileHandle> {
  try {
    return await open(folder, 'r');
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw diskError(error, folder);
    throw new NightjarError(
      'recordings_missing',
      `${folder} is not there, as if its disk were not mounted.`,
      {
        place: { file: folder },
        cause: error,
      },
    );
  }
}
