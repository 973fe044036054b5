/** NAL units of H.264: ISO/IEC 14496-10 section 7.3.1, byte streams by its Annex B. */

/** nal_unit_type, table 7-1. */
export const nalType = {
  slice: 1,
  partitionA: 2,
  idrSlice: 5,
  sei: 6,
  sps: 7,
  pps: 8,
  delimiter: 9,
  endOfSequence: 10,
  endOfStream: 11,
  filler: 12,
  spsExtension: 13,
  prefix: 14,
  subsetSps: 15,
  auxiliarySlice: 19,
} as const;

/** The prefix of a NAL unit in a byte stream; a fourth byte, a zero before it, counts as trailing zero. */
export const startCode = Buffer.of(0, 0, 1);

/** @param header first byte of a NAL unit */
export const nalUnitType = (header: number): number => header & 0x1f;

/** Whether a NAL unit of this type carries macroblocks of the primary coded picture from its first slice header on. */
export const isSlice = (type: number): boolean =>
  type === nalType.slice || type === nalType.idrSlice || type === nalType.partitionA;

/** Whether a NAL unit of this type, after slices, can only belong to the next access unit (section 7.4.1.2.3). */
export const opensAccessUnit = (type: number): boolean =>
  (type >= nalType.sei && type <= nalType.delimiter) || (type >= nalType.prefix && type <= 18);

/** Where the bytes from `start` to `end` end when the zeros at the end are left out. */
export function endWithoutZeros(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] === 0) at--;
  return at;
}

/**
 * The NAL units of a byte stream as views, without start codes and trailing zeros. Bytes before the first start
 * code are a NAL unit too; empty ones are left out.
 */
export function splitAnnexB(bytes: Uint8Array, maxNalUnits: number): Uint8Array[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const nalUnits: Uint8Array[] = [];
  let start = 0;
  while (start < buffer.length && nalUnits.length < maxNalUnits) {
    const found = buffer.indexOf(startCode, start);
    const limit = found < 0 ? buffer.length : found;
    const end = endWithoutZeros(buffer, start, limit);
    if (end > start) nalUnits.push(bytes.subarray(start, end));
    start = found < 0 ? buffer.length : found + startCode.length;
  }
  return nalUnits;
}

/** The RBSP of a NAL unit: without its first byte and without the emulation prevention bytes (section 7.4.1). */
export function rawPayload(nalUnit: Uint8Array): Uint8Array {
  const payload = new Uint8Array(Math.max(0, nalUnit.length - 1));
  let length = 0;
  let zeros = 0;
  for (let at = 1; at < nalUnit.length; at++) {
    const byte = nalUnit[at]!;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    payload[length++] = byte;
  }
  return payload.subarray(0, length);
}
