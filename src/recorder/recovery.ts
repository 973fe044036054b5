import { rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from '../errors/system_error.ts';
import type { SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { repairFile } from './repair_file.ts';

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
 * Brings every segment that a crash left open to a good end. A file that the disk does not let repair keeps its row
 * and is tried again at the next start.
 */
export async function recoverOpenSegments(options: {
  ledger: RecoveryLedger;
  recordingsDir: string;
  log: RecoveryLog;
}): Promise<void> {
  for (const segment of options.ledger.openSegments()) {
    try {
      await recoverSegment(segment, options);
    } catch (error) {
      const { message } = diskError(error, segment.path);
      options.log.warn(
        { file: segment.path },
        `${message} It stays as it is and is tried again at the next start.`,
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
    recordingsDir: string;
    log: RecoveryLog;
    /** The disk has failed since the file was written: its pages are written again. */
    rewrite?: boolean;
  },
): Promise<Recovered> {
  const { ledger, recordingsDir, log, rewrite } = options;
  const file = path.join(recordingsDir, segment.path);
  const repaired = await repairFile(file, segment.id, rewrite);
  if (repaired === 'no file') {
    ledger.release(segment.id);
    return repaired;
  }
  if (repaired === 'unreadable') {
    await rename(file, `${file}.damaged`);
    ledger.release(segment.id);
    log.warn(
      { file: `${segment.path}.damaged` },
      'A file with a damaged header cannot be placed; it is set aside.',
    );
    return repaired;
  }
  if (repaired === 'no footage') {
    await unlink(file);
    ledger.release(segment.id);
    log.info({ file: segment.path }, 'A file that had no whole fragment yet is removed.');
    return repaired;
  }
  const { scan, summary } = repaired;
  ledger.close(summary, { overlap: false });
  for (const fault of scan.damage) log.warn({ file: segment.path }, fault);
  log.info({ file: segment.path, fragments: scan.fragments.length }, 'A file that was left open is closed.');
  return 'closed';
}
