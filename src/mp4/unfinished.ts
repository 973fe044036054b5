import { boxHeader } from './box_walker.ts';
import { FragmentSearch } from './fragment_search.ts';
import type { ReadAt } from './read_at.ts';
import { maxHeaderBytes } from './segment_header.ts';

const readBytes = 1024 * 1024;
const headerTypes = ['ftyp', 'moov', 'uuid', 'free', 'sidx'];

/** Where zeros begin that go on to `end`, as of pages that were never written; `from` when there is nothing else. */
export async function contentEnd(read: ReadAt, from: number, end: number): Promise<number> {
  for (let to = end; to > from; ) {
    const start = Math.max(from, to - readBytes);
    const last = (await read(start, to - start)).findLastIndex((byte) => byte !== 0);
    if (last >= 0) return start + last + 1;
    to = start;
  }
  return from;
}

/**
 * Whether a file without a readable header is the beginning of one, cut off as its first write was. False when there
 * may be footage in it: then its header was damaged later.
 */
export async function isUnfinishedHeader(read: ReadAt, fileBytes: number): Promise<boolean> {
  const end = await contentEnd(read, 0, fileBytes);
  if (end > maxHeaderBytes) return false;
  let offset = 0;
  while (offset < end) {
    const header = boxHeader(await read(offset, Math.min(16, end - offset)), 0);
    if (!header) break;
    if (!headerTypes.includes(header.type) || header.bytes < header.headerBytes) return false;
    offset += header.bytes;
  }
  return (await new FragmentSearch(read, fileBytes).next(0)) === undefined;
}
