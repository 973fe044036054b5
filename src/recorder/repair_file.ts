import { type FileHandle, open } from 'node:fs/promises';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError, systemCode } from '../errors/system_error.ts';
import type { FragmentEntry, SegmentSummary } from '../footage/segment.ts';
import { closeSteps } from '../mp4/segment_close.ts';
import { type SegmentScan, scanSegment } from '../mp4/segment_scan.ts';
import { isUnfinishedHeader } from '../mp4/unfinished.ts';
import { placeFragments } from './place_fragments.ts';
import { readAt } from './scan_file.ts';
import { segmentSummary } from './segment_summary.ts';
import { setRestAside } from './set_aside.ts';

/** Read and written again at once. */
const rewriteBytes = 1024 * 1024;

export interface RepairedFile {
  readonly scan: SegmentScan;
  readonly summary: SegmentSummary;
  /** Name of a file beside it with what was cut off, since that may have been footage. */
  readonly rest: string | undefined;
}

/**
 * Cuts a segment's file to its last whole fragment and closes it in the order of `docs/storage.md`. A file that is
 * closed already is only read. What is cut off and is more than a fragment that was being written is kept beside it.
 *
 * @param file its path
 * @param id the segment's, for the summary
 * @param rewrite write what is good once more: the disk failed before, and what can be read may be in memory alone
 * @returns 'no footage' when nothing was written but the beginning of a header or of a first fragment; 'unreadable' when
 *   nothing in it can be placed, and there may be footage. Then the file is left as it is
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
    if (!scan) return (await isUnfinished(handle)) ? 'no footage' : 'unreadable';
    if (scan.fragments.length === 0) return scan.keepRest ? 'unreadable' : 'no footage';
    if (rewrite) await rewriteFile(handle, scan);
    const rest = scan.keepRest ? await setRestAside(handle, file, knownBytes(scan)) : undefined;
    return { scan, rest, summary: await closeFile(handle, scan, id) };
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

async function isUnfinished(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  return isUnfinishedHeader((offset, length) => readAt(handle, offset, length), size);
}

/** What follows is cut off. */
function knownBytes(scan: SegmentScan): number {
  return scan.goodBytes + (scan.tail?.bytes ?? 0);
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

async function closeFile(handle: FileHandle, scan: SegmentScan, id: string): Promise<SegmentSummary> {
  const placed = placeFragments(scan);
  const ends = scan.closed ? await storedEnds(handle, scan) : await writeEnds(handle, scan, placed.fragments);
  return segmentSummary(scan, id, ends, placed);
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
  const end = knownBytes(scan);
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
  const { header: opened, table, goodBytes: end } = scan;
  const { tail, steps, header } = closeSteps({ header: opened, fragments, table, end });
  for (const step of steps) {
    if (step === 'sync') await handle.datasync();
    else await writeAt(handle, step.write.bytes, step.write.offset);
  }
  return { tail, header };
}
