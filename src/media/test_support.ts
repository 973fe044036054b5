import { BitWriter } from '../bytes/bit_writer.ts';

/** What a test wants in an SPS; the rest is the plainest that there is. */
export interface SpsRecipe {
  readonly profile?: number;
  readonly constraints?: number;
  readonly level?: number;
  readonly id?: number;
  readonly chromaFormat?: number;
  readonly separateColourPlanes?: boolean;
  /** Values as coded: differences from one entry to the next; undefined for a list that is not present. */
  readonly scalingLists?: readonly (readonly number[] | undefined)[];
  readonly pictureOrderType?: number;
  readonly widthInMacroblocks?: number;
  readonly heightInMapUnits?: number;
  readonly framesOnly?: boolean;
  /** left, right, top, bottom in the units of the standard. */
  readonly crop?: readonly [number, number, number, number];
  readonly vui?: VuiRecipe;
}

export interface VuiRecipe {
  readonly aspectRatioIndex?: number;
  readonly sampleAspectRatio?: readonly [number, number];
  readonly fullRange?: boolean;
  readonly timing?: readonly [unitsInTick: number, timeScale: number];
  readonly hrdBuffers?: number;
  readonly reorderFrames?: number;
}

/** An SPS as a NAL unit, with emulation prevention. */
export function writeSps(recipe: SpsRecipe = {}): Buffer {
  const writer = new BitWriter();
  const profile = recipe.profile ?? 77;
  writer.bits(profile, 8);
  writer.bits(recipe.constraints ?? 0, 8);
  writer.bits(recipe.level ?? 31, 8);
  writer.ue(recipe.id ?? 0);
  if (profile >= 100) writeChroma(writer, recipe);
  writer.ue(0);
  writePictureOrder(writer, recipe.pictureOrderType ?? 0);
  writer.ue(4);
  writer.flag(false);
  writer.ue((recipe.widthInMacroblocks ?? 20) - 1);
  writer.ue((recipe.heightInMapUnits ?? 15) - 1);
  writer.flag(recipe.framesOnly ?? true);
  if (recipe.framesOnly === false) writer.flag(true);
  writer.flag(true);
  writer.flag(recipe.crop !== undefined);
  for (const offset of recipe.crop ?? []) writer.ue(offset);
  writer.flag(recipe.vui !== undefined);
  if (recipe.vui) writeVui(writer, recipe.vui);
  writer.flag(true);
  return toNalUnit(0x67, writer.bytes());
}

/** A PPS of a few bytes. */
export function writePps(id = 0, spsId = 0): Buffer {
  const writer = new BitWriter();
  writer.ue(id);
  writer.ue(spsId);
  writer.bits(0b01001_1, 6);
  return toNalUnit(0x68, writer.bytes());
}

/** The first bytes of a slice that begins a picture. */
export function writeSlice(type: number, ppsId: number, firstMacroblock = 0): Buffer {
  const writer = new BitWriter();
  writer.ue(firstMacroblock);
  writer.ue(7);
  writer.ue(ppsId);
  writer.bits(0xabcd, 16);
  writer.flag(true);
  return toNalUnit(0x60 | type, writer.bytes());
}

function toNalUnit(header: number, payload: Uint8Array): Buffer {
  const bytes = [header];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(bytes);
}

function writeChroma(writer: BitWriter, recipe: SpsRecipe): void {
  const chromaFormat = recipe.chromaFormat ?? 1;
  writer.ue(chromaFormat);
  if (chromaFormat === 3) writer.flag(recipe.separateColourPlanes ?? false);
  writer.ue(0);
  writer.ue(0);
  writer.flag(false);
  writer.flag(recipe.scalingLists !== undefined);
  for (const list of recipe.scalingLists ?? []) {
    writer.flag(list !== undefined);
    for (const difference of list ?? []) writer.se(difference);
  }
}

function writePictureOrder(writer: BitWriter, type: number): void {
  writer.ue(type);
  if (type === 0) writer.ue(2);
  if (type !== 1) return;
  writer.flag(true);
  writer.se(-2);
  writer.se(1);
  writer.ue(3);
  for (const offset of [2, -4, 6]) writer.se(offset);
}

function writeVui(writer: BitWriter, vui: VuiRecipe): void {
  const index = vui.sampleAspectRatio ? 255 : vui.aspectRatioIndex;
  writer.flag(index !== undefined);
  if (index !== undefined) writer.bits(index, 8);
  for (const side of vui.sampleAspectRatio ?? []) writer.bits(side, 16);
  writer.flag(false);
  writer.flag(vui.fullRange !== undefined);
  if (vui.fullRange !== undefined) {
    writer.bits(5, 3);
    writer.flag(vui.fullRange);
    writer.flag(true);
    for (const value of [1, 1, 1]) writer.bits(value, 8);
  }
  writer.flag(true);
  writer.ue(2);
  writer.ue(2);
  writer.flag(vui.timing !== undefined);
  for (const value of vui.timing ?? []) writer.bits(value, 32);
  if (vui.timing) writer.flag(true);
  writeHrd(writer, vui.hrdBuffers);
  writer.flag(false);
  if (vui.hrdBuffers !== undefined) writer.flag(false);
  writer.flag(false);
  writer.flag(vui.reorderFrames !== undefined);
  if (vui.reorderFrames === undefined) return;
  writer.flag(true);
  for (const value of [0, 0, 11, 11, vui.reorderFrames, 4]) writer.ue(value);
}

function writeHrd(writer: BitWriter, buffers: number | undefined): void {
  writer.flag(buffers !== undefined);
  if (buffers === undefined) return;
  writer.ue(buffers - 1);
  writer.bits(1, 4);
  writer.bits(2, 4);
  for (let index = 0; index < buffers; index++) {
    writer.ue(999);
    writer.ue(499);
    writer.flag(true);
  }
  for (const bits of [23, 15, 5, 24]) writer.bits(bits, 5);
}
