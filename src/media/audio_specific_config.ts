import type { BitReader } from '../bytes/bit_reader.ts';

const sbrObjectType = 5;
const psObjectType = 29;
const erBsacObjectType = 22;
const enhancedLowDelayObjectType = 39;
const scalableTypes = new Set([6, 20]);
const resilienceTypes = new Set([17, 19, 20, 23]);
const generalAudioTypes = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, erBsacObjectType, 23]);
const errorResilientTypes = new Set([17, 19, 20, 21, 22, 23, 24, 25, 26, 27, enhancedLowDelayObjectType]);

const sbrSync = 0x2b7;
const psSync = 0x548;

/**
 * Skips an AudioSpecificConfig whose length is not told: ISO/IEC 14496-3 section 1.6.2.1. It is followed by 3 bits of
 * 0 or 1 (the frame length type of LATM), so that a backward compatible extension, which begins with 2, is told from
 * that; GStreamer sends one.
 *
 * @throws EndOfBytes, or RangeError when it is no AAC or its length cannot be known
 */
export function skipAudioSpecificConfig(reader: BitReader): void {
  const bitsBefore = reader.bitsLeft;
  let objectType = readObjectType(reader);
  skipFrequency(reader);
  const channelConfiguration = reader.bits(4);
  if (objectType === sbrObjectType || objectType === psObjectType) {
    skipFrequency(reader);
    objectType = readObjectType(reader);
    if (objectType === erBsacObjectType) reader.skip(4);
  }
  if (generalAudioTypes.has(objectType)) {
    skipGeneralAudio(reader, objectType, channelConfiguration, bitsBefore);
  } else if (objectType === enhancedLowDelayObjectType) skipEnhancedLowDelay(reader);
  else throw new RangeError(`audio object type ${objectType} is no AAC`);
  if (errorResilientTypes.has(objectType) && reader.bits(2) > 1) {
    throw new RangeError('error protection is not understood');
  }
  if (peek(reader, 11) === sbrSync) skipCompatibleSignal(reader);
}

/** Section 1.6.2.1, behind the sync word: spectral band replication, and perhaps parametric stereo. */
function skipCompatibleSignal(reader: BitReader): void {
  reader.skip(11);
  if (readObjectType(reader) !== sbrObjectType || !reader.flag()) return;
  skipFrequency(reader);
  if (peek(reader, 11) === psSync) reader.skip(12);
}

/** The next bits, which stay; undefined when there are not so many. */
function peek(reader: BitReader, count: number): number | undefined {
  return reader.bitsLeft < count ? undefined : reader.copy().bits(count);
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function skipFrequency(reader: BitReader): void {
  if (reader.bits(4) === 15) reader.skip(24);
}

/** GASpecificConfig, section 4.4.1. */
function skipGeneralAudio(
  reader: BitReader,
  objectType: number,
  channelConfiguration: number,
  bitsBefore: number,
): void {
  reader.skip(1);
  if (reader.flag()) reader.skip(14);
  const hasExtension = reader.flag();
  if (channelConfiguration === 0) skipProgramConfig(reader, bitsBefore);
  if (scalableTypes.has(objectType)) reader.skip(3);
  if (!hasExtension) return;
  if (objectType === erBsacObjectType) reader.skip(16);
  if (resilienceTypes.has(objectType)) reader.skip(3);
  reader.skip(1);
}

/** program_config_element, section 4.4.1.1. @param bitsBefore what was left at the start, to which it is aligned */
function skipProgramConfig(reader: BitReader, bitsBefore: number): void {
  reader.skip(10);
  const [front, side, back] = [reader.bits(4), reader.bits(4), reader.bits(4)];
  const [lowFrequency, data, coupling] = [reader.bits(2), reader.bits(3), reader.bits(4)];
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(4);
  if (reader.flag()) reader.skip(3);
  reader.skip(5 * (front + side + back + coupling) + 4 * (lowFrequency + data));
  reader.skip((8 - ((bitsBefore - reader.bitsLeft) % 8)) % 8);
  reader.skip(8 * reader.bits(8));
}

/** ELDSpecificConfig, section 4.6.20.3. */
function skipEnhancedLowDelay(reader: BitReader): void {
  reader.skip(4);
  if (reader.flag()) throw new RangeError('low delay spectral band replication is not understood');
  while (reader.bits(4) !== 0) {
    let length = reader.bits(4);
    if (length === 15) {
      const more = reader.bits(8);
      length += more;
      if (more === 255) length += reader.bits(16);
    }
    reader.skip(8 * length);
  }
}
