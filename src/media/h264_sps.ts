/**
 * Sequence parameter set of H.264: ISO/IEC 14496-10 section 7.3.2.1.1.
 *
 * Tolerated on purpose: rubbish after the RBSP (Reolink), and video usability information that is cut off or
 * senseless: what came before it counts.
 */

import { isDeepStrictEqual } from 'node:util';
import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { type H264Vui, readVui } from './h264_vui.ts';
import { nalType, nalUnitType, rawPayload } from './nal_unit.ts';

export interface H264Sps {
  readonly profile: number;
  /** constraint_set0_flag is the highest bit. */
  readonly constraints: number;
  /** Ten times the level: 31 is level 3.1. */
  readonly level: number;
  readonly id: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly separateColourPlanes: boolean;
  readonly lumaBits: number;
  readonly chromaBits: number;
  readonly losslessBypass: boolean;
  /** One entry per list: its values, 'default', or undefined when it falls back on another one. */
  readonly scalingLists: readonly (readonly number[] | 'default' | undefined)[] | undefined;
  readonly frameNumberBits: number;
  readonly pictureOrder: PictureOrder;
  readonly maxReferenceFrames: number;
  readonly gapsInFrameNumber: boolean;
  /** False when pictures may be fields or macroblocks be coded as such. */
  readonly framesOnly: boolean;
  readonly adaptiveFrameField: boolean;
  readonly direct8x8Inference: boolean;
  /** Of the coded picture, in samples. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** In samples, as cut off from the coded picture. */
  readonly crop: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
  /** Of the cropped picture, in samples. */
  readonly width: number;
  readonly height: number;
  readonly vui: H264Vui | undefined;
}

/** How the output order is coded, section 8.2.1. */
export type PictureOrder =
  | { readonly type: 0; readonly leastBits: number }
  | {
      readonly type: 1;
      readonly deltaAlwaysZero: boolean;
      readonly offsetForNonReference: number;
      readonly offsetTopToBottom: number;
      readonly offsetsForReferences: readonly number[];
    }
  | { readonly type: 2 };

const profilesWithChroma = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const intraProfiles = new Set([44, 86, 100, 110, 122, 244]);
const baselineProfile = 66;
/** The side of the largest picture of level 6.2, in macroblocks: the root of 8 x 139,264 (section A.3.1). */
const maxMacroblocks = 1055;
const maxReorderFrames = 16;

/**
 * Parses a NAL unit without start code.
 *
 * @throws NightjarError `parameter_sets_malformed`
 */
export function parseH264Sps(nalUnit: Uint8Array): H264Sps {
  if (nalUnit.length < 4 || nalUnitType(nalUnit[0]!) !== nalType.sps) {
    throw malformed('it is no sequence parameter set');
  }
  try {
    return readSps(new BitReader(rawPayload(nalUnit)));
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) throw malformed(error.message, error);
    throw error;
  }
}

/** Whether two sequence parameter sets mean the same to a decoder: rates and buffer sizes do not matter to it. */
export function sameSpsForDecoder(a: H264Sps, b: H264Sps): boolean {
  return isDeepStrictEqual(decodingPart(a), decodingPart(b));
}

function decodingPart(sps: H264Sps) {
  if (sps.vui === undefined) return sps;
  const { timing: _t, nalHrd: _n, vclHrd: _v, lowDelay: _l, pictureStructurePresent: _p, ...vui } = sps.vui;
  return { ...sps, vui };
}

/** How many pictures may precede a picture in decoding and follow it in output; undefined when not stated. */
export function h264ReorderDepth(sps: H264Sps): number | undefined {
  const stated = sps.vui?.restriction?.maxReorderFrames;
  if (stated !== undefined && stated <= maxReorderFrames) return stated;
  const intraOnly = intraProfiles.has(sps.profile) && (sps.constraints & 0x10) !== 0;
  if (sps.pictureOrder.type === 2 || sps.profile === baselineProfile || intraOnly) return 0;
  return undefined;
}

function readSps(reader: BitReader): H264Sps {
  const profile = reader.bits(8);
  const constraints = reader.bits(8);
  const level = reader.bits(8);
  const id = atMost(reader.ue(), 31, 'seq_parameter_set_id');
  const format = profilesWithChroma.has(profile) ? readChroma(reader) : defaultChroma;
  const frameNumberBits = atMost(reader.ue(), 12, 'log2_max_frame_num_minus4') + 4;
  const pictureOrder = readPictureOrder(reader);
  const maxReferenceFrames = atMost(reader.ue(), 16, 'max_num_ref_frames');
  const gapsInFrameNumber = reader.flag();
  const codedWidth = (atMost(reader.ue(), maxMacroblocks - 1, 'pic_width_in_mbs_minus1') + 1) * 16;
  const mapUnits = atMost(reader.ue(), maxMacroblocks - 1, 'pic_height_in_map_units_minus1') + 1;
  const framesOnly = reader.flag();
  const codedHeight = mapUnits * (framesOnly ? 16 : 32);
  const adaptiveFrameField = framesOnly ? false : reader.flag();
  const direct8x8Inference = reader.flag();
  const crop = readCrop(reader, format, framesOnly);
  const width = codedWidth - crop.left - crop.right;
  const height = codedHeight - crop.top - crop.bottom;
  if (width <= 0 || height <= 0) throw new RangeError('cropping leaves nothing of the picture');
  const vui = readOptionalVui(reader);
  return {
    profile,
    constraints,
    level,
    id,
    ...format,
    frameNumberBits,
    pictureOrder,
    maxReferenceFrames,
    gapsInFrameNumber,
    framesOnly,
    adaptiveFrameField,
    direct8x8Inference,
    codedWidth,
    codedHeight,
    crop,
    width,
    height,
    vui,
  };
}

type ChromaFields = Pick<
  H264Sps,
  'chromaFormat' | 'separateColourPlanes' | 'lumaBits' | 'chromaBits' | 'losslessBypass' | 'scalingLists'
>;

const defaultChroma: ChromaFields = {
  chromaFormat: 1,
  separateColourPlanes: false,
  lumaBits: 8,
  chromaBits: 8,
  losslessBypass: false,
  scalingLists: undefined,
};

function readChroma(reader: BitReader): ChromaFields {
  const chromaFormat = atMost(reader.ue(), 3, 'chroma_format_idc');
  return {
    chromaFormat,
    separateColourPlanes: chromaFormat === 3 && reader.flag(),
    lumaBits: atMost(reader.ue(), 6, 'bit_depth_luma_minus8') + 8,
    chromaBits: atMost(reader.ue(), 6, 'bit_depth_chroma_minus8') + 8,
    losslessBypass: reader.flag(),
    scalingLists: reader.flag() ? readScalingLists(reader, chromaFormat === 3 ? 12 : 8) : undefined,
  };
}

function readScalingLists(reader: BitReader, count: number) {
  const lists: (readonly number[] | 'default' | undefined)[] = [];
  while (lists.length < count) {
    lists.push(reader.flag() ? readScalingList(reader, lists.length < 6 ? 16 : 64) : undefined);
  }
  return lists;
}

/** Section 7.3.2.1.1.1: once a value is 0, the last one holds for the rest of the list. */
function readScalingList(reader: BitReader, size: number): readonly number[] | 'default' {
  const values: number[] = [];
  let last = 8;
  let next = 8;
  while (values.length < size) {
    if (next !== 0) {
      next = (last + reader.se() + 256) & 0xff;
      if (next === 0 && values.length === 0) return 'default';
    }
    if (next !== 0) last = next;
    values.push(last);
  }
  return values;
}

function readPictureOrder(reader: BitReader): PictureOrder {
  const type = atMost(reader.ue(), 2, 'pic_order_cnt_type');
  if (type === 0) {
    return { type, leastBits: atMost(reader.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4') + 4 };
  }
  if (type === 2) return { type };
  const deltaAlwaysZero = reader.flag();
  const offsetForNonReference = reader.se();
  const offsetTopToBottom = reader.se();
  const count = atMost(reader.ue(), 255, 'num_ref_frames_in_pic_order_cnt_cycle');
  const offsetsForReferences: number[] = [];
  while (offsetsForReferences.length < count) offsetsForReferences.push(reader.se());
  return { type: 1, deltaAlwaysZero, offsetForNonReference, offsetTopToBottom, offsetsForReferences };
}

function readCrop(reader: BitReader, format: ChromaFields, framesOnly: boolean) {
  if (!reader.flag()) return { left: 0, right: 0, top: 0, bottom: 0 };
  // Section 7.4.2.1.1: offsets count chroma samples, and pairs of rows when there may be fields.
  const subsampled = format.separateColourPlanes ? 0 : format.chromaFormat;
  const horizontal = subsampled === 1 || subsampled === 2 ? 2 : 1;
  const vertical = (subsampled === 1 ? 2 : 1) * (framesOnly ? 1 : 2);
  return {
    left: reader.ue() * horizontal,
    right: reader.ue() * horizontal,
    top: reader.ue() * vertical,
    bottom: reader.ue() * vertical,
  };
}

function readOptionalVui(reader: BitReader): H264Vui | undefined {
  const vui: H264Vui = {};
  try {
    if (!reader.flag()) return undefined;
    readVui(reader, vui);
  } catch (error) {
    // The size of the picture is known by now: a camera that ends here, or goes on with nonsense, can be recorded.
    if (!(error instanceof EndOfBytes || error instanceof RangeError)) throw error;
  }
  return vui;
}

function atMost(value: number, most: number, field: string): number {
  if (value > most) throw new RangeError(`${field} is ${value}, at most ${most} is allowed`);
  return value;
}

function malformed(detail: string, cause?: unknown): NightjarError {
  return new NightjarError('parameter_sets_malformed', `The SPS cannot be read: ${detail}.`, { cause });
}
