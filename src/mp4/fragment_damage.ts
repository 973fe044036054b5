/**
 * What was lost on its way to one fragment, so that an index made anew from the files knows it. A `uuid` box between the
 * `mdat` and the checksum; all numbers big-endian:
 *
 *     u8     number of entries, then for each:
 *       u8     media: 1 video, 2 audio
 *       i32    from here, ms after the presentation of the fragment's first picture
 *       i32    to here
 *       u32    packets lost
 *       u32    pictures or sounds dropped
 */
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import type { FragmentDamage } from '../footage/damaged_range.ts';
import { uuidBox, uuidBoxHeaderBytes } from './box.ts';
import { malformed, readingMp4 } from './malformed.ts';
import { userTypes } from './uuid.ts';

const mediaCodes = { video: 1, audio: 2 } as const;
/** One of each media. */
const maxEntries = 2;
const entryBytes = 17;

/** No box is longer. */
export const maxFragmentDamageBytes = uuidBoxHeaderBytes + 1 + maxEntries * entryBytes;

/** The whole box. More than an entry of each media throws RangeError. */
export function fragmentDamage(damage: readonly FragmentDamage[]): Uint8Array {
  if (damage.length > maxEntries) throw new RangeError(`${damage.length} is more than ${maxEntries}`);
  const writer = new ByteWriter(maxFragmentDamageBytes);
  uuidBox(writer, userTypes.fragmentDamage, () => {
    writer.u8(damage.length);
    for (const { media, fromMs, toMs, packetsLost, unitsDropped } of damage) {
      writer.u8(mediaCodes[media]);
      writer.i32(fromMs);
      writer.i32(toMs);
      writer.u32(packetsLost);
      writer.u32(unitsDropped);
    }
  });
  return writer.bytes();
}

/**
 * Reads the box from its first byte; of no bytes there is no damage.
 *
 * @throws NightjarError `file_malformed`
 */
export function readFragmentDamage(box: Uint8Array): readonly FragmentDamage[] {
  if (box.length === 0) return [];
  return readingMp4('A box about damage', () => {
    const reader = new ByteReader(box, uuidBoxHeaderBytes);
    const entries = reader.u8();
    if (entries > maxEntries) throw malformed(`A box about damage has ${entries} entries.`);
    return Array.from({ length: entries }, () => ({
      media: mediaOf(reader.u8()),
      fromMs: reader.i32(),
      toMs: reader.i32(),
      packetsLost: reader.u32(),
      unitsDropped: reader.u32(),
    }));
  });
}

function mediaOf(code: number): FragmentDamage['media'] {
  if (code === mediaCodes.video) return 'video';
  if (code === mediaCodes.audio) return 'audio';
  throw malformed(`A box about damage is of media ${code}.`);
}
