/**
 * Changes to stored fragments on their way out. They keep every length, so that offsets told beforehand stay right;
 * the checksum boxes behind the fragments no longer fit, which players do not look at.
 *
 * The bytes are changed where they are: the caller has read them for this purpose. They begin with a fragment and may
 * hold several; the last `mdat` may be cut off, a `moof` may not.
 */
import { ByteReader } from '../bytes/reader.ts';
import type { TrackTicks } from '../units/time.ts';
import { type BoxPlace, boxHeader, findBox, walkBoxes } from './box_walker.ts';
import { malformed, readingMp4 } from './malformed.ts';

/**
 * Moves fragments from their file's time line to that of the run (or wherever the offsets point): adds to each `tfdt`
 * the offset of its track. A track that is not in the map stays where it is.
 *
 * @throws NightjarError `file_malformed`; also when a time would become negative
 */
export function patchTfdt(bytes: Uint8Array, offsets: ReadonlyMap<number, TrackTicks>): void {
  readingMp4('A fragment', () => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const traf of trafs(bytes)) {
      const tfdt = findBox(bytes, ['tfdt'], traf.body, traf.end);
      if (!tfdt || bytes[tfdt.body] !== 1) throw malformed('A traf has no tfdt of version 1.', traf.start);
      const decodeTicks = new ByteReader(bytes, tfdt.body + 4, tfdt.end).u64();
      const moved = decodeTicks + (offsets.get(trackIdOf(bytes, traf)) ?? 0);
      if (moved < 0) throw malformed('A fragment would begin before its time line.', tfdt.start);
      view.setBigUint64(tfdt.body + 4, BigInt(moved));
    }
  });
}

/**
 * Hides the tracks that are not kept: their `traf` boxes become `free` boxes. For players that get an initialisation
 * segment with fewer tracks, some of which stop at a track that they do not know.
 */
export function maskTracks(bytes: Uint8Array, kept: ReadonlySet<number>): void {
  readingMp4('A fragment', () => {
    for (const traf of trafs(bytes)) {
      if (!kept.has(trackIdOf(bytes, traf))) bytes.set(freeType, traf.start + 4);
    }
  });
}

const freeType = Uint8Array.from(Buffer.from('free', 'latin1'));

function* trafs(bytes: Uint8Array): Generator<BoxPlace> {
  let offset = 0;
  while (offset < bytes.length) {
    const header = boxHeader(bytes, offset);
    if (!header || header.bytes < header.headerBytes)
      throw malformed('A box header is wrong or cut off.', offset);
    const end = offset + header.bytes;
    if (header.type === 'moof') {
      if (end > bytes.length) throw malformed('A moof is cut off.', offset);
      for (const place of walkBoxes(bytes, offset + header.headerBytes, end)) {
        if (place.type === 'traf') yield place;
      }
    }
    offset = end;
  }
}

function trackIdOf(bytes: Uint8Array, traf: BoxPlace): number {
  const tfhd = findBox(bytes, ['tfhd'], traf.body, traf.end);
  if (!tfhd) throw malformed('A traf has no tfhd.', traf.start);
  return new ByteReader(bytes, tfhd.body + 4, tfhd.end).u32();
}
