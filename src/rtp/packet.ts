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

import { type RtpTimestamp, rtpTimestamp, type UnixMillis, unixMillis } from '../units/time.ts';

/** A parsed RTP packet. The payload is a range of a buffer that is reused after the call. */
export interface RtpPacket {
  readonly bytes: Uint8Array;
  /**
   * Where the header extension begins, with 16 bits of profile and 16 bits of length; it ends where the payload
   * begins, and is empty when there is none.
   */
  readonly extensionStart: number;
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

/** A packet object that is written anew for each packet: at thousands a second, a new one each is felt. */
export type ReusedRtpPacket = { -readonly [Field in keyof RtpPacket]: RtpPacket[Field] };

/** An object for {@link readRtpPacket}; all fields have their final representation in memory. */
export function emptyRtpPacket(): ReusedRtpPacket {
  const large = 2 ** 32 - 1;
  return {
    bytes: new Uint8Array(0),
    extensionStart: 0,
    payloadStart: 0,
    payloadEnd: 0,
    marker: false,
    payloadType: 0,
    sequenceNumber: 0,
    timestamp: rtpTimestamp(large),
    ssrc: large,
    arrivalMs: unixMillis(large + 0.5),
  };
}

/** Parses the packet in `bytes` from `start` to `end`; undefined when it is no RTP packet or its lengths lie. */
export function parseRtpPacket(
  bytes: Uint8Array,
  start: number,
  end: number,
  arrivalMs: UnixMillis,
): RtpPacket | undefined {
  const packet = emptyRtpPacket();
  return readRtpPacket(packet, bytes, start, end, arrivalMs) ? packet : undefined;
}

/** Like {@link parseRtpPacket}, into an object that is reused; false, and nothing written, when it is no packet. */
export function readRtpPacket(
  into: ReusedRtpPacket,
  bytes: Uint8Array,
  start: number,
  end: number,
  arrivalMs: UnixMillis,
): boolean {
  if (end > bytes.length || end - start < fixedHeaderBytes) return false;
  const first = bytes[start]!;
  if (first >> 6 !== 2) return false;
  const second = bytes[start + 1]!;
  const extensionStart = start + fixedHeaderBytes + (first & 0x0f) * 4;
  let payloadStart = extensionStart;
  if ((first & 0x10) !== 0) {
    if (payloadStart + 4 > end) return false;
    payloadStart += 4 + readU16(bytes, payloadStart + 2) * 4;
  }
  let payloadEnd = end;
  if ((first & 0x20) !== 0) payloadEnd -= bytes[end - 1]!;
  if (payloadStart > payloadEnd) return false;
  into.bytes = bytes;
  into.extensionStart = extensionStart;
  into.payloadStart = payloadStart;
  into.payloadEnd = payloadEnd;
  into.marker = second >= 0x80;
  into.payloadType = second & 0x7f;
  into.sequenceNumber = readU16(bytes, start + 2);
  into.timestamp = readU32(bytes, start + 4) as RtpTimestamp;
  into.ssrc = readU32(bytes, start + 8);
  into.arrivalMs = arrivalMs;
  return true;
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
