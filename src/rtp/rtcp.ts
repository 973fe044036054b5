/**
 * RTCP packets, RFC 3550 section 6.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|  count  |  packet type  |  length in 32-bit words - 1   |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   the packet's own fields, then report blocks or chunks       |
 *
 * Tolerated on purpose: packets that are cut off (what came before them counts), a compound that does not begin
 * with a report, report blocks missing at the end, a description without its terminator.
 */

import { ByteReader, EndOfBytes } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import { type RtpTimestamp, rtpTimestamp, type UnixMillis, unixMillis } from '../units/time.ts';

/** Reception statistics about one source, RFC 3550 section 6.4.1. */
export interface ReportBlock {
  readonly ssrc: number;
  /** Share of packets lost since the last report, in 1/256: 0 to 255. */
  readonly fractionLost: number;
  /** Since the beginning, -2^23 to 2^23 - 1; negative when there were more duplicates than losses. */
  readonly totalLost: number;
  /** Highest sequence number, with the count of wraps in the upper 16 bits. */
  readonly highestSequenceNumber: number;
  /** In ticks of the RTP clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report; 0 when there was none. */
  readonly lastSenderReport: number;
  /** Since that sender report arrived, in 1/65,536 s. */
  readonly delaySinceLastSenderReport: number;
}

export interface SenderReport {
  readonly kind: 'senderReport';
  readonly ssrc: number;
  /** Wall clock of the sender at `rtpTimestamp`. */
  readonly sentMs: UnixMillis;
  /** Middle 32 bits of the same as NTP time, as a receiver report quotes it. */
  readonly ntpMiddle: number;
  readonly rtpTimestamp: RtpTimestamp;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly blocks: readonly ReportBlock[];
}

export interface ReceiverReport {
  readonly kind: 'receiverReport';
  readonly ssrc: number;
  readonly blocks: readonly ReportBlock[];
}

export interface SourceDescription {
  readonly kind: 'sourceDescription';
  readonly sources: readonly { readonly ssrc: number; readonly canonicalName: string | undefined }[];
}

export interface Goodbye {
  readonly kind: 'goodbye';
  readonly ssrcs: readonly number[];
}

export type RtcpPacket = SenderReport | ReceiverReport | SourceDescription | Goodbye;

const packetTypes = { senderReport: 200, receiverReport: 201, sourceDescription: 202, goodbye: 203 };
const canonicalNameItem = 1;
/** Packets in one compound; more are ignored. */
const maxPackets = 32;
/** From 1900-01-01, the zero of NTP time, to 1970-01-01. */
const ntpToUnixSeconds = 2_208_988_800;

/**
 * The packets of a compound that could be read; other packet types are left out. Never throws: reading ends at the
 * first packet without a sound header, and a packet that is too short for its fields is left out.
 */
export function parseRtcp(bytes: Uint8Array, start: number, end: number): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  const limit = Math.min(end, bytes.length);
  let at = start;
  while (at + 4 <= limit && packets.length < maxPackets) {
    const first = bytes[at]!;
    if (first >> 6 !== 2) break;
    const nextAt = at + 4 + ((bytes[at + 2]! << 8) | bytes[at + 3]!) * 4;
    const reader = new ByteReader(bytes, at + 4, Math.min(nextAt, limit));
    const packet = parseOne(bytes[at + 1]!, first & 0x1f, reader);
    if (packet) packets.push(packet);
    at = nextAt;
  }
  return packets;
}

function parseOne(packetType: number, count: number, reader: ByteReader): RtcpPacket | undefined {
  try {
    if (packetType === packetTypes.senderReport) return parseSenderReport(count, reader);
    if (packetType === packetTypes.receiverReport) {
      return { kind: 'receiverReport', ssrc: reader.u32(), blocks: parseBlocks(count, reader) };
    }
    if (packetType === packetTypes.sourceDescription) return parseDescription(count, reader);
    if (packetType === packetTypes.goodbye) return parseGoodbye(count, reader);
    return undefined;
  } catch (error) {
    if (error instanceof EndOfBytes) return undefined;
    throw error;
  }
}

function parseSenderReport(count: number, reader: ByteReader): SenderReport {
  const ssrc = reader.u32();
  const ntpSeconds = reader.u32();
  const ntpFraction = reader.u32();
  return {
    kind: 'senderReport',
    ssrc,
    sentMs: ntpToUnix(ntpSeconds, ntpFraction),
    ntpMiddle: (((ntpSeconds & 0xffff) << 16) | (ntpFraction >>> 16)) >>> 0,
    rtpTimestamp: rtpTimestamp(reader.u32()),
    packetCount: reader.u32(),
    octetCount: reader.u32(),
    blocks: parseBlocks(count, reader),
  };
}

/** What a sender without a clock says (RFC 3550 section 6.4.1): a time stamp of zero. */
export const noClockMs = ntpToUnix(0, 0);

/** NTP seconds wrap in 2036; a small number means the era after that. */
function ntpToUnix(seconds: number, fraction: number): UnixMillis {
  const era = seconds < 2 ** 31 ? 2 ** 32 : 0;
  return unixMillis((seconds + era - ntpToUnixSeconds) * 1000 + (fraction * 1000) / 2 ** 32);
}

function parseBlocks(count: number, reader: ByteReader): ReportBlock[] {
  const blocks: ReportBlock[] = [];
  while (blocks.length < count && reader.remaining >= 24) {
    blocks.push({
      ssrc: reader.u32(),
      fractionLost: reader.u8(),
      totalLost: (reader.u24() << 8) >> 8,
      highestSequenceNumber: reader.u32(),
      jitter: reader.u32(),
      lastSenderReport: reader.u32(),
      delaySinceLastSenderReport: reader.u32(),
    });
  }
  return blocks;
}

function parseDescription(count: number, reader: ByteReader): SourceDescription {
  const sources: { ssrc: number; canonicalName: string | undefined }[] = [];
  for (let index = 0; index < count; index++) {
    const chunkStart = reader.offset;
    const ssrc = reader.u32();
    let canonicalName: string | undefined;
    for (let item = reader.u8(); item !== 0; item = reader.u8()) {
      const text = reader.take(reader.u8());
      if (item === canonicalNameItem) canonicalName = Buffer.from(text).toString('utf8');
    }
    // The terminator is filled up to a multiple of 32 bits.
    reader.skip(Math.min(-(reader.offset - chunkStart) & 3, reader.remaining));
    sources.push({ ssrc, canonicalName });
  }
  return { kind: 'sourceDescription', sources };
}

function parseGoodbye(count: number, reader: ByteReader): Goodbye {
  const ssrcs: number[] = [];
  while (ssrcs.length < count) ssrcs.push(reader.u32());
  return { kind: 'goodbye', ssrcs };
}

/**
 * A compound of a receiver report and the source description that must follow it (RFC 3550 section 6.1).
 *
 * @param canonicalName at most 255 bytes of UTF-8; the rest is cut off
 */
export function formatReceiverReport(report: {
  readonly ssrc: number;
  readonly canonicalName: string;
  /** At most 31. */
  readonly blocks: readonly ReportBlock[];
}): Uint8Array {
  const writer = new ByteWriter(128);
  writePacketHeader(writer, packetTypes.receiverReport, report.blocks.length, 1 + report.blocks.length * 6);
  writer.u32(report.ssrc);
  for (const block of report.blocks) writeBlock(writer, block);
  const name = Buffer.from(report.canonicalName, 'utf8').subarray(0, 255);
  const itemBytes = 2 + name.length;
  const paddedBytes = Math.ceil((itemBytes + 1) / 4) * 4;
  writePacketHeader(writer, packetTypes.sourceDescription, 1, 1 + paddedBytes / 4);
  writer.u32(report.ssrc);
  writer.u8(canonicalNameItem);
  writer.u8(name.length);
  writer.append(name);
  writer.zeros(paddedBytes - itemBytes);
  return writer.bytes();
}

function writePacketHeader(writer: ByteWriter, packetType: number, count: number, words: number): void {
  writer.u8(0x80 | count);
  writer.u8(packetType);
  writer.u16(words);
}

function writeBlock(writer: ByteWriter, block: ReportBlock): void {
  writer.u32(block.ssrc);
  writer.u8(block.fractionLost);
  writer.u24(block.totalLost & 0xffffff);
  writer.u32(block.highestSequenceNumber);
  writer.u32(block.jitter);
  writer.u32(block.lastSenderReport);
  writer.u32(block.delaySinceLastSenderReport);
}
