import path from 'node:path';
import { fileBytes, readFolder } from './folder_entries.ts';

/** Names that recovery gives to what it cannot place. */
const setAside = /\.mp4(\.\d+)?\.damaged$/;
/** Of the folders from that of a root to that of an hour: camera, stream, year, month, day, hour. */
const hourDepth = 6;

export function isSetAside(file: string): boolean {
  return setAside.test(file);
}

/** How many files recovery has set aside in a storage root, and their bytes. @throws NightjarError disk errors */
export async function countSetAside(
  folder: string,
  depth = hourDepth,
): Promise<{ files: number; bytes: number }> {
  const entries = await readFolder(folder);
  const sum = { files: 0, bytes: 0 };
  for (const name of entries?.files ?? []) {
    if (!isSetAside(name)) continue;
    sum.files += 1;
    sum.bytes += fileBytes(path.join(folder, name)) ?? 0;
  }
  if (depth === 0) return sum;
  for (const name of entries?.folders ?? []) {
    const { files, bytes } = await countSetAside(path.join(folder, name), depth - 1);
    sum.files += files;
    sum.bytes += bytes;
  }
  return sum;
}
