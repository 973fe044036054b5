/**
 * H.264 from RTP, RFC 6184: single NAL unit packets (section 5.6), STAP-A (5.7.1) and FU-A (5.8). An access unit
 * (ISO/IEC 14496-10 section 7.4.1.2.3) ends with the marker or when the time stamp changes.
 *
 * Tolerated on purpose: a marker that is never set (FLIR M400), set on parameter sets (Reolink, Tapo TC70) or SEI
 * (LV-IP22IR40DVBL), or set in the middle of a picture (VStarcam); a time stamp that changes after the parameter
 * sets (Reolink RLC-822A); FU-A with start and end both set (CostarHD, OpenIPC), with the reserved bit (Longse,
 * HeroSpeed), with another type in continuations (Tiandy), empty, or without an end; start codes inside NAL units
 * (V380); zeros after NAL units (Dahua) and in STAP-A; SDP without usable parameter sets (VStarcam, GW).
 */

import { H264ParameterSets } from '../media/h264_parameter_sets.ts';
import { beginsPicture, parseH264SliceStart } from '../media/h264_slice.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import {
  endWithoutZeros,
  isSlice,
  nalType,
  nalUnitType,
  opensAccessUnit,
  startCode,
} from '../media/nal_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { H264Track } from '../media/track.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import { MarkerTrust } from './marker_trust.ts';
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
const lengthBytes = 4;
const defaultMaxAccessUnitBytes = 16 * 1024 * 1024;
/** More NAL units make no honest access unit: 1080p has 68 rows of macroblocks, 4K 135. */
const maxNalUnits = 1024;
/** NAL units that a file keeps elsewhere, or that mean nothing in it. */
const leftOut = new Set<number>([
  nalType.delimiter,
  nalType.endOfSequence,
  nalType.endOfStream,
  nalType.filler,
  nalType.spsExtension,
  nalType.subsetSps,
]);
const noNalUnit = -1;

export class H264Depacketizer implements Depacketizer {
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #maxAccessUnitBytes: number;
  readonly #parameterSets: H264ParameterSets;
  readonly #markerTrust = new MarkerTrust();
  readonly #ready: MediaUnit[] = [];

  // The access unit being put together; its NAL units are in the arena.
  #open = false;
  #timestamp = rtpTimestamp(0);
  #arrivalMs = unixMillis(0);
  #nalUnits = 0;
  #slices = 0;
  #idrSlices = 0;
  #ppsId: number | undefined;
  /** It has a hole or breaks the rules, which was reported: it will be dropped. */
  #damaged = false;
  /** It outgrew its bounds: nothing more is kept of it. */
  #full = false;
  /** It had a marker that is not trusted to be its end. */
  #marked = false;
  /** Packets were lost before it, or we joined in the middle, so that its first slice may not be its first. */
  #doubtful = true;
  /** Where in the arena NAL units begin that belong to the next access unit, if one begins before more slices. */
  #nextUnitAt = noNalUnit;
  /** Parameter sets that came after slices, and so hold from the next access unit on. */
  #laterParameterSets: Uint8Array[] = [];

  /** Where in the arena the NAL unit being put together begins, with its length field. */
  #nalStart = noNalUnit;
  /** Of the NAL unit that the packet ended with, or that is being put together. */
  #lastType = noNalUnit;
  #endedTimestamp = noNalUnit;
  #packetArrivalMs = unixMillis(0);

  constructor(options: H264DepacketizerOptions) {
    this.#pool = options.pool;
    this.#maxAccessUnitBytes = options.maxAccessUnitBytes ?? defaultMaxAccessUnitBytes;
    // Room for a length field, and for the start code that the search for one writes behind the sample.
    this.#arena = new SampleArena(options.pool, this.#maxAccessUnitBytes + 16);
    this.#parameterSets = new H264ParameterSets(options.format.clockRate);
    const sprop = options.format.parameters.get('sprop-parameter-sets');
    for (const nalUnit of parseSpropParameterSets(sprop)) this.#parameterSets.add(nalUnit);
  }

  get track(): H264Track | undefined {
    return this.#parameterSets.track();
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  push(packet: RtpPacket, lostBefore: number): void {
    this.#packetArrivalMs = packet.arrivalMs;
    if (lostBefore > 0) this.#lose(lostBefore);
    const { bytes, payloadStart: start, payloadEnd: end } = packet;
    if (start >= end) return;
    this.#turnTo(packet);
    if (lostBefore > 0) this.#doubtful = true;
    if (this.#nalStart < 0) this.#lastType = noNalUnit;
    const type = nalUnitType(bytes[start]!);
    if (type === fuA) this.#pushFragment(bytes, start, end);
    else if (type === stapA) this.#pushAggregate(bytes, start + 1, end);
    else if (type > 0 && type < stapA) this.#pushNalUnit(bytes, start, end);
    else if (interleavedTypes.has(type)) this.#damage(`packets of type ${type} need the interleaved mode`);
    else if (type === 0 && bytes[start] === 0) this.#pushByteStream(Buffer.from(bytes.subarray(start, end)));
    if (packet.marker) this.#endAtMarker();
  }

  flush(): void {
    if (this.#nalStart >= 0) this.#damage('the session ended within a picture');
    const sureOfEnd = this.#marked || !this.#markerTrust.seen;
    if (this.#slices > 0 && !sureOfEnd) this.#damage('the session ended before the end of a picture');
    this.#nalStart = noNalUnit;
    this.#endUnit();
    this.#arena.discard();
    this.#open = false;
    this.#doubtful = true;
  }

  close(): void {
    for (const unit of this.#ready) if (unit.kind !== 'damage') this.#pool.release(unit.bytes);
    this.#ready.length = 0;
    this.#arena.close();
  }

  #pushNalUnit(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#beginNal(bytes[start]!, start + 1 < end ? bytes[start + 1] : undefined)) return;
    if (this.#append(bytes, start, end)) this.#endNal();
  }

  #pushAggregate(bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at + 2 <= end; ) {
      const size = (bytes[at]! << 8) | bytes[at + 1]!;
      at += 2;
      // Some cameras fill the packet up with zeros.
      if (size === 0) continue;
      if (at + size > end) return this.#damage('an aggregation packet is cut off');
      this.#pushNalUnit(bytes, at, at + size);
      at += size;
    }
  }

  #pushFragment(bytes: Uint8Array, start: number, end: number): void {
    if (end - start < 2) return;
    const header = bytes[start + 1]!;
    // The reserved bit between the flags and the type is not looked at: Longse and HeroSpeed set it.
    if ((header & fuStart) !== 0) {
      const nalHeader = (bytes[start]! & 0xe0) | nalUnitType(header);
      if (!this.#beginNal(nalHeader, start + 2 < end ? bytes[start + 2] : undefined)) return;
      this.#arena.appendU8(nalHeader);
    } else if (this.#nalStart < 0) {
      this.#lastType = nalUnitType(header);
      if (start + 2 < end) this.#missBeginning('a fragment came without the beginning of its NAL unit');
      return;
    }
    if (this.#append(bytes, start + 2, end) && (header & fuEnd) !== 0) this.#endNal();
  }

  /** NAL units with start codes between them. */
  #pushByteStream(stream: Buffer): void {
    let start = 0;
    while (start < stream.length && !this.#full) {
      const found = stream.indexOf(startCode, start);
      const limit = found < 0 ? stream.length : found;
      const end = endWithoutZeros(stream, start, limit);
      if (end > start) this.#pushNalUnit(stream, start, end);
      start = limit + startCode.length;
    }
  }

  /** Packets were lost before the one that comes now. */
  #lose(count: number): void {
    if (this.#marked && !this.#damaged && this.#markerTrust.open) this.#endUnit();
    this.#report(count === 1 ? 'a packet was lost' : `${count} packets were lost`);
    if (!this.#open) return;
    this.#damaged = true;
    this.#abandonNal();
  }

  /** Ends the access unit when the packet's time stamp is another one, and begins one when there is none. */
  #turnTo(packet: RtpPacket): void {
    if (this.#open && packet.timestamp !== this.#timestamp) {
      // An end bit that is missing without a packet missing: the NAL unit is whole all the same.
      if (this.#nalStart >= 0) this.#endNal();
      if (this.#slices > 0 || this.#damaged) this.#endUnit();
    }
    if (!this.#open) {
      this.#open = true;
      this.#arrivalMs = packet.arrivalMs;
    }
    this.#timestamp = packet.timestamp;
  }

  /**
   * Makes room for a NAL unit, and first ends the access unit if the NAL unit begins the next one.
   *
   * @param afterHeader its second byte, if that is known
   * @returns whether its bytes are wanted
   */
  #beginNal(header: number, afterHeader: number | undefined): boolean {
    if (this.#nalStart >= 0) this.#endNal();
    const type = nalUnitType(header);
    this.#lastType = type;
    if (isSlice(type)) this.#beginSlice(afterHeader);
    else if (this.#slices > 0 && this.#nextUnitAt < 0 && opensAccessUnit(type)) {
      this.#nextUnitAt = this.#arena.length;
    }
    if (this.#full) return false;
    if (this.#nalUnits >= maxNalUnits) {
      this.#overflow(`an access unit has more than ${maxNalUnits} NAL units`);
      return false;
    }
    this.#nalUnits++;
    this.#nalStart = this.#arena.length;
    this.#arena.appendU32(0);
    return true;
  }

  #beginSlice(afterHeader: number | undefined): void {
    const begins = afterHeader === undefined ? this.#slices === 0 : beginsPicture(afterHeader);
    if (this.#slices > 0 || this.#damaged) {
      if (begins && (this.#marked || this.#nextUnitAt >= 0)) this.#endUnitAndGoOn();
      else {
        this.#nextUnitAt = noNalUnit;
        if (this.#marked) this.#markerTrust.betray();
        this.#marked = false;
      }
    } else if (!begins) {
      if (this.#doubtful) this.#damaged = true;
      else if (this.#timestamp === this.#endedTimestamp) {
        this.#markerTrust.betray();
        this.#damage('a picture went on after its marker');
      }
    }
  }

  #append(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#arena.length + end - start > this.#maxAccessUnitBytes) {
      this.#overflow(`an access unit is longer than ${this.#maxAccessUnitBytes} bytes`);
      return false;
    }
    this.#arena.append(bytes, start, end);
    return true;
  }

  #endNal(): void {
    const start = this.#nalStart;
    const arena = this.#arena;
    this.#nalStart = noNalUnit;
    arena.trimZeros(start + lengthBytes);
    const length = arena.length - start - lengthBytes;
    if (length > 0 && arena.indexOf(startCode, start + lengthBytes) < arena.length) {
      const stream = Buffer.from(arena.view(start + lengthBytes));
      arena.truncate(start);
      this.#pushByteStream(stream);
      return;
    }
    const type = length > 0 ? nalUnitType(arena.byteAt(start + lengthBytes)) : 0;
    if (type === nalType.sps || type === nalType.pps) {
      this.#addParameterSet(arena.view(start + lengthBytes));
      arena.truncate(start);
    } else if (length < 2 || type === 0 || type >= stapA || leftOut.has(type)) {
      arena.truncate(start);
    } else {
      arena.patchU32(start, length);
      if (isSlice(type)) this.#countSlice(type, start + lengthBytes);
    }
  }

  #addParameterSet(nalUnit: Uint8Array): void {
    if (this.#slices === 0) this.#parameterSets.add(nalUnit);
    else this.#laterParameterSets.push(Uint8Array.from(nalUnit));
  }

  #countSlice(type: number, at: number): void {
    if (this.#slices === 0 && this.#parameterSets.ambiguous) {
      this.#ppsId = parseH264SliceStart(this.#arena.view(at))?.ppsId;
    }
    this.#slices++;
    // A picture is a key frame when all of it is: slices of other types would need earlier pictures.
    if (type === nalType.idrSlice) this.#idrSlices++;
  }

  #endAtMarker(): void {
    const type = this.#lastType;
    if (this.#nalStart >= 0 || type < 0 || opensAccessUnit(type)) return;
    if (this.#slices === 0 && !this.#damaged) return;
    this.#markerTrust.seen = true;
    if (this.#markerTrust.trusted) this.#endUnit();
    else this.#marked = true;
  }

  /** Ends the access unit at a NAL unit that belongs to the next one. */
  #endUnitAndGoOn(): void {
    this.#endUnit();
    if (!this.#open) this.#arrivalMs = this.#packetArrivalMs;
    this.#open = true;
  }

  #endUnit(): void {
    const arena = this.#arena;
    const carried = this.#nextUnitAt >= 0 && this.#nextUnitAt < arena.length;
    const carry = carried ? Uint8Array.from(arena.view(this.#nextUnitAt)) : undefined;
    if (carried) arena.truncate(this.#nextUnitAt);
    const keyFrame = this.#slices > 0 && this.#idrSlices === this.#slices;
    if (this.#damaged || this.#slices === 0) arena.discard();
    else {
      if (this.#marked) this.#markerTrust.confirm(keyFrame);
      this.#deliver(keyFrame);
    }
    this.#endedTimestamp = this.#timestamp;
    this.#nalUnits = 0;
    this.#slices = 0;
    this.#idrSlices = 0;
    this.#ppsId = undefined;
    this.#damaged = false;
    this.#full = false;
    this.#marked = false;
    this.#doubtful = false;
    this.#nextUnitAt = noNalUnit;
    for (const nalUnit of this.#laterParameterSets) this.#parameterSets.add(nalUnit);
    this.#laterParameterSets = [];
    this.#open = carry !== undefined;
    if (carry) {
      arena.append(carry, 0, carry.length);
      this.#nalUnits = 1;
      this.#arrivalMs = this.#packetArrivalMs;
    }
  }

  #deliver(keyFrame: boolean): void {
    const track = this.#parameterSets.track(this.#ppsId);
    if (track === undefined) {
      this.#arena.discard();
      this.#report('a picture came before its parameter sets');
      return;
    }
    this.#ready.push({
      kind: 'accessUnit',
      bytes: this.#arena.finish(),
      rtpTimestamp: this.#timestamp,
      keyFrame,
      arrivalMs: this.#arrivalMs,
      track,
    });
  }

  /** The beginning of a NAL unit is missing: after a loss that was reported already, and at the start it is no fault. */
  #missBeginning(reason: string): void {
    if (this.#doubtful) this.#damaged = true;
    else this.#damage(reason);
  }

  /** The access unit will be dropped; reported once. */
  #damage(reason: string): void {
    if (!this.#damaged) this.#report(reason);
    this.#damaged = true;
    this.#abandonNal();
  }

  #report(reason: string): void {
    this.#ready.push({ kind: 'damage', media: 'video', reason, arrivalMs: this.#packetArrivalMs });
  }

  #overflow(reason: string): void {
    this.#damage(reason);
    this.#arena.discard();
    this.#nextUnitAt = noNalUnit;
    this.#full = true;
  }

  #abandonNal(): void {
    if (this.#nalStart >= 0) this.#arena.truncate(this.#nalStart);
    this.#nalStart = noNalUnit;
  }
}
