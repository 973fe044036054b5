/** NAL units: those of H.264 (ISO/IEC 14496-10 section 7.3.1), and what H.265 has in common with them. */

/** What must be known of a codec's NAL units to put access units together. */
export interface NalSyntax {
  readonly headerBytes: number;
  /** @param header first byte of a NAL unit */
  readonly typeOf: (header: number) => number;
  /** Whether it carries a part of the primary coded picture. */
  readonly isSlice: (type: number) => boolean;
  /** Whether pictures of such slices alone decode without any picture before them. */
  readonly isKeySlice: (type: number) => boolean;
  readonly isParameterSet: (type: number) => boolean;
  /** Whether, after slices, it can only belong to the next access unit. */
  readonly opensAccessUnit: (type: number) => boolean;
  /** Whether a file keeps it elsewhere, or it means nothing there. */
  readonly isLeftOut: (type: number) => boolean;
  /** Whether a slice is the first one of its picture. @param afterHeader the byte after the NAL unit header */
  readonly beginsPicture: (afterHeader: number) => boolean;
}

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

/**
 * The first bit after the header: first_mb_in_slice is 0, whose code is a single 1 (section 7.3.3), or
 * first_slice_segment_in_pic_flag (H.265 section 7.3.6.1).
 */
export const firstBitSet = (afterHeader: number): boolean => afterHeader >= 0x80;

/** Neither parameter sets nor pictures; types from 24 on are those of packets (RFC 6184 section 5.2). */
const leftOut = new Set<number>([
  nalType.delimiter,
  nalType.endOfSequence,
  nalType.endOfStream,
  nalType.filler,
  nalType.spsExtension,
  nalType.subsetSps,
]);

export const h264Syntax: NalSyntax = {
  headerBytes: 1,
  typeOf: nalUnitType,
  isSlice,
  isKeySlice: (type) => type === nalType.idrSlice,
  isParameterSet: (type) => type === nalType.sps || type === nalType.pps,
  opensAccessUnit,
  isLeftOut: (type) => type === 0 || type >= 24 || leftOut.has(type),
  beginsPicture: firstBitSet,
};

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

/** The RBSP of a NAL unit: without its header and without the emulation prevention bytes (section 7.4.1). */
export function rawPayload(nalUnit: Uint8Array, headerBytes = 1): Uint8Array {
  const payload = new Uint8Array(Math.max(0, nalUnit.length - headerBytes));
  let length = 0;
  let zeros = 0;
  for (let at = headerBytes; at < nalUnit.length; at++) {
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

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && Buffer.compare(a, b) === 0;
