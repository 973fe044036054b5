import { NightjarError } from '../errors/nightjar_error.ts';
import { h265NalType, h265NalUnitType } from './h265_nal_unit.ts';
import { parseH265Sps } from './h265_sps.ts';
import { h265Track, parseH265PpsIds, parseH265SlicePpsId, sameH265ForDecoder } from './h265_track.ts';
import { sameBytes } from './nal_unit.ts';
import type { H265Track } from './track.ts';

/** Longer ones are not believed; honest ones have some tens of bytes. There are at most 16 VPS, 16 SPS and 64 PPS. */
const maxParameterSetBytes = 4096;

/** The parameter sets that an H.265 stream has sent so far, and the track that follows from them. */
export class H265ParameterSets {
  readonly #timescale: number;
  readonly #vps = new Map<number, Uint8Array>();
  readonly #sps = new Map<number, { readonly nalUnit: Uint8Array; readonly vpsId: number }>();
  readonly #pps = new Map<number, { readonly nalUnit: Uint8Array; readonly spsId: number }>();
  #newestSps: number | undefined;
  #track: H265Track | undefined;
  /** The SPS that `#track` was made of; undefined when parameter sets came since. */
  #trackSps: number | undefined;
  #rejected = 0;

  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  /** Parameter sets that could not be read, and so were ignored. */
  get rejected(): number {
    return this.#rejected;
  }

  /** Whether it depends on a picture's slices which SPS it uses. */
  get ambiguous(): boolean {
    return this.#sps.size > 1;
  }

  /** Remembers a VPS, SPS or PPS in place of the one with its id. @param nalUnit is copied when it is new */
  add(nalUnit: Uint8Array): void {
    const added = nalUnit.length > 2 && nalUnit.length <= maxParameterSetBytes && this.#addKnown(nalUnit);
    if (!added) this.#rejected++;
  }

  /** The PPS of a slice; undefined when its header cannot be read. */
  ppsIdOf(slice: Uint8Array): number | undefined {
    return parseH265SlicePpsId(slice, h265NalUnitType(slice[0]!));
  }

  /**
   * The track that pictures decode with; undefined before there are a VPS, an SPS and a PPS. The same object is returned
   * until something that matters to a decoder has changed.
   *
   * @param ppsId PPS of the picture's slices; without it the newest SPS counts
   */
  track(ppsId?: number): H265Track | undefined {
    const spsId = (ppsId === undefined ? undefined : this.#pps.get(ppsId)?.spsId) ?? this.#newestSps;
    if (spsId === this.#trackSps) return this.#track;
    const sps = spsId === undefined ? undefined : this.#sps.get(spsId);
    const vps = sps && this.#vps.get(sps.vpsId);
    const pps = [...this.#pps.values()].filter((each) => each.spsId === spsId).map(({ nalUnit }) => nalUnit);
    if (!sps || !vps || pps.length === 0) return this.#track;
    const track = h265Track({ timescale: this.#timescale, vps, sps: sps.nalUnit, pps });
    if (this.#track === undefined || !sameH265ForDecoder(this.#track, track)) this.#track = track;
    this.#trackSps = spsId;
    return this.#track;
  }

  /** @returns whether it could be read */
  #addKnown(nalUnit: Uint8Array): boolean {
    const type = h265NalUnitType(nalUnit[0]!);
    if (type === h265NalType.sps) return this.#addSps(nalUnit);
    if (type === h265NalType.pps) return this.#addPps(nalUnit);
    return this.#addVps(nalUnit);
  }

  #addVps(nalUnit: Uint8Array): boolean {
    const id = nalUnit[2]! >> 4;
    const known = this.#vps.get(id);
    if (known && sameBytes(known, nalUnit)) return true;
    this.#vps.set(id, Uint8Array.from(nalUnit));
    this.#trackSps = undefined;
    return true;
  }

  #addSps(nalUnit: Uint8Array): boolean {
    for (const [id, known] of this.#sps) {
      if (!sameBytes(known.nalUnit, nalUnit)) continue;
      this.#newestSps = id;
      return true;
    }
    try {
      const { id, vpsId } = parseH265Sps(nalUnit);
      this.#sps.set(id, { nalUnit: Uint8Array.from(nalUnit), vpsId });
      this.#newestSps = id;
      this.#trackSps = undefined;
      return true;
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      return false;
    }
  }

  #addPps(nalUnit: Uint8Array): boolean {
    for (const { nalUnit: known } of this.#pps.values()) if (sameBytes(known, nalUnit)) return true;
    const ids = parseH265PpsIds(nalUnit);
    if (!ids) return false;
    this.#pps.set(ids.id, { nalUnit: Uint8Array.from(nalUnit), spsId: ids.spsId });
    this.#trackSps = undefined;
    return true;
  }
}
