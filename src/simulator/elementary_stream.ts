/** Takes apart our own H.264 (Annex B) and AAC (ADTS) files; not made for what cameras or strangers send. */

/** The NAL units of one picture, without start codes. */
export interface CodedPicture {
  readonly nalUnits: readonly Uint8Array[];
  readonly keyFrame: boolean;
}

const nonIdrSlice = 1;
const idrSlice = 5;
const firstH265ParameterSet = 32;

/** Splits a byte stream (ISO/IEC 14496-10 annex B) into pictures. */
export function splitPictures(bytes: Uint8Array): CodedPicture[] {
  const pictures: CodedPicture[] = [];
  let nalUnits: Uint8Array[] = [];
  let keyFrame = false;
  let hasSlice = false;
  for (const nalUnit of splitNalUnits(bytes)) {
    const type = nalUnit[0]! & 0x1f;
    const isSlice = type === nonIdrSlice || type === idrSlice;
    // first_mb_in_slice is the first code of a slice; its shortest form, a single 1, stands for 0.
    const begins = isSlice ? nalUnit[1]! >= 0x80 : hasSlice;
    if (begins && hasSlice) {
      pictures.push({ nalUnits, keyFrame });
      nalUnits = [];
      keyFrame = false;
      hasSlice = false;
    }
    nalUnits.push(nalUnit);
    hasSlice ||= isSlice;
    keyFrame ||= type === idrSlice;
  }
  if (hasSlice) pictures.push({ nalUnits, keyFrame });
  return pictures;
}

/** Splits an H.265 byte stream (ITU-T H.265 annex B) into pictures, each with the parameter sets in front of it. */
export function splitH265Pictures(bytes: Uint8Array): { readonly nalUnits: readonly Uint8Array[] }[] {
  const pictures: { nalUnits: Uint8Array[]; hasSlice: boolean }[] = [];
  for (const nalUnit of splitNalUnits(bytes)) {
    const isSlice = ((nalUnit[0]! >> 1) & 0x3f) < firstH265ParameterSet;
    // first_slice_segment_in_pic_flag is the first bit behind the header of two bytes.
    const begins = isSlice ? nalUnit[2]! >= 0x80 : true;
    if (pictures.length === 0 || (begins && pictures.at(-1)!.hasSlice))
      pictures.push({ nalUnits: [], hasSlice: false });
    const picture = pictures.at(-1)!;
    picture.nalUnits.push(nalUnit);
    picture.hasSlice ||= isSlice;
  }
  return pictures;
}

function splitNalUnits(bytes: Uint8Array): Uint8Array[] {
  const starts: number[] = [];
  for (let at = 0; at + 3 <= bytes.length; at++) {
    if (bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1) starts.push(at + 3);
  }
  return starts.map((start, index) => {
    let end = index + 1 < starts.length ? starts[index + 1]! - 3 : bytes.length;
    // The zero in front of a start code of four bytes belongs to neither NAL unit.
    while (end > start && bytes[end - 1] === 0) end--;
    return bytes.subarray(start, end);
  });
}

export interface AdtsStream {
  /** AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1). */
  readonly config: Uint8Array;
  /** Raw frames without headers. */
  readonly frames: readonly Uint8Array[];
}

/** Splits an ADTS stream (ISO/IEC 14496-3 section 1.A.2.2) of one raw data block per header. */
export function splitAdts(bytes: Uint8Array): AdtsStream {
  const frames: Uint8Array[] = [];
  let config = new Uint8Array();
  for (let at = 0; at + 7 <= bytes.length; ) {
    const headerBytes = (bytes[at + 1]! & 1) === 1 ? 7 : 9;
    const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
    if (bytes[at] !== 0xff || length <= headerBytes) throw new Error(`no ADTS header at offset ${at}`);
    if (config.length === 0) {
      const objectType = (bytes[at + 2]! >> 6) + 1;
      const rateIndex = (bytes[at + 2]! >> 2) & 15;
      const channels = ((bytes[at + 2]! & 1) << 2) | (bytes[at + 3]! >> 6);
      config = Uint8Array.of((objectType << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channels << 3));
    }
    frames.push(bytes.subarray(at + headerBytes, at + length));
    at += length;
  }
  return { config, frames };
}
