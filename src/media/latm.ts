/**
 * The low-overhead transport of MPEG-4 audio (LATM): ISO/IEC 14496-3 section 1.7.3.
 *
 *     audioMuxElement with in-band config      |same (1)| StreamMuxConfig unless same | payloads | other data | align
 *     audioMuxElement with out-of-band config  | payloads | other data | align
 *     payload                                  | length: bytes of 255 and a last one below | frame |
 *
 * One program of one layer of AAC is read, with frames of their own or of a fixed length; cameras send nothing else.
 */
import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseAacConfig } from './aac_config.ts';
import { skipAudioSpecificConfig } from './audio_specific_config.ts';

export interface StreamMuxConfig {
  /** AudioSpecificConfig. */
  readonly audioConfig: Uint8Array;
  /** Frames in an element: 1 to 64. */
  readonly frames: number;
  /** Of each frame, when it is fixed. */
  readonly frameBits: number | undefined;
  /** What follows the frames of an element and is none. */
  readonly otherBits: number;
}

/** Where a frame lies in the bytes of an element, in bits. */
export interface LatmFrame {
  readonly startBit: number;
  readonly bits: number;
}

export interface LatmElements {
  /** Of all elements between two offsets; frames of no bits included, since time passes with them. */
  readonly frames: readonly LatmFrame[];
  readonly config: StreamMuxConfig;
}

/** More elements in a packet than any camera sends. */
const maxElements = 64;

/** GStreamer ends a config of its own behind the AudioSpecificConfig: what is missing is zeros. */
const mostMissingBytes = 4;

/** The config in the first bits of some bytes; undefined when it cannot be read or is not understood. */
export function parseStreamMuxConfig(bytes: Uint8Array): StreamMuxConfig | undefined {
  const filledUp = new Uint8Array(bytes.length + mostMissingBytes);
  filledUp.set(bytes);
  return understood(() => readStreamMuxConfig(new BitReader(filledUp), filledUp));
}

/**
 * Takes audioMuxElements apart.
 *
 * @param inBand whether elements say for themselves which config they have (`cpresent`)
 * @param config what is known of before
 * @returns undefined when they do not end where the bytes end, or have no config
 */
export function parseLatmElements(
  bytes: Uint8Array,
  inBand: boolean,
  config: StreamMuxConfig | undefined,
): LatmElements | undefined {
  return understood(() => {
    const reader = new BitReader(bytes);
    const frames: LatmFrame[] = [];
    let known = config;
    for (let element = 0; reader.bitsLeft > 0; element++) {
      if (element >= maxElements) return undefined;
      if (inBand && !reader.flag()) known = readStreamMuxConfig(reader, bytes);
      if (known === undefined) return undefined;
      for (let frame = 0; frame < known.frames; frame++) {
        const bits = known.frameBits ?? 8 * readLength(reader);
        frames.push({ startBit: bytes.length * 8 - reader.bitsLeft, bits });
        reader.skip(bits);
      }
      reader.skip(known.otherBits);
      reader.skip(reader.bitsLeft % 8);
    }
    return known && { frames, config: known };
  });
}

function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    // The last of them is what the config of the codec says of itself.
    if (error instanceof EndOfBytes || error instanceof RangeError || error instanceof NightjarError) {
      return undefined;
    }
    throw error;
  }
}

/** So many bits from any bit on, as bytes; the last one is filled up with zeros. */
export function bitsAsBytes(bytes: Uint8Array, startBit: number, count: number): Uint8Array {
  if (startBit % 8 === 0 && count % 8 === 0) return bytes.subarray(startBit / 8, (startBit + count) / 8);
  const reader = new BitReader(bytes);
  reader.skip(startBit);
  const copy = new Uint8Array(Math.ceil(count / 8));
  for (let at = 0; at < copy.length; at++) {
    const left = Math.min(8, count - at * 8);
    copy[at] = reader.bits(left) << (8 - left);
  }
  return copy;
}

/** PayloadLengthInfo. */
function readLength(reader: BitReader): number {
  let length = 0;
  let last: number;
  do {
    last = reader.bits(8);
    length += last;
  } while (last === 255);
  return length;
}

function readStreamMuxConfig(reader: BitReader, bytes: Uint8Array): StreamMuxConfig {
  const version = reader.bits(1);
  if (version === 1 && reader.flag()) throw new RangeError('this version of LATM is not understood');
  if (version === 1) readValue(reader);
  if (!reader.flag()) throw new RangeError('streams of their own timing are not understood');
  const frames = reader.bits(6) + 1;
  if (reader.bits(4) !== 0 || reader.bits(3) !== 0) {
    throw new RangeError('more than one program or layer is not understood');
  }
  const audioConfig = readAudioConfig(reader, bytes, version);
  const frameBits = readFrameBits(reader);
  const otherBits = reader.flag() ? readOtherBits(reader, version) : 0;
  if (reader.flag()) reader.skip(8);
  return { audioConfig, frames, frameBits, otherBits };
}

function readAudioConfig(reader: BitReader, bytes: Uint8Array, version: number): Uint8Array {
  const told = version === 1 ? readValue(reader) : undefined;
  const startBit = bytes.length * 8 - reader.bitsLeft;
  if (told === undefined) skipAudioSpecificConfig(reader);
  else reader.skip(told);
  const count = bytes.length * 8 - reader.bitsLeft - startBit;
  const config = Uint8Array.from(bitsAsBytes(bytes, startBit, count));
  parseAacConfig(config);
  return config;
}

/** frameLengthType: 0 for frames that tell their length, 1 for a fixed one; the others are for codecs that are no AAC. */
function readFrameBits(reader: BitReader): number | undefined {
  const type = reader.bits(3);
  if (type > 1) throw new RangeError(`frame length type ${type} is not for AAC`);
  if (type === 1) return 8 * (reader.bits(9) + 20);
  reader.skip(8);
  return undefined;
}

function readOtherBits(reader: BitReader, version: number): number {
  if (version === 1) return readValue(reader);
  let count = 0;
  let more: boolean;
  do {
    more = reader.flag();
    count = count * 256 + reader.bits(8);
    if (count > 0xffff) throw new RangeError('the other data are longer than a packet');
  } while (more);
  return count;
}

/** LatmGetValue. */
function readValue(reader: BitReader): number {
  const bytes = reader.bits(2) + 1;
  return reader.bits(8 * bytes);
}
