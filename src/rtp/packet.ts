/**
 * RTP packets, RFC 3550 section 5.1.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           timestamp                           |
 *     |           synchronization source (SSRC) identifier            |
 *     |             CSRC identifiers (CC of them, 32 bits)            |
 *     |   header extension when X: 16 bits profile, 16 bits length,   |
 *     |                     then length x 32 bits                     |
 *
 * Tolerated on purpose: a padding bit whose padding count is 0 (taken as no padding).
 */

import type { RtpTimestamp, UnixMillis } from '../units/time.ts';

/** A parsed RTP packet. The payload is a range of a buffer that is reused after the call. */
export interface RtpPacket {
  readonly bytes: Uint8Array;
  /** Payload without header, CSRCs, header extension and padding. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: RtpTimestamp;
  readonly ssrc: number;
  readonly arrivalMs: UnixMillis;
}

const fixedHeaderBytes = 12;

/** Parses the packet in `bytes` from `start` to `end`; undefined when it is no RTP packet or its lengths lie. */
export function parseRtpPacket(
  bytes: Uint8Array,
  start: number,
  end: number,
  arrivalMs: UnixMillis,
): RtpPacket | undefined {
  if (end > bytes.length || end - start < fixedHeaderBytes) return undefined;
  const first = bytes[start]!;
  if (first >> 6 !== 2) return undefined;
  const second = bytes[start + 1]!;
  let payloadStart = start + fixedHeaderBytes + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (payloadStart + 4 > end) return undefined;
    payloadStart += 4 + readU16(bytes, payloadStart + 2) * 4;
  }
  let payloadEnd = end;
  if ((first & 0x20) !== 0) payloadEnd -= bytes[end - 1]!;
  if (payloadStart > payloadEnd) return undefined;
  return {
    bytes,
    payloadStart,
    payloadEnd,
    marker: second >= 0x80,
    payloadType: second & 0x7f,
    sequenceNumber: readU16(bytes, start + 2),
    timestamp: readU32(bytes, start + 4) as RtpTimestamp,
    ssrc: readU32(bytes, start + 8),
    arrivalMs,
  };
}

export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  /** 0 to 65,535. */
  readonly sequenceNumber: number;
  readonly timestamp: RtpTimestamp;
  readonly ssrc: number;
}

/** A packet without CSRCs, extension and padding, with room for `payloadBytes` after its header of 12 bytes. */
export function formatRtpPacket(header: RtpHeader, payloadBytes: number): Buffer {
  const packet = Buffer.alloc(fixedHeaderBytes + payloadBytes);
  packet[0] = 0x80;
  packet[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  packet.writeUInt16BE(header.sequenceNumber, 2);
  packet.writeUInt32BE(header.timestamp, 4);
  packet.writeUInt32BE(header.ssrc >>> 0, 8);
  return packet;
}

function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
