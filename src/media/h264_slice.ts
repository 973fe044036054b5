/** What is needed of an H.264 slice header: ISO/IEC 14496-10 section 7.3.3. */

import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { rawPayload } from './nal_unit.ts';

export interface H264SliceStart {
  /** first_mb_in_slice: 0 begins a picture. */
  readonly firstMacroblock: number;
  /** 0 P, 1 B, 2 I, 3 SP, 4 SI; the same plus 5 when all slices of the picture are of the type. */
  readonly sliceType: number;
  readonly ppsId: number;
}

/** The three codes of at most 63 bits each and the emulation prevention among them fit in here. */
const startBytes = 40;

/** The start of a slice header; undefined when it cannot be read. */
export function parseH264SliceStart(nalUnit: Uint8Array): H264SliceStart | undefined {
  const reader = new BitReader(rawPayload(nalUnit.subarray(0, startBytes)));
  try {
    return { firstMacroblock: reader.ue(), sliceType: reader.ue(), ppsId: reader.ue() };
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) return undefined;
    throw error;
  }
}
