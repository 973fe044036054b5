import { randomUUID } from 'node:crypto';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { systemCode } from '../errors/system_error.ts';

/** Proves that the right disk is mounted: an empty mount point has no such file. */
export const markerName = '.nightjar';

/** What the marker file of a storage root says. */
export interface Marker {
  readonly installationId: string;
  /** Undefined: it was written when there was one recordings folder only. */
  readonly rootId: string | undefined;
}

/**
 * Reads the marker of a folder.
 *
 * @returns undefined when there is none, 'unreadable' when it is no marker
 * @throws the error of the file system when it cannot be read
 */
export async function readMarker(folder: string): Promise<Marker | 'unreadable' | undefined> {
  let text: string;
  try {
    text = await readFile(path.join(folder, markerName), 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    const { installationId, rootId } = JSON.parse(text);
    const isMarker = typeof installationId === 'string' && ['string', 'undefined'].includes(typeof rootId);
    return isMarker ? { installationId, rootId } : 'unreadable';
  } catch {
    return 'unreadable';
  }
}

/** Writes the marker of a folder, whole and durable or not at all. */
export async function writeMarker(folder: string, marker: Marker): Promise<void> {
  const file = path.join(folder, markerName);
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await using handle = await open(draft, 'wx', 0o644);
    await handle.writeFile(`${JSON.stringify(marker)}\n`);
    await handle.sync();
    await rename(draft, file);
  } catch (thrown) {
    await unlink(draft).catch(() => {});
    throw thrown;
  }
  await using directory = await open(folder, 'r');
  await directory.sync();
}
