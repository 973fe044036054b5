/** Video usability information of H.264: ISO/IEC 14496-10 Annex E. */

import type { BitReader } from '../bytes/bit_reader.ts';
import { type PixelAspectRatio, readPixelAspectRatio } from './pixel_aspect_ratio.ts';

/** Hypothetical reference decoder, section E.1.2: how fast each coded picture buffer fills. */
export interface H264Hrd {
  readonly buffers: readonly {
    readonly bitRate: number;
    readonly sizeBits: number;
    readonly constant: boolean;
  }[];
  readonly initialDelayBits: number;
  readonly removalDelayBits: number;
  readonly outputDelayBits: number;
  readonly timeOffsetBits: number;
}

/** What was there of it, in the order of the bit stream; the rest is undefined. */
export interface H264Vui {
  pixelAspectRatio?: PixelAspectRatio;
  overscanAppropriate?: boolean;
  videoFormat?: number;
  fullRange?: boolean;
  colour?: { readonly primaries: number; readonly transfer: number; readonly matrix: number };
  chromaLocation?: { readonly top: number; readonly bottom: number };
  /** Fields per second are `timeScale / unitsInTick`. */
  timing?: { readonly unitsInTick: number; readonly timeScale: number; readonly fixedFrameRate: boolean };
  nalHrd?: H264Hrd;
  vclHrd?: H264Hrd;
  lowDelay?: boolean;
  pictureStructurePresent?: boolean;
  restriction?: {
    readonly motionVectorsOverBoundaries: boolean;
    readonly maxBytesPerPictureDenominator: number;
    readonly maxBitsPerMacroblockDenominator: number;
    readonly maxHorizontalMotionVectorLog2: number;
    readonly maxVerticalMotionVectorLog2: number;
    readonly maxReorderFrames: number;
    readonly maxDecodedFrameBuffering: number;
  };
}

const maxBuffers = 32;

/** Fills `vui` field by field, so that what came before an early end or a bad value is kept; throws at either. */
export function readVui(reader: BitReader, vui: H264Vui): void {
  const ratio = reader.flag() ? readPixelAspectRatio(reader) : undefined;
  if (ratio) vui.pixelAspectRatio = ratio;
  if (reader.flag()) vui.overscanAppropriate = reader.flag();
  if (reader.flag()) {
    vui.videoFormat = reader.bits(3);
    vui.fullRange = reader.flag();
    if (reader.flag()) {
      vui.colour = { primaries: reader.bits(8), transfer: reader.bits(8), matrix: reader.bits(8) };
    }
  }
  if (reader.flag()) vui.chromaLocation = { top: reader.ue(), bottom: reader.ue() };
  if (reader.flag()) {
    vui.timing = { unitsInTick: reader.bits(32), timeScale: reader.bits(32), fixedFrameRate: reader.flag() };
  }
  if (reader.flag()) vui.nalHrd = readHrd(reader);
  if (reader.flag()) vui.vclHrd = readHrd(reader);
  if (vui.nalHrd || vui.vclHrd) vui.lowDelay = reader.flag();
  vui.pictureStructurePresent = reader.flag();
  if (reader.flag()) {
    vui.restriction = {
      motionVectorsOverBoundaries: reader.flag(),
      maxBytesPerPictureDenominator: reader.ue(),
      maxBitsPerMacroblockDenominator: reader.ue(),
      maxHorizontalMotionVectorLog2: reader.ue(),
      maxVerticalMotionVectorLog2: reader.ue(),
      maxReorderFrames: reader.ue(),
      maxDecodedFrameBuffering: reader.ue(),
    };
  }
}

function readHrd(reader: BitReader): H264Hrd {
  const count = reader.ue() + 1;
  if (count > maxBuffers) throw new RangeError(`${count} coded picture buffers`);
  const bitRateScale = reader.bits(4) + 6;
  const sizeScale = reader.bits(4) + 4;
  const buffers: { bitRate: number; sizeBits: number; constant: boolean }[] = [];
  while (buffers.length < count) {
    buffers.push({
      bitRate: (reader.ue() + 1) * 2 ** bitRateScale,
      sizeBits: (reader.ue() + 1) * 2 ** sizeScale,
      constant: reader.flag(),
    });
  }
  return {
    buffers,
    initialDelayBits: reader.bits(5) + 1,
    removalDelayBits: reader.bits(5) + 1,
    outputDelayBits: reader.bits(5) + 1,
    timeOffsetBits: reader.bits(5),
  };
}
