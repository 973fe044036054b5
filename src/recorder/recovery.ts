import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError, systemCode } from '../errors/system_error.ts';
import type { SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { closeSteps } from '../mp4/segment_close.ts';
import { type SegmentScan, scanSegment } from '../mp4/segment_scan.ts';
import { segmentTracks } from '../mp4/segment_track.ts';
import { placeFragments } from './place_fragments.ts';

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
export type Recovered = 'closed' | 'no file' | 'no footage';

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
  options: { ledger: RecoveryLedger; recordingsDir: string; log: RecoveryLog },
): Promise<Recovered> {
  const { ledger, recordingsDir, log } = options;
  const file = path.join(recordingsDir, segment.path);
  const handle = await openIfThere(file);
  if (!handle) {
    ledger.release(segment.id);
    return 'no file';
  }
  try {
    const scan = await scanIfPlaceable(handle, segment.path);
    if (scan && scan.fragments.length > 0) {
      const summary = await closeFile(handle, scan, segment.id);
      ledger.close(summary, { overlap: false });
      for (const fault of scan.damage) log.warn({ file: segment.path }, fault);
      log.info(
        { file: segment.path, fragments: scan.fragments.length },
        'A file that a crash left open is closed.',
      );
      return 'closed';
    }
  } finally {
    await handle.close();
  }
  await unlink(file);
  ledger.release(segment.id);
  log.info({ file: segment.path }, 'A file that had no whole fragment yet is removed.');
  return 'no footage';
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined when the header is not whole: then the file has no footage that could be placed. */
async function scanIfPlaceable(handle: FileHandle, name: string): Promise<SegmentScan | undefined> {
  const { size } = await handle.stat();
  try {
    return await scanSegment((offset, length) => readAt(handle, offset, length), size);
  } catch (error) {
    if (error instanceof NightjarError && error.code === 'file_malformed') return undefined;
    throw diskError(error, name);
  }
}

/** Reads up to `length` bytes; fewer at the end of the file. */
async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function closeFile(handle: FileHandle, scan: SegmentScan, id: string): Promise<SegmentSummary> {
  const { fragments, endMs } = placeFragments(scan);
  await handle.truncate(scan.goodBytes);
  const { tail, steps, header } = closeSteps({ header: scan.header, fragments, table: scan.table });
  for (const step of steps) {
    if (step === 'sync') await handle.datasync();
    else await handle.write(step.write.bytes, 0, step.write.bytes.length, step.write.offset);
  }
  return {
    id,
    startMs: fragments[0]!.startMs,
    endMs,
    bytes: scan.goodBytes + tail.length,
    independent: fragments[0]!.keyFrame,
    bodyHash: scan.bodyHash.update(tail).digest('hex'),
    headerHash: createHash('sha256').update(header).digest('hex'),
    tracks: segmentTracks(scan.header.tracks, scan.table.tracks()),
    fragments,
  };
}
