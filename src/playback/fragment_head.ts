import { boxHeaderBytes } from '../mp4/box.ts';
import { boxHeader } from '../mp4/box_walker.ts';
import { prftBytes } from '../mp4/fragment_boxes.ts';
import { malformed } from '../mp4/malformed.ts';
import type { ReadAt } from '../mp4/read_at.ts';

/** Enough for the boxes before the media of all but the busiest second. */
const usualHeadBytes = 4 * 1024;
/** No honest `moof` is longer. */
const maxMoofBytes = 2 * 1024 * 1024;

/** What precedes the `mdat` of a fragment. */
export interface FragmentHead {
  /** `prft` and `moof`. */
  readonly bytes: Uint8Array;
  /** Of the `moof`, from the first byte. */
  readonly moofOffset: number;
}

/**
 * Reads the boxes that precede a fragment's media.
 *
 * @param fragment where it lies in its file
 * @throws NightjarError `file_malformed`
 */
export async function readFragmentHead(
  read: ReadAt,
  fragment: { readonly offset: number; readonly bytes: number },
): Promise<FragmentHead> {
  const start = await read(fragment.offset, Math.min(usualHeadBytes, fragment.bytes));
  const moof = boxHeader(start, prftBytes);
  if (moof?.type !== 'moof') throw malformed('A fragment has no moof where the index says.', fragment.offset);
  const headBytes = prftBytes + moof.bytes;
  if (moof.bytes < boxHeaderBytes || moof.bytes > maxMoofBytes || headBytes > fragment.bytes) {
    throw malformed('A moof claims an impossible size.', fragment.offset);
  }
  const bytes =
    headBytes <= start.length ? start.subarray(0, headBytes) : await read(fragment.offset, headBytes);
  if (bytes.length < headBytes) throw malformed('The file ends within a fragment.', fragment.offset);
  return { bytes, moofOffset: prftBytes };
}
