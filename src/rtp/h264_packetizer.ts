/** Packs NAL units into RTP as a camera does: RFC 6184 sections 5.6 (single), 5.7.1 (STAP-A) and 5.8 (FU-A). */

import type { RtpTimestamp } from '../units/time.ts';
import { formatRtpPacket } from './packet.ts';

export interface PacketizerOptions {
  readonly payloadType: number;
  readonly ssrc: number;
  /** Longest payload of a packet; at least 8. */
  readonly maxPayloadBytes: number;
  /** 0 to 65,535; default 0. */
  readonly firstSequenceNumber?: number;
}

const rtpHeaderBytes = 12;
const stapA = 24;
const fuA = 28;
const fuStart = 0x80;
const fuEnd = 0x40;

export class H264Packetizer {
  readonly #options: PacketizerOptions & { readonly aggregate?: boolean };
  #sequenceNumber: number;

  /** @param options with `aggregate`, neighbouring small NAL units share a packet (STAP-A) */
  constructor(options: PacketizerOptions & { readonly aggregate?: boolean }) {
    this.#options = options;
    this.#sequenceNumber = options.firstSequenceNumber ?? 0;
  }

  /** Of the next packet. */
  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /**
   * The packets of one access unit, the last one with the marker.
   *
   * @param nalUnits without start codes, each at least one byte
   */
  packetize(nalUnits: readonly Uint8Array[], timestamp: RtpTimestamp): Buffer[] {
    const packets: Buffer[] = [];
    for (let index = 0; index < nalUnits.length; ) {
      const count = this.#options.aggregate ? this.#countThatFits(nalUnits, index) : 1;
      const nalUnit = nalUnits[index]!;
      if (count > 1) this.#addAggregate(packets, nalUnits.slice(index, index + count), timestamp);
      else if (nalUnit.length <= this.#options.maxPayloadBytes) this.#addSingle(packets, nalUnit, timestamp);
      else this.#addFragments(packets, nalUnit, timestamp);
      index += Math.max(1, count);
    }
    const last = packets.at(-1);
    if (last) last[1]! |= 0x80;
    return packets;
  }

  #countThatFits(nalUnits: readonly Uint8Array[], from: number): number {
    let bytes = 1;
    let count = 0;
    for (let index = from; index < nalUnits.length; index++) {
      bytes += 2 + nalUnits[index]!.length;
      if (bytes > this.#options.maxPayloadBytes) break;
      count++;
    }
    return count;
  }

  #addAggregate(packets: Buffer[], nalUnits: readonly Uint8Array[], timestamp: RtpTimestamp): void {
    const bytes = nalUnits.reduce((sum, nalUnit) => sum + 2 + nalUnit.length, 1);
    const packet = this.#packet(bytes, timestamp);
    // The aggregate is as important as its most important NAL unit, and as damaged as any.
    const importance = Math.max(...nalUnits.map((nalUnit) => nalUnit[0]! & 0x60));
    const forbidden = nalUnits.some((nalUnit) => nalUnit[0]! >= 0x80) ? 0x80 : 0;
    packet[rtpHeaderBytes] = forbidden | importance | stapA;
    let at = rtpHeaderBytes + 1;
    for (const nalUnit of nalUnits) {
      packet.writeUInt16BE(nalUnit.length, at);
      packet.set(nalUnit, at + 2);
      at += 2 + nalUnit.length;
    }
    packets.push(packet);
  }

  #addSingle(packets: Buffer[], nalUnit: Uint8Array, timestamp: RtpTimestamp): void {
    const packet = this.#packet(nalUnit.length, timestamp);
    packet.set(nalUnit, rtpHeaderBytes);
    packets.push(packet);
  }

  #addFragments(packets: Buffer[], nalUnit: Uint8Array, timestamp: RtpTimestamp): void {
    const header = nalUnit[0]!;
    const step = this.#options.maxPayloadBytes - 2;
    for (let from = 1; from < nalUnit.length; from += step) {
      const to = Math.min(nalUnit.length, from + step);
      const packet = this.#packet(2 + to - from, timestamp);
      packet[rtpHeaderBytes] = (header & 0xe0) | fuA;
      packet[rtpHeaderBytes + 1] =
        (header & 0x1f) | (from === 1 ? fuStart : 0) | (to === nalUnit.length ? fuEnd : 0);
      packet.set(nalUnit.subarray(from, to), rtpHeaderBytes + 2);
      packets.push(packet);
    }
  }

  #packet(payloadBytes: number, timestamp: RtpTimestamp): Buffer {
    const { payloadType, ssrc } = this.#options;
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    return formatRtpPacket({ marker: false, payloadType, sequenceNumber, timestamp, ssrc }, payloadBytes);
  }
}
