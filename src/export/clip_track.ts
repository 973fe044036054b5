import { GrowingFloat64, GrowingUint32 } from './growing_array.ts';

/** One sample on the clip's own time line, whose zero is where the clip begins to show; before it times are negative. */
export interface ClipSample {
  /** In ticks of the clip's track. */
  readonly decodeTicks: number;
  readonly presentationTicks: number;
  readonly duration: number;
  readonly size: number;
  readonly keyFrame: boolean;
}

/** Equal neighbours, counted: `count` and `value` alternate. */
class RunColumn {
  readonly #runs = new GrowingUint32();

  push(value: number): void {
    const last = this.#runs.length - 2;
    if (last >= 0 && this.#runs.at(last + 1) === value >>> 0) {
      this.#runs.add(last, 1);
      return;
    }
    this.#runs.push(1);
    this.#runs.push(value >>> 0);
  }

  /** @param signed whether the values are signed 32-bit numbers */
  runs(signed: boolean): [count: number, value: number][] {
    const runs: [number, number][] = [];
    for (let index = 0; index < this.#runs.length; index += 2) {
      const value = this.#runs.at(index + 1);
      runs.push([this.#runs.at(index), signed ? value | 0 : value]);
    }
    return runs;
  }
}

/**
 * Gathers the sample table of one track of a clip, sample by sample, in a few bytes each.
 *
 * Decode times must rise, whatever the footage says: a sample that would not is moved to one tick after the one
 * before it.
 */
export class ClipTrack {
  readonly timescale: number;
  readonly sampleEntries: Uint8Array[] = [];
  readonly sizes = new GrowingUint32();
  /** Numbers of the key frames, from 1. */
  readonly keyFrames = new GrowingUint32();
  /** Of each chunk, from the start of the clip's media. */
  readonly chunkOffsets = new GrowingFloat64();
  readonly chunkSamples = new GrowingUint32();
  /** Of each chunk, from 1. */
  readonly chunkEntries = new GrowingUint32();
  /** Decode time of the first sample. */
  firstTicks = 0;
  readonly #entryOfHash = new Map<string, number>();
  readonly #durations = new RunColumn();
  readonly #compositionOffsets = new RunColumn();
  #anyOffset = false;
  #lastDecode = 0;
  #lastDuration = 0;
  #lastPresentation = 0;
  #entry = 0;

  constructor(timescale: number) {
    this.timescale = timescale;
  }

  get samples(): number {
    return this.sizes.length;
  }

  /** Decode time of the end of the last sample. */
  get endTicks(): number {
    return this.#lastDecode + this.#lastDuration;
  }

  /** The samples that follow decode by this entry. */
  useSampleEntry(hash: string, entry: Uint8Array): void {
    let index = this.#entryOfHash.get(hash);
    if (index === undefined) {
      index = this.sampleEntries.push(entry);
      this.#entryOfHash.set(hash, index);
    }
    this.#entry = index;
  }

  /** The samples that follow lie together from this place of the clip's media on. */
  beginChunk(offset: number): void {
    this.chunkOffsets.push(offset);
    this.chunkSamples.push(0);
    this.chunkEntries.push(this.#entry);
  }

  add(sample: ClipSample): void {
    const earliest = Math.min(sample.decodeTicks, sample.presentationTicks);
    const decode = this.samples === 0 ? earliest : Math.max(earliest, this.#lastDecode + 1);
    if (this.samples === 0) this.firstTicks = decode;
    else this.#durations.push(decode - this.#lastDecode);
    const offset = sample.presentationTicks - decode;
    if (offset !== 0) this.#anyOffset = true;
    this.#compositionOffsets.push(offset);
    this.sizes.push(sample.size);
    if (sample.keyFrame) this.keyFrames.push(this.samples);
    this.chunkSamples.add(this.chunkSamples.length - 1, 1);
    this.#lastDecode = decode;
    this.#lastDuration = Math.max(1, sample.duration);
    this.#lastPresentation = sample.presentationTicks;
  }

  /**
   * Ends the track; the last sample is shown at least until `endTicks`.
   *
   * @returns its tables, and the length of its media in ticks
   */
  finish(endTicks: number): {
    durations: [count: number, value: number][];
    /** Undefined when all are 0. */
    compositionOffsets: [count: number, value: number][] | undefined;
    mediaTicks: number;
  } {
    if (this.samples > 0) {
      this.#lastDuration = Math.max(this.#lastDuration, endTicks - this.#lastPresentation);
      this.#durations.push(this.#lastDuration);
    }
    return {
      durations: this.#durations.runs(false),
      compositionOffsets: this.#anyOffset ? this.#compositionOffsets.runs(true) : undefined,
      mediaTicks: this.endTicks - this.firstTicks,
    };
  }
}
