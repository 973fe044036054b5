/**
 * Sequence parameter set of H.265: ISO/IEC 23008-2 section 7.3.2.2, as far as a recorder needs it.
 *
 * Tolerated on purpose: what follows the reorder depth may be cut off or senseless; then the pixels count as square.
 */

import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { h265HeaderBytes, h265NalType, h265NalUnitType } from './h265_nal_unit.ts';
import { rawPayload } from './nal_unit.ts';
import { type PixelAspectRatio, readPixelAspectRatio } from './pixel_aspect_ratio.ts';

/** profile_tier_level, section 7.3.3. */
export interface H265Profile {
  readonly space: number;
  readonly highTier: boolean;
  readonly profile: number;
  /** general_profile_compatibility_flag, the one of profile 0 in the highest of 32 bits. */
  readonly compatibility: number;
  /** The six bytes of constraint flags. */
  readonly constraints: readonly number[];
  /** 30 times the level: 93 is level 3.1. */
  readonly level: number;
}

export interface H265Sps {
  readonly vpsId: number;
  readonly id: number;
  /** 1 to 7. */
  readonly subLayers: number;
  readonly temporalIdNesting: boolean;
  readonly profile: H265Profile;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly lumaBits: number;
  readonly chromaBits: number;
  /** Of the picture as it is shown, in samples. */
  readonly width: number;
  readonly height: number;
  /** How many pictures may precede a picture in decoding and follow it in output. */
  readonly reorderDepth: number;
  readonly pixelAspectRatio: PixelAspectRatio;
}

/** The side of the largest picture of level 6.2: the root of 8 x 35,651,584 (section A.4.1). */
const maxSide = 16_888;
const maxReorderPictures = 16;

/**
 * Parses a NAL unit without start code.
 *
 * @throws NightjarError `parameter_sets_malformed`
 */
export function parseH265Sps(nalUnit: Uint8Array): H265Sps {
  if (nalUnit.length <= h265HeaderBytes || h265NalUnitType(nalUnit[0]!) !== h265NalType.sps) {
    throw malformed('it is no sequence parameter set');
  }
  try {
    return readSps(new BitReader(rawPayload(nalUnit, h265HeaderBytes)));
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) throw malformed(error.message, error);
    throw error;
  }
}

function readSps(reader: BitReader): H265Sps {
  const vpsId = reader.bits(4);
  const subLayers = atMost(reader.bits(3), 6, 'sps_max_sub_layers_minus1') + 1;
  const temporalIdNesting = reader.flag();
  const profile = readProfile(reader, subLayers);
  const id = atMost(reader.ue(), 15, 'sps_seq_parameter_set_id');
  const chromaFormat = atMost(reader.ue(), 3, 'chroma_format_idc');
  const separateColourPlanes = chromaFormat === 3 && reader.flag();
  const codedWidth = atMost(reader.ue(), maxSide, 'pic_width_in_luma_samples');
  const codedHeight = atMost(reader.ue(), maxSide, 'pic_height_in_luma_samples');
  const [width, height] = readWindow(reader, { codedWidth, codedHeight, chromaFormat, separateColourPlanes });
  const lumaBits = atMost(reader.ue(), 8, 'bit_depth_luma_minus8') + 8;
  const chromaBits = atMost(reader.ue(), 8, 'bit_depth_chroma_minus8') + 8;
  const orderBits = atMost(reader.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4') + 4;
  const reorderDepth = readReorderDepth(reader, subLayers);
  const pixelAspectRatio = readOptionalRatio(reader, orderBits);
  return {
    ...{ vpsId, id, subLayers, temporalIdNesting, profile, chromaFormat, lumaBits, chromaBits },
    ...{ width, height, reorderDepth, pixelAspectRatio },
  };
}

function readProfile(reader: BitReader, subLayers: number): H265Profile {
  const profile = {
    space: reader.bits(2),
    highTier: reader.flag(),
    profile: reader.bits(5),
    compatibility: reader.bits(32),
    constraints: Array.from({ length: 6 }, () => reader.bits(8)),
    level: reader.bits(8),
  };
  const layers = Array.from({ length: subLayers - 1 }, () => ({
    profile: reader.flag(),
    level: reader.flag(),
  }));
  if (layers.length > 0) reader.skip((8 - layers.length) * 2);
  for (const layer of layers) reader.skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0));
  return profile;
}

/** The conformance window counts chroma samples. */
function readWindow(
  reader: BitReader,
  coded: { codedWidth: number; codedHeight: number; chromaFormat: number; separateColourPlanes: boolean },
): [width: number, height: number] {
  let { codedWidth: width, codedHeight: height } = coded;
  if (reader.flag()) {
    const subsampled = coded.separateColourPlanes ? 0 : coded.chromaFormat;
    width -= (reader.ue() + reader.ue()) * (subsampled === 1 || subsampled === 2 ? 2 : 1);
    height -= (reader.ue() + reader.ue()) * (subsampled === 1 ? 2 : 1);
  }
  if (width <= 0 || height <= 0) throw new RangeError(`the picture is ${width} x ${height}`);
  return [width, height];
}

/** The highest sub-layer is the last one told. */
function readReorderDepth(reader: BitReader, subLayers: number): number {
  const told = reader.flag() ? subLayers : 1;
  let depth = 0;
  for (let layer = 0; layer < told; layer++) {
    reader.ue();
    depth = atMost(reader.ue(), maxReorderPictures, 'sps_max_num_reorder_pics');
    reader.ue();
  }
  return depth;
}

function readOptionalRatio(reader: BitReader, orderBits: number): PixelAspectRatio {
  try {
    skipToVui(reader, orderBits);
    const ratio = reader.flag() && reader.flag() ? readPixelAspectRatio(reader) : undefined;
    if (ratio) return ratio;
  } catch (error) {
    // The size of the picture is known by now: a camera that ends here, or goes on with nonsense, can be recorded.
    if (!(error instanceof EndOfBytes || error instanceof RangeError)) throw error;
  }
  return { horizontal: 1, vertical: 1 };
}

function skipToVui(reader: BitReader, orderBits: number): void {
  // Sizes of coding and transform blocks, and depths of the hierarchy.
  for (let field = 0; field < 6; field++) reader.ue();
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2);
  if (reader.flag()) {
    reader.skip(8);
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  skipReferenceSets(reader, atMost(reader.ue(), 64, 'num_short_term_ref_pic_sets'));
  if (reader.flag()) reader.skip(atMost(reader.ue(), 32, 'num_long_term_ref_pics_sps') * (orderBits + 1));
  reader.skip(2);
}

/** Section 7.3.4. */
function skipScalingLists(reader: BitReader): void {
  for (let size = 0; size < 4; size++) {
    for (let matrix = 0; matrix < 6; matrix += size === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue();
        continue;
      }
      if (size > 1) reader.se();
      for (let value = Math.min(64, 1 << (4 + size * 2)); value > 0; value--) reader.se();
    }
  }
}

/** Short-term reference picture sets, section 7.3.7: each may be told by how it differs from the one before. */
function skipReferenceSets(reader: BitReader, count: number): void {
  let before = 0;
  for (let index = 0; index < count; index++) {
    if (index > 0 && reader.flag()) {
      reader.skip(1);
      reader.ue();
      let pictures = 0;
      for (let picture = 0; picture <= before; picture++) if (reader.flag() || reader.flag()) pictures++;
      before = pictures;
    } else {
      before = atMost(
        reader.ue() + reader.ue(),
        maxReorderPictures,
        'num_negative_pics and num_positive_pics',
      );
      for (let picture = 0; picture < before; picture++) {
        reader.ue();
        reader.skip(1);
      }
    }
  }
}

function atMost(value: number, most: number, field: string): number {
  if (value > most) throw new RangeError(`${field} is ${value}, at most ${most} is allowed`);
  return value;
}

function malformed(detail: string, cause?: unknown): NightjarError {
  return new NightjarError('parameter_sets_malformed', `The SPS cannot be read: ${detail}.`, { cause });
}
