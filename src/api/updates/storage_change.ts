import type { StorageAnswer } from '../contract/status.ts';

/** A change of the free space by this part of the disk is seen on a bar of the usual length. */
const noticeablePart = 1 / 200;
/** And one by this much is seen in the figure beside it, however large the disk is. */
const noticeableBytes = 1024 ** 3;

type Disk = Pick<StorageAnswer, 'freeBytes' | 'totalBytes'>;

/** Whether somebody who sees the one would want to see the other. */
export function isNoticeableChange(before: StorageAnswer, after: StorageAnswer): boolean {
  if (steady(before) !== steady(after)) return true;
  return (
    isNoticeableSpace(before, after) ||
    after.roots.some((root, index) => isNoticeableSpace(before.roots[index]!, root))
  );
}

/** All but what changes with every fragment. */
function steady(storage: StorageAnswer): string {
  return JSON.stringify(storage, (key, value) =>
    key === 'freeBytes' || key === 'inFlightBytes' ? undefined : value,
  );
}

function isNoticeableSpace({ freeBytes: before }: Disk, { freeBytes: after, totalBytes = 0 }: Disk): boolean {
  if (before === undefined || after === undefined) return before !== after;
  const least = Math.min(totalBytes * noticeablePart, noticeableBytes);
  return before !== after && Math.abs(after - before) >= least;
}
