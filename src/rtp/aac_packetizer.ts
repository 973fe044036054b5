/** Packs AAC frames into RTP as a camera does: RFC 3640 section 3.3.6, mode AAC-hbr (sizes of 13 bits, index 3). */

import type { RtpTimestamp } from '../units/time.ts';
import type { PacketizerOptions } from './h264_packetizer.ts';
import { formatRtpPacket } from './packet.ts';

const rtpHeaderBytes = 12;
/** The 16 bits that say how many bits of headers follow. */
const headersLengthBytes = 2;
const headerBytes = 2;
const maxFrameBytes = 2 ** 13 - 1;

export class AacPacketizer {
  readonly #options: PacketizerOptions;
  #sequenceNumber: number;

  constructor(options: PacketizerOptions) {
    this.#options = options;
    this.#sequenceNumber = options.firstSequenceNumber ?? 0;
  }

  /** Of the next packet. */
  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /**
   * The packets of consecutive frames: several to a packet when they fit, and a long one in fragments.
   *
   * @param frames raw frames without ADTS, each at most 8,191 bytes; `timestamp` is the first one's
   * @param frameTicks from one frame to the next, in ticks of the RTP clock
   */
  packetize(frames: readonly Uint8Array[], timestamp: RtpTimestamp, frameTicks: number): Buffer[] {
    const packets: Buffer[] = [];
    for (let index = 0; index < frames.length; ) {
      const at = ((timestamp + index * frameTicks) >>> 0) as RtpTimestamp;
      const count = this.#countThatFits(frames, index);
      if (count > 0) packets.push(this.#aggregate(frames.slice(index, index + count), at));
      else this.#addFragments(packets, frames[index]!, at);
      index += Math.max(1, count);
    }
    return packets;
  }

  #countThatFits(frames: readonly Uint8Array[], from: number): number {
    let bytes = headersLengthBytes;
    let count = 0;
    for (let index = from; index < frames.length; index++) {
      bytes += headerBytes + frames[index]!.length;
      if (bytes > this.#options.maxPayloadBytes) break;
      count++;
    }
    return count;
  }

  #aggregate(frames: readonly Uint8Array[], timestamp: RtpTimestamp): Buffer {
    const dataBytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    const packet = this.#packet(frames.length, dataBytes, timestamp, true);
    let at = rtpHeaderBytes + headersLengthBytes;
    for (const frame of frames) at = writeFrameHeader(packet, at, frame.length);
    for (const frame of frames) {
      packet.set(frame, at);
      at += frame.length;
    }
    return packet;
  }

  #addFragments(packets: Buffer[], frame: Uint8Array, timestamp: RtpTimestamp): void {
    const step = this.#options.maxPayloadBytes - headersLengthBytes - headerBytes;
    for (let from = 0; from < frame.length; from += step) {
      const to = Math.min(frame.length, from + step);
      const packet = this.#packet(1, to - from, timestamp, to === frame.length);
      const at = writeFrameHeader(packet, rtpHeaderBytes + headersLengthBytes, frame.length);
      packet.set(frame.subarray(from, to), at);
      packets.push(packet);
    }
  }

  #packet(frameCount: number, dataBytes: number, timestamp: RtpTimestamp, marker: boolean): Buffer {
    const { payloadType, ssrc } = this.#options;
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    const header = { marker, payloadType, sequenceNumber, timestamp, ssrc };
    const packet = formatRtpPacket(header, headersLengthBytes + frameCount * headerBytes + dataBytes);
    packet.writeUInt16BE(frameCount * headerBytes * 8, rtpHeaderBytes);
    return packet;
  }
}

/** AU-size of 13 bits, AU-Index (or its difference) of 3 bits, always 0. */
function writeFrameHeader(packet: Buffer, at: number, frameBytes: number): number {
  if (frameBytes > maxFrameBytes) throw new RangeError(`a frame of ${frameBytes} bytes does not fit AAC-hbr`);
  return packet.writeUInt16BE(frameBytes << 3, at);
}
