import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';
import type { FileFinding } from '../index/losses.ts';
import type { RecordedFile } from '../index/recorded_file_list.ts';
import { type ScannedFile, scanFile } from '../recorder/scan_file.ts';
import { fileBytes } from '../roots/folder_entries.ts';

/** What a file is like, or with which code it could not be read, which says nothing of what is in it. */
export type FileLook = FileFinding['finding'] | { readonly unreadable: string };

/** The two questions that a disk is asked. */
export interface LookedAtDisk {
  /** Undefined when there is no such file. @throws what the operating system says */
  bytes(file: string): number | undefined;
  /** @throws NightjarError `file_malformed`, and disk errors */
  scan(file: string, id: string): Promise<ScannedFile>;
}

export const realDisk: LookedAtDisk = { bytes: fileBytes, scan: scanFile };

/** There is something else in the place of the file. */
const otherThings = new Set(['EISDIR', 'ELOOP']);

/** Looks at the file of a closed segment; one that has not its size is read from end to end before anything is said of it. */
export async function lookAt(
  file: string,
  row: RecordedFile,
  { deep, disk }: { readonly deep: boolean; readonly disk: LookedAtDisk },
): Promise<FileLook> {
  try {
    const bytes = disk.bytes(file);
    if (bytes === undefined) return 'missing';
    if (bytes === row.bytes && row.lostBecause === null && !deep) return 'intact';
    // What is known to be damaged, and has still another size, need not be read again.
    if (bytes !== row.bytes && row.lostBecause === 'damaged') return 'damaged';
    const { summary } = await disk.scan(file, row.id);
    const isWhole = summary?.headerHash === row.headerHash && summary.bodyHash === row.bodyHash;
    return isWhole ? 'intact' : 'damaged';
  } catch (error) {
    return failedLook(error);
  }
}

/** Only what tells of the file itself condemns it: too few descriptors, rights or a server that is away do not. */
function failedLook(error: unknown): FileLook {
  const told = error instanceof NightjarError ? error : undefined;
  const code = systemCode(told ? told.cause : error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
  if (told?.code === 'file_malformed' || (code !== undefined && otherThings.has(code))) return 'damaged';
  const unreadable = code ?? told?.code;
  if (unreadable === undefined) throw error;
  return { unreadable };
}
