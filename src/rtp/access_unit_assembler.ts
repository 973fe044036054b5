/**
 * Access units of H.264 and H.265 (ISO/IEC 14496-10 section 7.4.1.2.3, ISO/IEC 23008-2 section 7.4.2.4.4) from their
 * NAL units, whatever packets those came in. An access unit ends with the marker or when the time stamp changes.
 *
 * Tolerated on purpose: a marker that is never set (FLIR M400), set on parameter sets (Reolink, Tapo TC70) or SEI
 * (LV-IP22IR40DVBL), or set in the middle of a picture (VStarcam); a time stamp that changes after the parameter
 * sets (Reolink RLC-822A); start codes inside NAL units (V380); zeros after NAL units (Dahua).
 */

import type { MediaUnit } from '../media/media_unit.ts';
import { endWithoutZeros, type NalSyntax, startCode } from '../media/nal_unit.ts';
import { type ChunkPool, SampleArena } from '../media/sample_arena.ts';
import type { VideoTrack } from '../media/track.ts';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { MarkerTrust } from './marker_trust.ts';
import type { RtpPacket } from './packet.ts';

/** What a stream's parameter sets say so far. */
export interface ParameterSets {
  /** Whether it depends on a picture's slices which of them it uses. */
  readonly ambiguous: boolean;
  /** @param nalUnit is copied when it is new */
  add(nalUnit: Uint8Array): void;
  /** The track that pictures decode with, by their picture parameter set if it is given; undefined while unknown. */
  track(ppsId?: number): VideoTrack | undefined;
  /** Id of the picture parameter set that a slice uses; undefined when its header cannot be read. */
  ppsIdOf(slice: Uint8Array): number | undefined;
}

export interface AssemblerOptions {
  readonly syntax: NalSyntax;
  readonly parameterSets: ParameterSets;
  readonly pool: ChunkPool;
  /** Whether decoding may begin with an access unit whose slices do not say so. It is looked at until this returns. */
  readonly recovery?: (accessUnit: Uint8Array) => 'atOnce' | 'gradual' | undefined;
  /** A longer access unit is dropped. */
  readonly maxAccessUnitBytes?: number;
}

const lengthBytes = 4;
const defaultMaxAccessUnitBytes = 16 * 1024 * 1024;
/** More NAL units make no honest access unit: 1080p has 68 rows of macroblocks, 4K 135. */
const maxNalUnits = 1024;
const noNalUnit = -1;

export class AccessUnitAssembler {
  readonly #syntax: NalSyntax;
  readonly #parameterSets: ParameterSets;
  readonly #pool: ChunkPool;
  readonly #arena: SampleArena;
  readonly #recovery: NonNullable<AssemblerOptions['recovery']>;
  readonly #maxAccessUnitBytes: number;
  readonly #markerTrust = new MarkerTrust();
  readonly #ready: MediaUnit[] = [];

  // The access unit being put together; its NAL units are in the arena.
  #open = false;
  #timestamp = rtpTimestamp(0);
  #arrivalMs = unixMillis(0);
  #nalUnits = 0;
  #slices = 0;
  #keySlices = 0;
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

  constructor(options: AssemblerOptions) {
    this.#syntax = options.syntax;
    this.#parameterSets = options.parameterSets;
    this.#pool = options.pool;
    this.#recovery = options.recovery ?? (() => undefined);
    this.#maxAccessUnitBytes = options.maxAccessUnitBytes ?? defaultMaxAccessUnitBytes;
    // Room for a length field, and for the start code that the search for one writes behind the sample.
    this.#arena = new SampleArena(options.pool, this.#maxAccessUnitBytes + 16);
  }

  /** Whether a NAL unit was begun by fragments and waits for more of them. */
  get fragmentOpen(): boolean {
    return this.#nalStart >= 0;
  }

  next(): MediaUnit | undefined {
    return this.#ready.shift();
  }

  /**
   * To be called with each packet before its NAL units.
   *
   * @returns whether there is anything in it
   */
  beginPacket(packet: RtpPacket, lostBefore: number): boolean {
    this.#packetArrivalMs = packet.arrivalMs;
    if (lostBefore > 0) this.#lose(lostBefore);
    if (packet.payloadStart >= packet.payloadEnd) return false;
    this.#turnTo(packet);
    if (lostBefore > 0) this.#doubtful = true;
    if (this.#nalStart < 0) this.#lastType = noNalUnit;
    return true;
  }

  /** To be called with each packet's marker after its NAL units. */
  endPacket(marker: boolean): void {
    if (marker) this.#endAtMarker();
  }

  /** Takes a whole NAL unit. */
  nalUnit(bytes: Uint8Array, start: number, end: number): void {
    const afterHeader = start + this.#syntax.headerBytes;
    if (!this.#beginNal(bytes[start]!, afterHeader < end ? bytes[afterHeader] : undefined)) return;
    if (this.#append(bytes, start, end)) this.#endNal();
  }

  /** Takes NAL units with start codes between them. */
  byteStream(stream: Buffer): void {
    let start = 0;
    while (start < stream.length && !this.#full) {
      const found = stream.indexOf(startCode, start);
      const limit = found < 0 ? stream.length : found;
      const end = endWithoutZeros(stream, start, limit);
      if (end > start) this.nalUnit(stream, start, end);
      start = limit + startCode.length;
    }
  }

  /**
   * Begins a NAL unit that comes in fragments.
   *
   * @param header its own header, as it was before it was cut up
   * @param afterHeader the first byte after it, if there is one
   * @returns whether its fragments are wanted
   */
  beginFragments(header: readonly number[], afterHeader: number | undefined): boolean {
    if (!this.#beginNal(header[0]!, afterHeader)) return false;
    for (const byte of header) this.#arena.appendU8(byte);
    return true;
  }

  /** Takes the next part of the NAL unit that was begun. */
  fragment(bytes: Uint8Array, start: number, end: number, last: boolean): void {
    if (this.#append(bytes, start, end) && last) this.#endNal();
  }

  /** A fragment of this type came whose NAL unit was never begun. */
  strayFragment(type: number, isEmpty: boolean): void {
    this.#lastType = type;
    if (isEmpty) return;
    // After a loss that was reported already, and at the start, it is no fault.
    if (this.#doubtful) this.#damaged = true;
    else this.damage('a fragment came without the beginning of its NAL unit');
  }

  /** The access unit will be dropped; reported once. */
  damage(reason: string): void {
    if (!this.#damaged) this.#report(reason);
    this.#damaged = true;
    this.#abandonNal();
  }

  /** Ends the access unit being put together, as at the end of a session. */
  flush(): void {
    if (this.#nalStart >= 0) this.damage('the session ended within a picture');
    const sureOfEnd = this.#marked || !this.#markerTrust.seen;
    if (this.#slices > 0 && !sureOfEnd) this.damage('the session ended before the end of a picture');
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

  /** Packets were lost before the one that comes now. */
  #lose(count: number): void {
    if (this.#marked && !this.#damaged && this.#markerTrust.open) {
      // What was begun behind the marker is what the loss cut off.
      this.#abandonNal();
      this.#endUnit();
    }
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
   * @param afterHeader the byte after its header, if that is known
   * @returns whether its bytes are wanted
   */
  #beginNal(header: number, afterHeader: number | undefined): boolean {
    if (this.#nalStart >= 0) this.#endNal();
    const type = this.#syntax.typeOf(header);
    this.#lastType = type;
    if (this.#syntax.isSlice(type)) this.#beginSlice(afterHeader);
    else if (this.#slices > 0 && this.#nextUnitAt < 0 && this.#syntax.opensAccessUnit(type)) {
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
    const begins = afterHeader === undefined ? this.#slices === 0 : this.#syntax.beginsPicture(afterHeader);
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
        this.damage('a picture went on after its marker');
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
      this.byteStream(stream);
      return;
    }
    const { headerBytes, typeOf, isParameterSet, isLeftOut, isSlice } = this.#syntax;
    const type = length > 0 ? typeOf(arena.byteAt(start + lengthBytes)) : 0;
    if (length > 0 && isParameterSet(type)) {
      this.#addParameterSet(arena.view(start + lengthBytes));
      arena.truncate(start);
    } else if (length <= headerBytes || isLeftOut(type)) {
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
      this.#ppsId = this.#parameterSets.ppsIdOf(this.#arena.view(at));
    }
    this.#slices++;
    // A picture is a key frame when all of it is: slices of other types would need earlier pictures.
    if (this.#syntax.isKeySlice(type)) this.#keySlices++;
  }

  #endAtMarker(): void {
    const type = this.#lastType;
    if (this.#nalStart >= 0 || type < 0 || this.#syntax.opensAccessUnit(type)) return;
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
    if (this.#damaged || this.#slices === 0) arena.discard();
    else {
      const recovery = this.#keySlices === this.#slices ? 'atOnce' : this.#recovery(arena.view());
      const keyFrame = recovery === 'atOnce';
      if (this.#marked) this.#markerTrust.confirm(keyFrame);
      this.#deliver(keyFrame, recovery === 'gradual');
    }
    this.#endedTimestamp = this.#timestamp;
    this.#nalUnits = 0;
    this.#slices = 0;
    this.#keySlices = 0;
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

  #deliver(keyFrame: boolean, isGradualRefresh: boolean): void {
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
      ...(isGradualRefresh && { isGradualRefresh }),
      arrivalMs: this.#arrivalMs,
      track,
    });
  }

  #report(reason: string): void {
    this.#ready.push({ kind: 'damage', media: 'video', reason, arrivalMs: this.#packetArrivalMs });
  }

  #overflow(reason: string): void {
    this.damage(reason);
    this.#arena.discard();
    this.#nextUnitAt = noNalUnit;
    this.#full = true;
  }

  #abandonNal(): void {
    if (this.#nalStart >= 0) this.#arena.truncate(this.#nalStart);
    this.#nalStart = noNalUnit;
  }
}
