/**
 * Frames of FLAC, RFC 9639 section 9: fixed prediction with Rice codes, or what is shorter. No linear prediction: of
 * sound that a camera sends it would spare a few percent, at several times the cost.
 *
 *     sync code (14), 0, 1: frames differ in length
 *     length, sampling rate, channels, bits per sample (4, 4, 4, 3), 0
 *     number of the first sample, in the way of UTF-8; length; CRC-8
 *     a subframe for each channel; zeros up to a whole byte; CRC-16
 */
import { BitSink } from './bit_sink.ts';
import { crc8, crc16 } from './crc.ts';
import { bestOrder, residual } from './fixed_prediction.ts';
import { planRice, writeRice } from './rice.ts';
import { bitsPerSample, type FlacFormat, maxFrameSamples } from './stream_info.ts';

/** More than the header, the checksum, and what a subframe says of itself. */
const headBytes = 24;
const subframeHeadBytes = 4;

/** Sampling rates that have a code of their own (section 9.1.2); others stand in STREAMINFO alone. */
const rateCodes: ReadonlyMap<number, number> = new Map([
  [8_000, 4],
  [16_000, 5],
  [22_050, 6],
  [24_000, 7],
  [32_000, 8],
  [44_100, 9],
  [48_000, 10],
]);
const sixteenBits = 4;

/**
 * Encodes one frame.
 *
 * @param samples the channels in turns; 1 to 4,608 of each
 * @param firstSample number of the first one in the stream; counted on from 0 at 2^36
 */
export function encodeFrame(
  samples: Int16Array,
  format: FlacFormat,
  firstSample: number,
): Uint8Array<ArrayBuffer> {
  const { channels } = format;
  const length = samples.length / channels;
  if (!Number.isInteger(length) || length < 1 || length > maxFrameSamples)
    throw new RangeError(`a frame of ${length} samples`);
  const sink = new BitSink(headBytes + channels * (subframeHeadBytes + 2 * length));
  sink.put(0xfff9, 16);
  sink.put(length <= 256 ? 6 : 7, 4);
  sink.put(rateCodes.get(format.sampleRate) ?? 0, 4);
  sink.put(channels - 1, 4);
  sink.put(sixteenBits << 1, 4);
  codedNumber(sink, firstSample % 2 ** 36);
  sink.put(length - 1, length <= 256 ? 8 : 16);
  sink.put(crc8(sink.bytes()), 8);
  for (let channel = 0; channel < channels; channel++) subframe(sink, channelOf(samples, channels, channel));
  sink.align();
  sink.put(crc16(sink.bytes()), 16);
  return sink.bytes();
}

function channelOf(samples: Int16Array, channels: number, channel: number): Int32Array {
  const own = new Int32Array(samples.length / channels);
  for (let index = 0; index < own.length; index++) own[index] = samples[index * channels + channel]!;
  return own;
}

/** Section 9.1.5: as UTF-8 codes a character, but of up to 36 bits. */
function codedNumber(sink: BitSink, value: number): void {
  if (value < 0x80) return sink.put(value, 8);
  // The first of n bytes holds 7 - n bits, each of the others 6.
  let bytes = 2;
  while (value >= 2 ** (5 * bytes + 1)) bytes++;
  const bitsAt = (shift: number, bits: number) => Math.floor(value / 2 ** shift) % 2 ** bits;
  const marker = (0xff << (8 - bytes)) & 0xff;
  sink.put(marker | (bytes === 7 ? 0 : bitsAt(6 * (bytes - 1), 7 - bytes)), 8);
  for (let left = bytes - 2; left >= 0; left--) sink.put(0x80 | bitsAt(6 * left, 6), 8);
}

const subframeTypes = { constant: 0, verbatim: 1, fixed: 8 } as const;

/** The samples of one channel (section 9.2). */
function subframe(sink: BitSink, samples: Int32Array): void {
  const first = samples[0]!;
  if (samples.every((sample) => sample === first)) {
    subframeHead(sink, subframeTypes.constant, 0);
    return sink.put(first & 0xffff, bitsPerSample);
  }
  // Sound that was G.711 leaves two or three bits of each sample unused.
  const wasted = commonZeroBits(samples);
  const bits = bitsPerSample - wasted;
  const shifted = wasted === 0 ? samples : samples.map((sample) => sample >> wasted);
  const order = bestOrder(shifted);
  const rest = residual(shifted, order);
  const plan = planRice(rest, order);
  const isVerbatim = order * bits + plan.bits >= shifted.length * bits;
  subframeHead(sink, isVerbatim ? subframeTypes.verbatim : subframeTypes.fixed + order, wasted);
  const mask = 2 ** bits - 1;
  for (const sample of isVerbatim ? shifted : shifted.subarray(0, order)) sink.put(sample & mask, bits);
  if (!isVerbatim) writeRice(sink, rest, order, plan);
}

function subframeHead(sink: BitSink, type: number, wasted: number): void {
  sink.put((type << 1) | (wasted > 0 ? 1 : 0), 8);
  if (wasted > 0) sink.unary(wasted - 1);
}

/** Lowest bits that are 0 in all samples, of which one at least is not 0. */
function commonZeroBits(samples: Int32Array): number {
  let all = 0;
  for (const sample of samples) all |= sample;
  return 31 - Math.clz32(all & -all);
}
