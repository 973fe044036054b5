import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError, systemCode } from '../errors/system_error.ts';
import type { FragmentEntry, SegmentSummary } from '../footage/segment.ts';
import { closeSteps } from '../mp4/segment_close.ts';
import { type SegmentScan, scanSegment } from '../mp4/segment_scan.ts';
import { segmentTracks } from '../mp4/segment_track.ts';
import { placeFragments } from './place_fragments.ts';

/** No segment's header is longer, but for parameter sets of absurd length. */
const openHeaderBytes = 16 * 1024;

/** Read and written again at once. */
const rewriteBytes = 1024 * 1024;

export interface RepairedFile {
  readonly scan: SegmentScan;
  readonly summary: SegmentSummary;
}

/**
 * Cuts a segment's file to its last whole fragment and closes it in the order of `docs/storage.md`. A file that is
 * closed already is only read.
 *
 * @param file its path
 * @param id the segment's, for the summary
 * @param rewrite write what is good once more: the disk failed before, and what can be read may be in memory alone
 * @returns 'no footage' when there is no whole fragment, 'unreadable' when the header is damaged but much follows it: then
 *   the file is left as it is
 */
export async function repairFile(
  file: string,
  id: string,
  rewrite = false,
): Promise<RepairedFile | 'no file' | 'no footage' | 'unreadable'> {
  const handle = await openIfThere(file);
  if (!handle) return 'no file';
  try {
    const scan = await scanIfPlaceable(handle, file);
    if (!scan) return (await isMoreThanHeader(handle)) ? 'unreadable' : 'no footage';
    if (scan.fragments.length === 0) return 'no footage';
    if (rewrite) await rewriteFile(handle, scan);
    return { scan, summary: await closeFile(handle, scan, id) };
  } catch (error) {
    throw diskError(error, file);
  } finally {
    await handle.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A header that is not whole is the end of a file that was cut; with much behind it, it was damaged later. */
async function isMoreThanHeader(handle: FileHandle): Promise<boolean> {
  const bytes = await readAt(handle, openHeaderBytes, 4096);
  return bytes.some((byte) => byte !== 0);
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
  const { tail, header } = scan.closed
    ? await storedEnds(handle, scan)
    : await writeEnds(handle, scan, fragments);
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

/** Writes all of the bytes, or rejects: a short write is how a disk begins to say that it is full. */
async function writeAt(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, offset + done);
    done += bytesWritten;
  }
}

/**
 * After a failed sync the kernel holds pages for written that are not, and later syncs pass over them. Written again,
 * the same bytes become durable, or the sync fails again.
 */
async function rewriteFile(handle: FileHandle, scan: SegmentScan): Promise<void> {
  const end = scan.closed ? scan.tail!.offset + scan.tail!.bytes : scan.goodBytes;
  for (let offset = 0; offset < end; offset += rewriteBytes) {
    await writeAt(handle, await readAt(handle, offset, Math.min(rewriteBytes, end - offset)), offset);
  }
  await handle.datasync();
}

interface FileEnds {
  readonly tail: Uint8Array;
  readonly header: Uint8Array;
}

async function storedEnds(handle: FileHandle, scan: SegmentScan): Promise<FileEnds> {
  const { offset, bytes } = scan.tail!;
  return { tail: await readAt(handle, offset, bytes), header: scan.header.bytes };
}

async function writeEnds(
  handle: FileHandle,
  scan: SegmentScan,
  fragments: readonly FragmentEntry[],
): Promise<FileEnds> {
  await handle.truncate(scan.goodBytes);
  const { tail, steps, header } = closeSteps({ header: scan.header, fragments, table: scan.table });
  for (const step of steps) {
    if (step === 'sync') await handle.datasync();
    else await writeAt(handle, step.write.bytes, step.write.offset);
  }
  return { tail, header };
}
