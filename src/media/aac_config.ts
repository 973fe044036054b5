/**
 * AudioSpecificConfig: ISO/IEC 14496-3 section 1.6.2.1.
 *
 * Tolerated on purpose: bits after the parts that matter, a backward compatible SBR signal that is cut off, a
 * channel configuration of 0 (the channels are then coded in the stream).
 */

import { BitReader } from '../bytes/bit_reader.ts';
import { BitWriter } from '../bytes/bit_writer.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { rescale } from '../units/time.ts';
import type { AacTrack } from './track.ts';

export interface AacConfig {
  /** Audio object type of the core: 2 is AAC-LC. */
  readonly objectType: number;
  /** Sampling rate of the core, Hz. */
  readonly coreSampleRate: number;
  /** Sampling rate of the output, Hz: twice the core's with spectral band replication. */
  readonly sampleRate: number;
  /** 1 to 8; 0 when the config does not say. */
  readonly channels: number;
  /** Samples of the core in one frame: 1,024 or 960, half of it for low delay. */
  readonly frameSamples: number;
  /** How the object type is signalled: 5 with spectral band replication, 29 with parametric stereo, else the core's. */
  readonly signalledObjectType: number;
}

/** Table 1.18, from index 0 on. */
const samplingFrequencies = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
const explicitFrequency = 15;
/** Table 1.19: channels by channel configuration. */
const channelCounts = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8];
const sbrObjectType = 5;
const psObjectType = 29;
const lowDelayObjectType = 23;
const enhancedLowDelayObjectType = 39;
/** Main, LC, SSR, LTP, scalable, ER LC, ER LTP, ER scalable, ER LD: all begin with a GASpecificConfig. */
const generalAudioTypes = new Set([1, 2, 3, 4, 6, 17, 19, 20, lowDelayObjectType]);
const sbrSync = 0x2b7;
const psSync = 0x548;
const lowComplexity = 2;

/** @throws NightjarError `sdp_malformed`: the SDP is where it comes from */
export function parseAacConfig(bytes: Uint8Array): AacConfig {
  try {
    return readConfig(new BitReader(bytes));
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) {
      throw new NightjarError('sdp_malformed', `The AAC config cannot be read: ${error.message}.`);
    }
    throw error;
  }
}

function readConfig(reader: BitReader): AacConfig {
  const first = readObjectType(reader);
  const coreSampleRate = readFrequency(reader);
  const channels = channelCounts[reader.bits(4)] ?? 0;
  let objectType = first;
  let sampleRate = coreSampleRate;
  if (first === sbrObjectType || first === psObjectType) {
    sampleRate = readFrequency(reader);
    objectType = readObjectType(reader);
  }
  if (!generalAudioTypes.has(objectType) && objectType !== enhancedLowDelayObjectType) {
    throw new RangeError(`audio object type ${objectType} is no AAC`);
  }
  const short = reader.flag();
  const lowDelay = objectType === lowDelayObjectType || objectType === enhancedLowDelayObjectType;
  const frameSamples = (short ? 960 : 1024) / (lowDelay ? 2 : 1);
  const core = { objectType, coreSampleRate, sampleRate, channels, frameSamples };
  const compatible = first === lowComplexity ? readCompatibleSignal(reader) : undefined;
  return { ...core, signalledObjectType: first, ...compatible };
}

/** Spectral band replication signalled after the core's config, where old decoders do not look. */
function readCompatibleSignal(reader: BitReader): Partial<AacConfig> | undefined {
  try {
    // dependsOnCoreCoder with its delay, and extensionFlag.
    if (reader.flag()) reader.skip(14);
    reader.skip(1);
    if (reader.bits(11) !== sbrSync || readObjectType(reader) !== sbrObjectType || !reader.flag()) {
      return undefined;
    }
    const sampleRate = readFrequency(reader);
    const stereo = reader.bitsLeft >= 12 && reader.bits(11) === psSync && reader.flag();
    return { sampleRate, signalledObjectType: stereo ? psObjectType : sbrObjectType };
  } catch (error) {
    if (error instanceof EndOfBytes || error instanceof RangeError) return undefined;
    throw error;
  }
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function readFrequency(reader: BitReader): number {
  const index = reader.bits(4);
  const frequency = index === explicitFrequency ? reader.bits(24) : samplingFrequencies[index];
  if (frequency === undefined || frequency === 0) throw new RangeError(`sampling frequency index ${index}`);
  return frequency;
}

/**
 * The config of plain AAC-LC, for cameras that do not send one.
 *
 * @param channels 1 to 8
 */
export function formatAacConfig(
  sampleRate: number,
  channels: number,
  objectType = lowComplexity,
): Uint8Array {
  const writer = new BitWriter();
  writer.bits(objectType, 5);
  const index = samplingFrequencies.indexOf(sampleRate);
  writer.bits(index < 0 ? explicitFrequency : index, 4);
  if (index < 0) writer.bits(sampleRate, 24);
  writer.bits(channels > 0 ? Math.max(0, channelCounts.indexOf(channels)) : 0, 4);
  writer.bits(0, 3);
  return writer.bytes();
}

/**
 * @param timescale RTP clock rate, which need not be the sampling rate
 * @param channels what the SDP says, for a config that does not
 * @throws NightjarError `sdp_malformed`
 */
export function aacTrack(config: Uint8Array, timescale: number, channels: number): AacTrack {
  const parsed = parseAacConfig(config);
  return {
    kind: 'audio',
    codec: 'aac',
    timescale,
    config,
    sampleRate: parsed.sampleRate,
    channels: parsed.channels || channels,
    frameTicks: Math.max(1, rescale(parsed.frameSamples, parsed.coreSampleRate, timescale)),
    codecString: `mp4a.40.${parsed.signalledObjectType}`,
  };
}

/** Fixed and variable header of ADTS, ISO/IEC 14496-3 section 1.A.2.2. */
export interface AdtsHeader {
  readonly headerBytes: number;
  /** Header included. */
  readonly frameBytes: number;
  readonly objectType: number;
  readonly sampleRate: number;
  readonly channels: number;
}

/** The ADTS header at `start`; undefined when there is none, or its frame reaches beyond `end`. */
export function parseAdtsHeader(bytes: Uint8Array, start: number, end: number): AdtsHeader | undefined {
  if (end - start < 7) return undefined;
  const protection = bytes[start + 1]!;
  // Twelve bits of sync and a layer of 0; no raw frame begins with them.
  if (bytes[start] !== 0xff || (protection & 0xf6) !== 0xf0) return undefined;
  const third = bytes[start + 2]!;
  const fourth = bytes[start + 3]!;
  const sampleRate = samplingFrequencies[(third >> 2) & 0x0f];
  const frameBytes = ((fourth & 3) << 11) | (bytes[start + 4]! << 3) | (bytes[start + 5]! >> 5);
  const headerBytes = (protection & 1) === 1 ? 7 : 9;
  if (sampleRate === undefined || frameBytes <= headerBytes || start + frameBytes > end) return undefined;
  const channels = channelCounts[((third & 1) << 2) | (fourth >> 6)]!;
  return { headerBytes, frameBytes, objectType: (third >> 6) + 1, sampleRate, channels };
}
