import { type FileHandle, open } from 'node:fs/promises';
import { diskError } from '../errors/system_error.ts';
import type { SegmentSummary } from '../footage/segment.ts';
import { type SegmentScan, scanSegment } from '../mp4/segment_scan.ts';
import { readFlags } from '../roots/read_flags.ts';
import { segmentSummary } from './segment_summary.ts';

/** A segment's file as it is. */
export interface ScannedFile {
  readonly scan: SegmentScan;
  /** What its row would say; undefined when it has no whole fragment. */
  readonly summary: SegmentSummary | undefined;
}

/**
 * Reads a segment's file from end to end, and changes nothing.
 *
 * @param id the segment's, for the summary
 * @param read reads a piece of it
 * @throws NightjarError `file_malformed` when its header is not whole, and disk errors
 */
export async function scanFile(file: string, id: string, read = readAt): Promise<ScannedFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, readFlags);
    const opened = handle;
    const { size } = await opened.stat();
    const scan = await scanSegment((offset, length) => read(opened, offset, length), size);
    if (scan.fragments.length === 0) return { scan, summary: undefined };
    const tail = scan.tail ? await read(opened, scan.tail.offset, scan.tail.bytes) : new Uint8Array(0);
    return { scan, summary: segmentSummary(scan, id, { header: scan.header.bytes, tail }) };
  } catch (error) {
    throw diskError(error, file);
  } finally {
    await handle?.close();
  }
}

/** Reads up to `length` bytes; fewer at the end of the file. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
