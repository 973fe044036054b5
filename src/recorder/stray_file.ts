import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError } from '../errors/system_error.ts';
import type { FootageFile } from '../footage/segment.ts';
import type { SegmentIdentity } from '../mp4/identity.ts';
import { scanSegment } from '../mp4/segment_scan.ts';
import { readFlags } from '../roots/read_flags.ts';
import { readAt } from './scan_file.ts';

/** A second of most cameras, with the header. */
const firstBytes = 1024 * 1024;
/** By so much more is read until a whole fragment is found. */
const growth = 8;
/** Parts of the path of a file in the folder of its hour: camera, stream, year, month, day, hour, name. */
const partsInHour = 7;

/** What the index knows by what files say of themselves. */
export interface KnownFiles {
  knowsStream(streamId: string): boolean;
  /** The file that has this number in its run. */
  fileOf(runId: string, number: number): FootageFile | undefined;
}

/** What a file without a row is. */
export type StrayFile =
  /** It can be taken into the index. */
  | { readonly kind: 'footage' }
  /** Another file has its run and its number. */
  | { readonly kind: 'copy'; readonly of: FootageFile }
  /** Of a stream that the index does not know, or in a folder that is not that of its stream. */
  | { readonly kind: 'foreign'; readonly detail: string }
  /** Nothing in it can be placed. */
  | { readonly kind: 'no footage'; readonly detail: string };

/**
 * Judges a file that no row has, without changing it. Adoption takes what is `footage`, and verification tells what
 * adoption will do. No more is read than up to the first whole fragment.
 *
 * @throws NightjarError disk errors
 */
export async function judgeStray(
  { folder, path: place }: { readonly folder: string; readonly path: string },
  known: KnownFiles,
): Promise<StrayFile> {
  const file = path.join(folder, place);
  const streamId = place.split('/')[1];
  const identity = await identityOfFootage(file);
  if (typeof identity === 'string') return { kind: 'no footage', detail: identity };
  const other = known.fileOf(identity.runId, identity.segmentNumber);
  if (other) return { kind: 'copy', of: other };
  if (!known.knowsStream(identity.streamId)) {
    return { kind: 'foreign', detail: `it is of stream ${identity.streamId}, which the index does not know` };
  }
  const isInPlace = identity.streamId === streamId && place.split('/').length === partsInHour;
  if (isInPlace) return { kind: 'footage' };
  const own = `${identity.cameraId}/${identity.streamId}`;
  return { kind: 'foreign', detail: `it is of ${own}, and lies outside of that folder and its hours` };
}

/** Why there is none, in words. */
async function identityOfFootage(file: string): Promise<SegmentIdentity | string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, readFlags);
    const opened = handle;
    const { size } = await opened.stat();
    for (let bytes = firstBytes; ; bytes *= growth) {
      const read = Math.min(bytes, size);
      const { header, fragments } = await scanSegment(
        (offset, length) => readAt(opened, offset, Math.min(length, read - offset)),
        read,
      );
      if (fragments.length > 0) return header.identity;
      if (read === size) return 'no fragment of it is whole';
    }
  } catch (error) {
    if (error instanceof NightjarError && error.code === 'file_malformed') return error.message;
    throw diskError(error, file);
  } finally {
    await handle?.close();
  }
}
