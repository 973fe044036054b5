import { NightjarError } from '../errors/nightjar_error.ts';
import { parseH264SliceStart } from './h264_slice.ts';
import { parseH264Sps } from './h264_sps.ts';
import { h264Track, parseH264PpsIds, sameForDecoder } from './h264_track.ts';
import { nalType, nalUnitType, sameBytes } from './nal_unit.ts';
import type { H264Track } from './track.ts';

/** Longer ones are not believed; honest ones have some tens of bytes. There are at most 32 SPS and 256 PPS. */
const maxParameterSetBytes = 4096;

/** The parameter sets that an H.264 stream has sent so far, and the track that follows from them. */
export class H264ParameterSets {
  readonly #timescale: number;
  readonly #sps = new Map<number, Uint8Array>();
  readonly #pps = new Map<number, { readonly nalUnit: Uint8Array; readonly spsId: number }>();
  #newestSps: number | undefined;
  #track: H264Track | undefined;
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

  /** Remembers an SPS or PPS in place of the one with its id. @param nalUnit is copied when it is new */
  add(nalUnit: Uint8Array): void {
    try {
      if (nalUnit.length > maxParameterSetBytes) this.#rejected++;
      else if (nalUnitType(nalUnit[0] ?? 0) === nalType.sps) this.#addSps(nalUnit);
      else this.#addPps(nalUnit);
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      this.#rejected++;
    }
  }

  #addSps(nalUnit: Uint8Array): void {
    for (const [id, known] of this.#sps) {
      if (!sameBytes(known, nalUnit)) continue;
      this.#newestSps = id;
      return;
    }
    const { id } = parseH264Sps(nalUnit);
    this.#sps.set(id, Uint8Array.from(nalUnit));
    this.#newestSps = id;
    this.#trackSps = undefined;
  }

  #addPps(nalUnit: Uint8Array): void {
    for (const { nalUnit: known } of this.#pps.values()) if (sameBytes(known, nalUnit)) return;
    const { id, spsId } = parseH264PpsIds(nalUnit);
    this.#pps.set(id, { nalUnit: Uint8Array.from(nalUnit), spsId });
    this.#trackSps = undefined;
  }

  /** The PPS of a slice; undefined when its header cannot be read. */
  ppsIdOf(slice: Uint8Array): number | undefined {
    return parseH264SliceStart(slice)?.ppsId;
  }

  /**
   * The track that pictures decode with; undefined before there are both an SPS and a PPS. The same object is
   * returned until something that matters to a decoder has changed.
   *
   * @param ppsId PPS of the picture's slices; without it the newest SPS counts
   */
  track(ppsId?: number): H264Track | undefined {
    const spsId = (ppsId === undefined ? undefined : this.#pps.get(ppsId)?.spsId) ?? this.#newestSps;
    if (spsId === this.#trackSps) return this.#track;
    const sps = spsId === undefined ? undefined : this.#sps.get(spsId);
    const referring = [...this.#pps.values()].filter((pps) => pps.spsId === spsId);
    if (sps === undefined || referring.length === 0) return this.#track;
    const track = h264Track({ timescale: this.#timescale, sps, pps: referring.map((pps) => pps.nalUnit) });
    if (this.#track === undefined || !sameForDecoder(this.#track, track)) this.#track = track;
    this.#trackSps = spsId;
    return this.#track;
  }
}
