/**
 * H.265 from RTP, RFC 7798: single NAL unit packets (section 4.4.1), aggregation packets (4.4.2) and fragmentation units
 * (4.4.3), with and without decoding order numbers (DONL).
 *
 * Packets are taken in the order of their sequence numbers, which is the decoding order unless sprop-depack-buf-nalus is
 * above 0: see `h265_interleaved_depacketizer.ts`.
 */

import { h265NalUnitType, h265Syntax } from '../media/h265_nal_unit.ts';
import { H265ParameterSets } from '../media/h265_parameter_sets.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { H265Track } from '../media/track.ts';
import { AccessUnitAssembler } from './access_unit_assembler.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';
import { parseSpropParameterSets } from './sprop_parameter_sets.ts';

export interface H265DepacketizerOptions {
  readonly format: Pick<PayloadFormat, 'clockRate' | 'parameters'>;
  readonly pool: ChunkPool;
  /** A longer access unit is dropped. */
  readonly maxAccessUnitBytes?: number;
}

const aggregation = 48;
const fragmentation = 49;
const payloadContentInformation = 50;
const headerBytes = 2;
const donBytes = 2;
const fuStart = 0x80;
const fuEnd = 0x40;
const fuType = 0x3f;
/** The header's first byte but for the type: the forbidden bit and the highest bit of the layer id. */
const besideType = 0x81;

export class H265Depacketizer implements Depacketizer {
  readonly #parameterSets: H265ParameterSets;
  readonly #assembler: AccessUnitAssembler;
  /** Bytes of the decoding order number that packets carry: 2 or 0. */
  readonly #donBytes: number;

  constructor({ format, pool, maxAccessUnitBytes }: H265DepacketizerOptions) {
    const { clockRate, parameters } = format;
    this.#parameterSets = new H265ParameterSets(clockRate);
    for (const name of ['sprop-vps', 'sprop-sps', 'sprop-pps']) {
      for (const nalUnit of parseSpropParameterSets(parameters.get(name), h265Syntax))
        this.#parameterSets.add(nalUnit);
    }
    this.#donBytes = Number(parameters.get('sprop-max-don-diff') ?? 0) > 0 ? donBytes : 0;
    this.#assembler = new AccessUnitAssembler({
      syntax: h265Syntax,
      parameterSets: this.#parameterSets,
      pool,
      ...(maxAccessUnitBytes !== undefined && { maxAccessUnitBytes }),
    });
  }

  get track(): H265Track | undefined {
    return this.#parameterSets.track();
  }

  next(): MediaUnit | undefined {
    return this.#assembler.next();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    const assembler = this.#assembler;
    if (!assembler.beginPacket(packet, lostBefore)) return;
    const { bytes, payloadStart: start, payloadEnd: end } = packet;
    const type = h265NalUnitType(bytes[start]!);
    if (isStartCode(bytes, start, end)) assembler.byteStream(Buffer.from(bytes.subarray(start, end)));
    else if (type === fragmentation) this.#pushFragment(bytes, start, end);
    else if (type === aggregation) this.#pushAggregate(bytes, start + headerBytes, end);
    else if (type === payloadContentInformation) assembler.damage(paciRefused);
    else this.#pushSingle(bytes, start, end);
    assembler.endPacket(packet.marker);
  }

  flush(): void {
    this.#assembler.flush();
  }

  close(): void {
    this.#assembler.close();
  }

  #pushSingle(bytes: Uint8Array, start: number, end: number): void {
    if (this.#donBytes === 0) return this.#assembler.nalUnit(bytes, start, end);
    if (end - start <= headerBytes + donBytes) return;
    const header = bytes.subarray(start, start + headerBytes);
    const nalUnit = Buffer.concat([header, bytes.subarray(start + headerBytes + donBytes, end)]);
    this.#assembler.nalUnit(nalUnit, 0, nalUnit.length);
  }

  #pushAggregate(bytes: Uint8Array, start: number, end: number): void {
    // The first NAL unit has a whole number before it, the others a byte that is added to it.
    let at = start + this.#donBytes;
    while (at + 2 <= end) {
      const size = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
      // As with H.264, a packet may be filled up with zeros.
      if (size === 0) continue;
      if (at + size > end) return this.#assembler.damage('an aggregation packet is cut off');
      this.#assembler.nalUnit(bytes, at, at + size);
      at += size + (this.#donBytes > 0 ? 1 : 0);
    }
  }

  #pushFragment(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < headerBytes + 1) return;
    const assembler = this.#assembler;
    const header = bytes[start + headerBytes]!;
    const isFirst = (header & fuStart) !== 0;
    const from = start + headerBytes + 1 + (isFirst ? this.#donBytes : 0);
    const isEmpty = from >= end;
    if (isFirst) {
      const nalHeader = [(bytes[start]! & besideType) | ((header & fuType) << 1), bytes[start + 1]!];
      if (!assembler.beginFragments(nalHeader, isEmpty ? undefined : bytes[from])) return;
    } else if (!assembler.fragmentOpen) {
      return assembler.strayFragment(header & fuType, isEmpty);
    }
    assembler.fragment(bytes, Math.min(from, end), end, (header & fuEnd) !== 0);
  }
}

/** Section 4.4.4; no sender of them is known. */
const paciRefused = 'packets with payload content information (PACI) cannot be read';

/** No NAL unit header is zero: its temporal id is at least 1. So this is a byte stream put into a packet as it is. */
const isStartCode = (bytes: Uint8Array, start: number, end: number): boolean =>
  end - start > 3 && bytes[start] === 0 && bytes[start + 1] === 0;
