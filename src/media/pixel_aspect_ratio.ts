import type { BitReader } from '../bytes/bit_reader.ts';

/** Width to height of one sample. */
export interface PixelAspectRatio {
  readonly horizontal: number;
  readonly vertical: number;
}

/** ISO/IEC 14496-10 table E-1, from aspect_ratio_idc 1 on; ISO/IEC 23008-2 has the same. */
const sampleAspectRatios: readonly (readonly [number, number])[] = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];
const extendedSampleAspectRatio = 255;

/** Reads aspect_ratio_idc and what follows of it; undefined when the ratio is not stated. */
export function readPixelAspectRatio(reader: BitReader): PixelAspectRatio | undefined {
  const index = reader.bits(8);
  const known = sampleAspectRatios[index - 1];
  const [horizontal, vertical] =
    index === extendedSampleAspectRatio ? [reader.bits(16), reader.bits(16)] : (known ?? [0, 0]);
  // A ratio with a zero in it is unspecified (section E.2.1).
  return horizontal > 0 && vertical > 0 ? { horizontal, vertical } : undefined;
}
