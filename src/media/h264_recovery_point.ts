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

/** @param accessUnit NAL units, each after a length of 32 bits */
export function isH264RecoveryPoint(accessUnit: Uint8Array): boolean {
  let isAnnounced = false;
  let slices = 0;
  for (const nalUnit of nalUnitsOf(accessUnit)) {
    const type = nalUnitType(nalUnit[0]!);
    if (type === nalType.sei) isAnnounced ||= recoversAtOnce(nalUnit);
    if (!isSlice(type)) continue;
    if (!isAnnounced || (parseH264SliceStart(nalUnit)?.sliceType ?? 0) % 5 !== intraSlice) return false;
    slices++;
  }
  return slices > 0;
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

/** Whether pictures are right from this one on: its recovery_frame_cnt is 0. */
function recoversAtOnce(sei: Uint8Array): boolean {
  const reader = new BitReader(rawPayload(sei.subarray(0, longestSei)));
  try {
    // The last byte is that of rbsp_trailing_bits.
    while (reader.bitsLeft > 8) {
      const type = longNumber(reader);
      const size = longNumber(reader);
      if (type === recoveryPointType) return reader.ue() === 0;
      reader.skip(size * 8);
    }
  } catch (error) {
    if (!(error instanceof EndOfBytes || error instanceof RangeError)) throw error;
  }
  return false;
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
