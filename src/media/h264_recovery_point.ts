/**
 * Pictures that decoding may begin with though they are no IDR pictures: intra pictures that a recovery point stands before
 * (ISO/IEC 14496-10 sections D.1.8 and D.2.8). Encoders with open groups of pictures may send one IDR picture in all.
 */
import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { parseH264SliceStart } from './h264_slice.ts';
import type { AccessUnit } from './media_unit.ts';
import { isSlice, nalType, nalUnitType, rawPayload } from './nal_unit.ts';

const recoveryPointType = 6;
/** slice_type, where 5 more say the same of all slices of the picture. */
const intraSlice = 2;
const lengthBytes = 4;
/** Recovery points stand in front; behind them there may be much that cameras say of themselves. */
const longestSei = 1024;

/**
 * How decoding may begin with an access unit that is no IDR picture: `atOnce` with an intra picture, `gradual` where the
 * picture is refreshed part by part, and is right some pictures later.
 *
 * @param accessUnit NAL units, each after a length of 32 bits
 */
export function h264Recovery(accessUnit: Uint8Array): 'atOnce' | 'gradual' | undefined {
  let frames: number | undefined;
  let isIntra = true;
  for (const nalUnit of nalUnitsOf(accessUnit)) {
    const type = nalUnitType(nalUnit[0]!);
    if (type === nalType.sei) frames ??= recoveryFrames(nalUnit);
    if (!isSlice(type)) continue;
    if (frames === undefined) return undefined;
    isIntra &&= (parseH264SliceStart(nalUnit)?.sliceType ?? 0) % 5 === intraSlice;
  }
  if (frames === undefined) return undefined;
  if (frames > 0) return 'gradual';
  return isIntra ? 'atOnce' : undefined;
}

/** Whether a key frame leaves pictures behind it that are shown before it, and refer to what was before it. */
export function beginsH264OpenGroup({ track, bytes: range }: AccessUnit): boolean {
  if (track.codec !== 'h264') return false;
  const { bytes } = range.chunk;
  const accessUnit = bytes.subarray(range.start, range.end);
  return nalUnitsOf(accessUnit).every((nalUnit) => nalUnitType(nalUnit[0]!) !== nalType.idrSlice);
}

function nalUnitsOf(accessUnit: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(accessUnit.buffer, accessUnit.byteOffset, accessUnit.length);
  const nalUnits: Uint8Array[] = [];
  for (let at = 0; at + lengthBytes < bytes.length; ) {
    const start = at + lengthBytes;
    at = start + bytes.readUInt32BE(at);
    nalUnits.push(bytes.subarray(start, at));
  }
  return nalUnits;
}

/** recovery_frame_cnt: so many pictures later they are right. */
function recoveryFrames(sei: Uint8Array): number | undefined {
  const reader = new BitReader(rawPayload(sei.subarray(0, longestSei)));
  try {
    // The last byte is that of rbsp_trailing_bits.
    while (reader.bitsLeft > 8) {
      const type = longNumber(reader);
      const size = longNumber(reader);
      if (type === recoveryPointType) return reader.ue();
      reader.skip(size * 8);
    }
  } catch (error) {
    if (!(error instanceof EndOfBytes || error instanceof RangeError)) throw error;
  }
  return undefined;
}

/** Bytes of 255, and one that is less, are added up (section 7.3.2.3.1). */
function longNumber(reader: BitReader): number {
  let sum = 0;
  for (;;) {
    const byte = reader.bits(8);
    sum += byte;
    if (byte < 255) return sum;
  }
}
