import type { StorageAnswer } from '../contract.ts';

/** A change of the free space by this part of the disk is seen on a bar of the usual length. */
const noticeablePart = 1 / 200;
/** And one by this much is seen in the figure beside it, however large the disk is. */
const noticeableBytes = 1024 ** 3;

/** Whether somebody who sees the one would want to see the other. */
export function isNoticeableChange(before: StorageAnswer, after: StorageAnswer): boolean {
  const { freeBytes: freeBefore, ...restBefore } = before;
  const { freeBytes: freeAfter, ...restAfter } = after;
  if (JSON.stringify(restBefore) !== JSON.stringify(restAfter)) return true;
  if (freeBefore === undefined || freeAfter === undefined) return freeBefore !== freeAfter;
  const least = Math.min((after.totalBytes ?? 0) * noticeablePart, noticeableBytes);
  return freeBefore !== freeAfter && Math.abs(freeAfter - freeBefore) >= least;
}
