/**
 * H.264 from RTP, RFC 6184: single NAL unit packets (section 5.6), STAP-A (5.7.1) and FU-A (5.8).
 *
 * Tolerated on purpose: FU-A with start and end both set (CostarHD, OpenIPC), with the reserved bit (Longse, HeroSpeed),
 * with another type in continuations (Tiandy), empty, or without an end; zeros in STAP-A (Dahua); SDP without usable
 * parameter sets (VStarcam, GW).
 */

import { H264ParameterSets } from '../media/h264_parameter_sets.ts';
import { h264Recovery } from '../media/h264_recovery_point.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import { h264Syntax, nalUnitType } from '../media/nal_unit.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { H264Track } from '../media/track.ts';
import { AccessUnitAssembler } from './access_unit_assembler.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import type { RtpPacket } from './packet.ts';
import { parseSpropParameterSets } from './sprop_parameter_sets.ts';

export interface H264DepacketizerOptions {
  readonly format: Pick<PayloadFormat, 'clockRate' | 'parameters'>;
  readonly pool: ChunkPool;
  /** A longer access unit is dropped. */
  readonly maxAccessUnitBytes?: number;
}

const stapA = 24;
const fuA = 28;
/** Packet types of the interleaved mode, which no recorder asks for: STAP-B, MTAP16, MTAP24, FU-B. */
const interleavedTypes = new Set([25, 26, 27, 29]);
const fuStart = 0x80;
const fuEnd = 0x40;

export class H264Depacketizer implements Depacketizer {
  readonly #parameterSets: H264ParameterSets;
  readonly #assembler: AccessUnitAssembler;

  constructor({ format, pool, maxAccessUnitBytes }: H264DepacketizerOptions) {
    this.#parameterSets = new H264ParameterSets(format.clockRate);
    const sprop = parseSpropParameterSets(format.parameters.get('sprop-parameter-sets'), h264Syntax);
    for (const nalUnit of sprop) this.#parameterSets.add(nalUnit);
    this.#assembler = new AccessUnitAssembler({
      syntax: h264Syntax,
      parameterSets: this.#parameterSets,
      pool,
      recovery: h264Recovery,
      ...(maxAccessUnitBytes !== undefined && { maxAccessUnitBytes }),
    });
  }

  get track(): H264Track | undefined {
    return this.#parameterSets.track();
  }

  next(): MediaUnit | undefined {
    return this.#assembler.next();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    const assembler = this.#assembler;
    if (!assembler.beginPacket(packet, lostBefore)) return;
    const { bytes, payloadStart: start, payloadEnd: end } = packet;
    const type = nalUnitType(bytes[start]!);
    if (type === fuA) this.#pushFragment(bytes, start, end);
    else if (type === stapA) this.#pushAggregate(bytes, start + 1, end);
    else if (type > 0 && type < stapA) assembler.nalUnit(bytes, start, end);
    else if (interleavedTypes.has(type))
      assembler.damage(`packets of type ${type} need the interleaved mode`);
    else if (type === 0 && bytes[start] === 0) assembler.byteStream(Buffer.from(bytes.subarray(start, end)));
    assembler.endPacket(packet.marker);
  }

  flush(): void {
    this.#assembler.flush();
  }

  close(): void {
    this.#assembler.close();
  }

  #pushAggregate(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at + 2 <= end; ) {
      const size = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
      // Some cameras fill the packet up with zeros.
      if (size === 0) continue;
      if (at + size > end) return this.#assembler.damage('an aggregation packet is cut off');
      this.#assembler.nalUnit(bytes, at, at + size);
      at += size;
    }
  }

  #pushFragment(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 2) return;
    const assembler = this.#assembler;
    const header = bytes[start + 1]!;
    const isEmpty = start + 2 >= end;
    // The reserved bit between the flags and the type is not looked at: Longse and HeroSpeed set it.
    if ((header & fuStart) !== 0) {
      const nalHeader = (bytes[start]! & 0xe0) | nalUnitType(header);
      if (!assembler.beginFragments([nalHeader], isEmpty ? undefined : bytes[start + 2])) return;
    } else if (!assembler.fragmentOpen) {
      return assembler.strayFragment(nalUnitType(header), isEmpty);
    }
    assembler.fragment(bytes, start + 2, end, (header & fuEnd) !== 0);
  }
}
