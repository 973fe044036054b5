/**
 * H.265 from RTP whose NAL units are sent in another order than they are decoded in: RFC 7798 with sprop-max-don-diff and
 * sprop-depack-buf-nalus above 0. No camera was seen to do that, so this is made to be right and not to be fast.
 *
 * Markers mean nothing here: an access unit ends where the time stamp changes in decoding order.
 */
import { h265NalUnitType } from '../media/h265_nal_unit.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import type { H265Track } from '../media/track.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import type { Depacketizer } from './depacketizer.ts';
import { H265DecodingOrder, type WaitingNalUnit } from './h265_decoding_order.ts';
import { H265Depacketizer, type H265DepacketizerOptions } from './h265_depacketizer.ts';
import { emptyRtpPacket, type RtpPacket } from './packet.ts';

const aggregation = 48;
const fragmentation = 49;
const headerBytes = 2;
const fuHeaderBytes = 1;
const donBytes = 2;
const defaultMaxBytes = 16 * 1024 * 1024;

/** Whether NAL units of this format come in another order than they are decoded in. */
export function isH265Interleaved(parameters: ReadonlyMap<string, string>): boolean {
  return numberOf(parameters, 'sprop-max-don-diff') > 0 && numberOf(parameters, 'sprop-depack-buf-nalus') > 0;
}

export class H265InterleavedDepacketizer implements Depacketizer {
  /** Gets the NAL units in decoding order, each as a packet of its own. */
  readonly #inner: H265Depacketizer;
  readonly #order: H265DecodingOrder;
  readonly #maxBytes: number;
  readonly #packet = emptyRtpPacket();
  /** The NAL unit that comes in fragments. */
  #fragments: { readonly don: number; readonly parts: Buffer[]; bytes: number } | undefined;
  /** Packets lost that nobody was told of yet. */
  #lost = 0;

  /** @param options of a format that is {@link isH265Interleaved} */
  constructor({ format, pool, maxAccessUnitBytes = defaultMaxBytes }: H265DepacketizerOptions) {
    const parameters = new Map(format.parameters);
    parameters.delete('sprop-max-don-diff');
    this.#inner = new H265Depacketizer({ format: { ...format, parameters }, pool, maxAccessUnitBytes });
    this.#maxBytes = maxAccessUnitBytes;
    this.#order = new H265DecodingOrder({
      maxNalUnits: numberOf(format.parameters, 'sprop-depack-buf-nalus'),
      maxDifference: numberOf(format.parameters, 'sprop-max-don-diff'),
      maxBytes: maxAccessUnitBytes,
    });
  }

  get track(): H265Track | undefined {
    return this.#inner.track;
  }

  next(): MediaUnit | undefined {
    return this.#inner.next();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    if (lostBefore > 0) this.#lose(lostBefore);
    const { bytes, payloadStart, payloadEnd } = packet;
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset + payloadStart, payloadEnd - payloadStart);
    const type = payload.length > headerBytes ? h265NalUnitType(payload[0]!) : undefined;
    if (type === fragmentation) this.#fragment(payload, packet);
    else if (type === aggregation) this.#aggregate(payload, packet);
    else if (type !== undefined && type > fragmentation) this.#inner.push(packet, 0);
    else if (payload.length > headerBytes + donBytes) {
      const don = payload.readUInt16BE(headerBytes);
      const nalUnit = [payload.subarray(0, headerBytes), payload.subarray(headerBytes + donBytes)];
      this.#add(don, nalUnit, packet);
    }
    for (let due = this.#order.take(); due; due = this.#order.take()) this.#pass(due);
  }

  flush(): void {
    for (const nalUnit of this.#order.drain()) this.#pass(nalUnit);
    this.#inner.flush();
  }

  close(): void {
    this.#order.clear();
    this.#inner.close();
  }

  /** After the first NAL unit, each has a byte that tells by how much more than one its number is higher. */
  #aggregate(payload: Buffer, packet: RtpPacket): void {
    let at = headerBytes + donBytes;
    if (payload.length < at + 2) return;
    let don = payload.readUInt16BE(headerBytes);
    while (at + 2 <= payload.length) {
      const end = at + 2 + payload.readUInt16BE(at);
      if (end > payload.length) return this.#lose(1);
      if (end > at + 2) this.#add(don, [payload.subarray(at + 2, end)], packet);
      if (end < payload.length) don += payload[end]! + 1;
      at = end + 1;
    }
  }

  #fragment(payload: Buffer, packet: RtpPacket): void {
    const at = headerBytes + fuHeaderBytes;
    const header = payload[headerBytes]!;
    const [isFirst, isLast] = [(header & 0x80) !== 0, (header & 0x40) !== 0];
    if (isFirst && payload.length >= at + donBytes) {
      const nalHeader = Buffer.of((payload[0]! & 0x81) | ((header & 0x3f) << 1), payload[1]!);
      this.#fragments = { don: payload.readUInt16BE(at), parts: [nalHeader], bytes: 0 };
    }
    const open = this.#fragments;
    if (!open) return this.#lose(1);
    // The packet lies in a buffer that is used again.
    open.parts.push(Buffer.from(payload.subarray(at + (isFirst ? donBytes : 0))));
    open.bytes += payload.length;
    if (open.bytes > this.#maxBytes) return this.#lose(1);
    if (!isLast) return;
    this.#fragments = undefined;
    this.#add(open.don, open.parts, packet);
  }

  #add(don: number, parts: readonly Buffer[], { timestamp, arrivalMs }: RtpPacket): void {
    this.#order.add(don & 0xffff, { bytes: Buffer.concat(parts), timestamp, arrivalMs });
  }

  #lose(count: number): void {
    this.#lost += count;
    this.#fragments = undefined;
    this.#order.clear();
  }

  #pass({ bytes, timestamp, arrivalMs }: WaitingNalUnit): void {
    const packet = this.#packet;
    packet.bytes = bytes;
    packet.payloadEnd = bytes.length;
    packet.timestamp = rtpTimestamp(timestamp);
    packet.arrivalMs = unixMillis(arrivalMs);
    this.#inner.push(packet, this.#lost);
    this.#lost = 0;
  }
}

/** 0 when it is missing or no number. */
function numberOf(parameters: ReadonlyMap<string, string>, name: string): number {
  const value = Number(parameters.get(name)?.trim() ?? 0);
  return Number.isFinite(value) ? value : 0;
}
