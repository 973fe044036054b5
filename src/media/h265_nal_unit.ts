/** NAL units of H.265: ISO/IEC 23008-2 section 7.3.1. */

import { firstBitSet, type NalSyntax } from './nal_unit.ts';

/** nal_unit_type, table 7-1: what is named by itself here. */
export const h265NalType = {
  lastSubLayerSlice: 9,
  firstIrap: 16,
  lastKnownIrap: 21,
  lastIrap: 23,
  vps: 32,
  sps: 33,
  pps: 34,
  delimiter: 35,
  endOfSequence: 36,
  endOfStream: 37,
  filler: 38,
  prefixSei: 39,
} as const;

export const h265HeaderBytes = 2;

/** @param header first byte of a NAL unit */
export const h265NalUnitType = (header: number): number => (header >> 1) & 0x3f;

/** Whether a slice of this type belongs to a picture from which decoding can begin: IDR, BLA or CRA. */
const isIrap = (type: number): boolean => type >= h265NalType.firstIrap && type <= h265NalType.lastKnownIrap;

const isSlice = (type: number): boolean => type <= h265NalType.lastSubLayerSlice || isIrap(type);

const isParameterSet = (type: number): boolean => type >= h265NalType.vps && type <= h265NalType.pps;

/** Section 7.4.2.4.4. */
const opensAccessUnit = (type: number): boolean =>
  isParameterSet(type) ||
  type === h265NalType.delimiter ||
  type === h265NalType.prefixSei ||
  (type >= 41 && type <= 44) ||
  (type >= 48 && type <= 55);

export const h265Syntax: NalSyntax = {
  headerBytes: h265HeaderBytes,
  typeOf: h265NalUnitType,
  isSlice,
  isKeySlice: isIrap,
  isParameterSet,
  opensAccessUnit,
  // Reserved slices cannot be decoded; types from 48 on are those of packets (RFC 7798 section 4.4).
  isLeftOut: (type) =>
    (type < h265NalType.vps && !isSlice(type)) ||
    (type >= h265NalType.delimiter && type <= h265NalType.filler) ||
    type >= 48,
  beginsPicture: firstBitSet,
};
