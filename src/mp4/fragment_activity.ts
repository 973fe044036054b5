/**
 * How active a fragment's pictures are, so that an index made anew from the files knows it. A `uuid` box between the `mdat`
 * and the checksum, behind the one about damage:
 *
 *     u8     level, 1 to 15
 */
import { ByteWriter } from '../bytes/writer.ts';
import { type ActivityLevel, highestActivity } from '../footage/activity.ts';
import { uuidBox, uuidBoxHeaderBytes } from './box.ts';
import { malformed } from './malformed.ts';
import { userTypes } from './uuid.ts';

export const fragmentActivityBytes = uuidBoxHeaderBytes + 1;

/** The whole box. Another level than 1 to 15 throws RangeError. */
export function fragmentActivity(level: ActivityLevel): Uint8Array {
  if (!isLevel(level)) throw new RangeError(`${level} is no level of activity`);
  const writer = new ByteWriter(fragmentActivityBytes);
  uuidBox(writer, userTypes.fragmentActivity, () => writer.u8(level));
  return writer.bytes();
}

/**
 * Reads the box from its first byte; of no bytes nothing is known.
 *
 * @throws NightjarError `file_malformed`
 */
export function readFragmentActivity(box: Uint8Array): ActivityLevel | undefined {
  if (box.length === 0) return undefined;
  const level = box[uuidBoxHeaderBytes];
  if (box.length !== fragmentActivityBytes || level === undefined || !isLevel(level))
    throw malformed(`A box about activity says ${level}.`);
  return level;
}

const isLevel = (level: number) => Number.isInteger(level) && level >= 1 && level <= highestActivity;
