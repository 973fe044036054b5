/**
 * AAC from RTP, RFC 3640 (mpeg4-generic), section 3.2:
 *
 *     +---------------------+-----------+-----------+- - -+----------------+-----------+-----------+
 *     | AU-headers-length   | AU-header | AU-header |     | auxiliary data | frame     | frame     |
 *     | 16 bits, in bits    |    (1)    |    (2)    |     | (rare)         |    (1)    |    (2)    |
 *     +---------------------+-----------+-----------+- - -+----------------+-----------+-----------+
 *
 * An AU-header has the frame's size and its index (the first one) or the distance to the one before less 1 (the
 * others), then fields that mostly have no bits; all widths are format parameters.
 *
 * Tolerated on purpose: missing widths (AAC-hbr is meant), ADTS headers before the frames or in place of the
 * AU-headers, a missing config, a clock that is not the sampling rate.
 */

import { BitReader } from '../bytes/bit_reader.ts';
import { EndOfBytes } from '../bytes/reader.ts';
import {
  type AacConfig,
  type AdtsHeader,
  aacTrack,
  formatAacConfig,
  parseAacConfig,
  parseAdtsHeader,
} from '../media/aac_config.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { AacTrack } from '../media/track.ts';
import { rescale, rtpTimestamp, type UnixMillis, unixMillis } from '../units/time.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';

export interface AacDepacketizerOptions {
  readonly format: Pick<PayloadFormat, 'clockRate' | 'channels' | 'parameters'>;
  /** Undefined when the camera does not say what it sends: the first ADTS header tells. */
  readonly track: AacTrack | undefined;
  readonly pool: ChunkPool;
}

/** Eight channels of 768 bytes are 6 kB; a frame beyond this is not believed. */
const maxFrameBytes = 16 * 1024;
/** Frames in one packet; more are not looked at. */
const maxFrames = 64;
/** The widest field; wider ones are taken for it. */
const maxFieldBits = 32;

/** Widths in bits of the fields of an AU-header. */
interface HeaderLayout {
  readonly size: number;
  readonly index: number;
  readonly indexDelta: number;
  readonly compositionDelta: number;
  readonly decodingDelta: number;
  readonly randomAccess: number;
  readonly streamState: number;
  readonly auxiliarySize: number;
  /** Bytes of each frame when the headers have no size; 0 when they have. */
  readonly constantSize: number;
}

interface FrameHeader {
  readonly size: number;
  /** Frames from the first one of the packet to this one. */
  readonly index: number;
}

export class AacDepacketizer implements Depacketizer {
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #format: AacDepacketizerOptions['format'];
  readonly #layout: HeaderLayout;
  readonly #ready: MediaUnit[] = [];
  #track: AacTrack | undefined;
  #config: AacConfig | undefined;

  /** Size of the frame whose first part is in the arena; 0 when there is none. */
  #expectedBytes = 0;
  #timestamp = rtpTimestamp(0);
  #arrivalMs = unixMillis(0);

  constructor(options: AacDepacketizerOptions) {
    this.#pool = options.pool;
    this.#arena = new SampleArena(options.pool, maxFrameBytes);
    this.#format = options.format;
    this.#layout = headerLayout(options.format.parameters);
    this.#track = options.track;
    this.#config = options.track && parseAacConfig(options.track.config);
  }

  get track(): AacTrack | undefined {
    return this.#track;
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    if (lostBefore > 0) {
      this.#drop(
        lostBefore === 1 ? 'a packet was lost' : `${lostBefore} packets were lost`,
        packet.arrivalMs,
      );
    }
    const { bytes, payloadStart: start, payloadEnd: end } = packet;
    if (start >= end) return;
    if (this.#expectedBytes > 0 && packet.timestamp !== this.#timestamp) {
      this.#drop('the rest of a frame did not come', packet.arrivalMs);
    }
    const adts = parseAdtsHeader(bytes, start, end);
    if (adts) this.#pushFrame(packet, start, end, 0);
    else {
      const parsed = this.#parseHeaders(packet);
      if (parsed) this.#pushFrames(packet, parsed.headers, parsed.dataStart);
      else this.#drop('the headers of a packet cannot be read', packet.arrivalMs);
    }
  }

  flush(): void {
    if (this.#expectedBytes > 0) this.#drop('the session ended within a frame', this.#arrivalMs);
  }

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#arena.close();
  }

  #pushFrames(packet: RtpPacket, headers: readonly FrameHeader[], dataStart: number): void {
    let at = dataStart;
    for (const { size, index } of headers) {
      const left = packet.payloadEnd - at;
      const rest = this.#expectedBytes - this.#arena.length;
      if (this.#expectedBytes > 0) {
        // The rest of a frame: its header repeats the size of the whole.
        this.#continueFrame(packet, at, Math.min(left, rest));
        at += Math.min(left, rest);
      } else if (size > left) {
        if (headers.length > 1) return this.#drop('a packet is cut off', packet.arrivalMs);
        this.#beginFrame(packet, at, size);
        return;
      } else {
        if (size > 0) this.#pushFrame(packet, at, at + size, index);
        at += size;
      }
    }
  }

  #beginFrame(packet: RtpPacket, start: number, size: number): void {
    if (size > maxFrameBytes) {
      this.#drop(`a frame is longer than ${maxFrameBytes} bytes`, packet.arrivalMs);
      return;
    }
    this.#expectedBytes = size;
    this.#timestamp = packet.timestamp;
    this.#arrivalMs = packet.arrivalMs;
    this.#arena.append(packet.bytes, start, packet.payloadEnd);
  }

  #continueFrame(packet: RtpPacket, start: number, length: number): void {
    this.#arena.append(packet.bytes, start, start + length);
    if (this.#arena.length < this.#expectedBytes) return;
    this.#expectedBytes = 0;
    const whole = this.#arena.view();
    const adts = parseAdtsHeader(whole, 0, whole.length);
    if (adts === undefined) {
      this.#deliver(this.#timestamp, this.#arrivalMs);
      return;
    }
    this.#learn(adts);
    const frame = Uint8Array.from(whole.subarray(adts.headerBytes, adts.frameBytes));
    this.#arena.discard();
    this.#arena.append(frame, 0, frame.length);
    this.#deliver(this.#timestamp, this.#arrivalMs);
  }

  /** A frame, or several of them behind ADTS headers. @param index frames since the packet's time stamp */
  #pushFrame(packet: RtpPacket, start: number, end: number, index: number): void {
    let adts = parseAdtsHeader(packet.bytes, start, end);
    if (adts === undefined) {
      this.#copyFrame(packet, start, end, index);
      return;
    }
    let at = start;
    for (let frame = 0; adts && frame < maxFrames; frame++) {
      this.#learn(adts);
      this.#copyFrame(packet, at + adts.headerBytes, at + adts.frameBytes, index + frame);
      at += adts.frameBytes;
      adts = parseAdtsHeader(packet.bytes, at, end);
    }
    if (at < end) this.#drop('an ADTS frame is cut off', packet.arrivalMs);
  }

  #copyFrame(packet: RtpPacket, start: number, end: number, index: number): void {
    if (end - start > maxFrameBytes) {
      this.#drop(`a frame is longer than ${maxFrameBytes} bytes`, packet.arrivalMs);
      return;
    }
    this.#arena.append(packet.bytes, start, end);
    this.#deliver(rtpTimestamp(packet.timestamp + this.#ticks(index)), packet.arrivalMs);
  }

  #deliver(timestamp: ReturnType<typeof rtpTimestamp>, arrivalMs: UnixMillis): void {
    if (this.#track === undefined) {
      this.#drop('a frame came before its config', arrivalMs);
      return;
    }
    this.#ready.push({
      kind: 'audioFrame',
      bytes: this.#arena.finish(),
      rtpTimestamp: timestamp,
      durationTicks: this.#track.frameTicks,
      arrivalMs,
      track: this.#track,
    });
  }

  /** Duration of so many frames, rounded once: 1,024 samples at 44.1 kHz are no whole number of 90 kHz ticks. */
  #ticks(frames: number): number {
    if (frames === 0 || this.#config === undefined) return 0;
    return rescale(frames * this.#config.frameSamples, this.#config.coreSampleRate, this.#format.clockRate);
  }

  #learn(adts: AdtsHeader): void {
    if (this.#track !== undefined) return;
    const channels = adts.channels || this.#format.channels;
    const config = formatAacConfig(adts.sampleRate, channels, adts.objectType);
    this.#config = parseAacConfig(config);
    this.#track = aacTrack(config, this.#format.clockRate, channels);
  }

  /** The AU-headers and where the frames begin; undefined when their lengths lie. */
  #parseHeaders(packet: RtpPacket): { headers: FrameHeader[]; dataStart: number } | undefined {
    const { bytes, payloadStart: start, payloadEnd: end } = packet;
    const layout = this.#layout;
    if (headerBits(layout, true) === 0)
      return { headers: this.#headersOfConstantSize(end - start), dataStart: start };
    if (end - start < 2) return undefined;
    const bits = (bytes[start]! << 8) | bytes[start + 1]!;
    const headersEnd = start + 2 + Math.ceil(bits / 8);
    if (headersEnd > end) return undefined;
    const reader = new BitReader(bytes, start + 2, headersEnd);
    const headers: FrameHeader[] = [];
    try {
      // The widths of a header depend on its flags; what is left is less than a header, or rubbish.
      const padding = (headersEnd - start - 2) * 8 - bits;
      while (reader.bitsLeft - padding >= headerBits(layout, headers.length === 0)) {
        if (headers.length >= maxFrames || reader.bitsLeft === padding) break;
        headers.push(readHeader(reader, layout, headers.at(-1)));
      }
    } catch (error) {
      if (error instanceof EndOfBytes) return undefined;
      throw error;
    }
    if (headers.length === 0) return undefined;
    const auxiliaryBytes = auxiliaryLength(bytes, headersEnd, end, layout.auxiliarySize);
    const dataStart = headersEnd + auxiliaryBytes;
    return dataStart > end ? undefined : { headers, dataStart };
  }

  /** Without AU-headers a packet has frames of the constant size, or else one frame. */
  #headersOfConstantSize(payloadBytes: number): FrameHeader[] {
    const size = this.#layout.constantSize || payloadBytes;
    const headers: FrameHeader[] = [];
    while (headers.length < maxFrames && (headers.length + 1) * size <= payloadBytes) {
      headers.push({ size, index: headers.length });
    }
    return headers;
  }

  /** What is in the arena is lost. */
  #drop(reason: string, arrivalMs: UnixMillis): void {
    this.#arena.discard();
    this.#expectedBytes = 0;
    this.#ready.push({ kind: 'damage', media: 'audio', reason, arrivalMs });
  }
}

function headerLayout(parameters: ReadonlyMap<string, string>): HeaderLayout {
  const given = (name: string, otherwise = 0): number => {
    const value = Number.parseInt(parameters.get(name) ?? '', 10);
    return value >= 0 ? Math.min(value, maxFieldBits) : otherwise;
  };
  const sized = parameters.has('sizelength');
  const constantSize = sized
    ? 0
    : Math.max(0, Number.parseInt(parameters.get('constantsize') ?? '', 10) || 0);
  const lowBitRate = parameters.get('mode')?.toLowerCase() === 'aac-lbr';
  const [size, index] = sized || constantSize > 0 ? [0, 0] : lowBitRate ? [6, 2] : [13, 3];
  return {
    size: given('sizelength', size),
    index: given('indexlength', index),
    indexDelta: given('indexdeltalength', index),
    compositionDelta: given('ctsdeltalength'),
    decodingDelta: given('dtsdeltalength'),
    randomAccess: given('randomaccessindication') > 0 ? 1 : 0,
    streamState: given('streamstateindication'),
    auxiliarySize: given('auxiliarydatasizelength'),
    constantSize,
  };
}

/** The least width of a header: a delta that its flag leaves out has no bits. */
function headerBits(layout: HeaderLayout, first: boolean): number {
  const deltaFlags = (layout.compositionDelta > 0 ? 1 : 0) + (layout.decodingDelta > 0 ? 1 : 0);
  const index = first ? layout.index : layout.indexDelta;
  return layout.size + index + deltaFlags + layout.randomAccess + layout.streamState;
}

function readHeader(reader: BitReader, layout: HeaderLayout, before: FrameHeader | undefined): FrameHeader {
  const size = layout.constantSize || reader.bits(layout.size);
  const distance = reader.bits(before ? layout.indexDelta : layout.index) + 1;
  // RFC 3640 section 3.2.1.1: the first frame of a packet has no composition delta, but may have the flag for it.
  if (layout.compositionDelta > 0 && reader.flag()) reader.skip(layout.compositionDelta);
  if (layout.decodingDelta > 0 && reader.flag()) reader.skip(layout.decodingDelta);
  reader.skip(layout.randomAccess + layout.streamState);
  return { size, index: before ? before.index + distance : 0 };
}

/** Bytes of the auxiliary section: a length of `sizeBits` bits, in bits, and so many bits. */
function auxiliaryLength(bytes: Uint8Array, start: number, end: number, sizeBits: number): number {
  if (sizeBits === 0) return 0;
  if (start + Math.ceil(sizeBits / 8) > end) return end - start + 1;
  return Math.ceil((sizeBits + new BitReader(bytes, start, end).bits(sizeBits)) / 8);
}
