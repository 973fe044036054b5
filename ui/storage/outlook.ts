import type { StatusAnswer, StorageAnswer } from '../../src/api/contract/status.ts';

/** How the disk is shared out, in bytes. */
export interface Shares {
  readonly total: number;
  readonly used: number;
  /** Free, but kept so by deleting the oldest footage. */
  readonly kept: number;
  /** What may still be filled. */
  readonly room: number;
}

/** Undefined while the size of the disk is not known. */
export function sharesOf({
  totalBytes,
  freeBytes,
  minFreeBytes,
}: Pick<StorageAnswer, 'totalBytes' | 'freeBytes' | 'minFreeBytes'>): Shares | undefined {
  if (totalBytes === undefined || freeBytes === undefined) return undefined;
  const kept = Math.min(freeBytes, minFreeBytes);
  return { total: totalBytes, used: Math.max(0, totalBytes - freeBytes), kept, room: freeBytes - kept };
}

/** What all streams that are recorded bring in, in bits per second. */
export function recordedRate(cameras: StatusAnswer['cameras']): number {
  const streams = cameras.flatMap((camera) => camera.streams);
  return streams
    .filter(({ state }) => state === 'recording')
    .reduce((sum, { bitsPerSecond }) => sum + bitsPerSecond, 0);
}

/** How long the room lasts at a rate, in milliseconds; undefined when nothing comes in. */
export function roomLastsMs(roomBytes: number, bitsPerSecond: number): number | undefined {
  return bitsPerSecond > 0 ? (roomBytes * 8 * 1000) / bitsPerSecond : undefined;
}

const dayMs = 86_400_000;

/** What a stream fills in a day, in bytes. */
export const perDayBytes = (bitsPerSecond: number): number => (bitsPerSecond * dayMs) / 8000;
