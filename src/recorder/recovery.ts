import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from '../errors/system_error.ts';
import type { SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { inRoot } from '../roots/proven_root.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import { foldersUpTo, syncFolder } from './folder_sync.ts';
import { repairFile } from './repair_file.ts';
import { setFileAside } from './set_aside.ts';

/** What recovery needs of the index. */
export interface RecoveryLedger {
  openSegments(): SegmentReservation[];
  release(segmentId: string): void;
  close(summary: SegmentSummary, flags: { readonly overlap: boolean }): void;
}

export interface RecoveryLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
}

/** What became of a segment that was open. */
export type Recovered = 'closed' | 'no file' | 'no footage' | 'unreadable';

/**
 * Brings the segments of one storage root that a crash left open to a good end. A file that the disk does not let repair
 * keeps its row and is tried again when the root comes back, or at the next start.
 *
 * @param options.isWritten true for those that are open because somebody writes them
 */
export async function recoverOpenSegments(options: {
  ledger: RecoveryLedger;
  roots: RootFolders;
  rootId: string;
  isWritten?: (segmentId: string) => boolean;
  log: RecoveryLog;
}): Promise<void> {
  const { ledger, rootId, isWritten } = options;
  for (const segment of ledger.openSegments()) {
    if (segment.rootId !== rootId || isWritten?.(segment.id)) continue;
    try {
      await recoverSegment(segment, options);
    } catch (error) {
      const { message } = diskError(error, segment.path);
      options.log.warn(
        { file: segment.path },
        `${message} It stays as it is and is tried again when its disk comes back, or at the next start.`,
      );
    }
  }
}

/**
 * Recovers one segment: cuts it to its last whole fragment, closes it in the order of `docs/storage.md`, and closes
 * its row. Rejects when the disk does not allow it; nothing is lost by that.
 */
export async function recoverSegment(
  segment: SegmentReservation,
  options: {
    ledger: RecoveryLedger;
    roots: RootFolders;
    log: RecoveryLog;
    /** The disk has failed since the file was written: its pages are written again. */
    rewrite?: boolean;
  },
): Promise<Recovered> {
  // A file that is not there because its disk is not there must not be taken for one that never was.
  return inRoot(options.roots, segment.rootId, (folder) =>
    recoverFile(segment, { ...options, folder, file: path.join(folder, segment.path) }),
  );
}

async function recoverFile(
  segment: SegmentReservation,
  options: { ledger: RecoveryLedger; log: RecoveryLog; rewrite?: boolean; folder: string; file: string },
): Promise<Recovered> {
  const { ledger, log, rewrite, folder, file } = options;
  const repaired = await repairFile(file, segment.id, rewrite);
  if (repaired === 'no file') {
    ledger.release(segment.id);
    return repaired;
  }
  if (repaired === 'unreadable') {
    const name = await setFileAside(file);
    ledger.release(segment.id);
    log.warn(
      { file: beside(segment, name) },
      'A file whose header or fragments are all damaged cannot be placed; it is set aside.',
    );
    return repaired;
  }
  if (repaired === 'no footage') {
    await unlink(file);
    // Else a power cut could bring it back without its row.
    await syncFolder(path.dirname(file));
    ledger.release(segment.id);
    log.info({ file: segment.path }, 'A file that had no whole fragment yet is removed.');
    return repaired;
  }
  const { scan, summary, rest } = repaired;
  // A file has footage before its name is on the disk, and its row promises that it is.
  await Promise.all(foldersUpTo(path.dirname(file), folder).map(syncFolder));
  ledger.close(summary, { overlap: false });
  for (const fault of scan.damage) log.warn({ file: segment.path }, fault);
  if (rest !== undefined) {
    log.warn({ file: beside(segment, rest) }, 'What cannot be placed was cut off, and is set aside.');
  }
  log.info({ file: segment.path, fragments: scan.fragments.length }, 'A file that was left open is closed.');
  return 'closed';
}

function beside({ path: file }: SegmentReservation, name: string): string {
  return path.posix.join(path.posix.dirname(file), name);
}
