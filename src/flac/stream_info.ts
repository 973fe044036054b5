import { ByteWriter } from '../bytes/writer.ts';

/** What FLAC says of sound once and for all; samples have 16 bits. */
export interface FlacFormat {
  /** In Hz, below 2^20. */
  readonly sampleRate: number;
  /** 1 to 8, each coded by itself. */
  readonly channels: number;
}

/** Bits of a sample. */
export const bitsPerSample = 16;
/** The shortest frame that STREAMINFO can speak of; the last one of a stream may be shorter. */
const leastFrameSamples = 16;
/** The longest frame in the streamable subset (RFC 9639 section 7) at up to 48 kHz, in samples of one channel. */
export const maxFrameSamples = 4608;

/** STREAMINFO, RFC 9639 section 8.2, of a stream whose frames differ in length and whose end nobody knows. */
export function streamInfo({ sampleRate, channels }: FlacFormat): Uint8Array {
  const writer = new ByteWriter(34);
  writer.u16(leastFrameSamples);
  writer.u16(maxFrameSamples);
  // Sizes of frames: unknown.
  writer.zeros(6);
  // 20 bits of sampling rate, 3 of channels, 5 of bits per sample, and the first 4 of 36 of an unknown length.
  writer.u32(((sampleRate << 12) | ((channels - 1) << 9) | ((bitsPerSample - 1) << 4)) >>> 0);
  writer.u32(0);
  // MD5 of the samples: not computed.
  writer.zeros(16);
  return writer.bytes();
}
