/**
 * Fragments for players that watch live: `prft`, `moof` and `mdat`, in a piece of memory of their own, so that it can be
 * handed from one thread to another. The checksum of stored fragments is left out.
 */
import type { TrackTicks } from '../units/time.ts';
import { findBox, walkBoxes } from './box_walker.ts';
import { encodeMedia, type FragmentInput } from './fragment.ts';
import { malformed, readingMp4 } from './malformed.ts';
import { maskTracks, patchTfdt } from './patch_tfdt.ts';

/** Copies the samples behind their head. Throws as `encodeFragment` does. */
export function liveFragment(input: FragmentInput): Uint8Array<ArrayBuffer> {
  const { parts, bytes } = encodeMedia(input);
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A stored fragment as one to watch live: on another time line, and with the tracks that the player knows only.
 *
 * @param stored one fragment of a file; it stays as it is
 * @param offsets what is added to the times of each track, in its ticks; tracks that are not named are hidden
 * @throws NightjarError `file_malformed`
 */
export function liveFragmentOfStored(
  stored: Uint8Array,
  offsets: ReadonlyMap<number, TrackTicks>,
): Uint8Array<ArrayBuffer> {
  return readingMp4('A fragment', () => {
    const [first, second, third] = walkBoxes(stored, 0, stored.length);
    if (first?.type !== 'prft' || second?.type !== 'moof' || third?.type !== 'mdat')
      throw malformed('A fragment is not prft, moof and mdat.', 0);
    const bytes = new Uint8Array(stored.subarray(0, third.end));
    moveReferenceTime(bytes, offsets);
    patchTfdt(bytes, offsets);
    maskTracks(bytes, new Set(offsets.keys()));
    return bytes;
  });
}

/** The media time of the `prft` (ISO/IEC 14496-12 section 8.16.5), version 1, moves with the media. */
function moveReferenceTime(bytes: Uint8Array, offsets: ReadonlyMap<number, TrackTicks>): void {
  const { body, start } = findBox(bytes, ['prft'], 0, bytes.length)!;
  if (bytes[body] !== 1) throw malformed('A prft is not of version 1.', start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const moved = view.getBigUint64(body + 16) + BigInt(offsets.get(view.getUint32(body + 4)) ?? 0);
  view.setBigUint64(body + 16, moved < 0n ? 0n : moved);
}
