import type { FlatPiece } from '../mp4/flat_layout.ts';

/** Room to begin with: 40 s of pictures. */
const initialSamples = 1024;

/** One sample on the clip's own time line, whose zero is where the clip begins to show; before it times are negative. */
export interface ClipSample {
  /** In ticks of the clip's track. */
  readonly decodeTicks: number;
  readonly presentationTicks: number;
  readonly duration: number;
  readonly size: number;
  readonly keyFrame: boolean;
}

/**
 * Gathers the samples of one track of a clip, 13 bytes each.
 *
 * Decode times must rise, whatever the footage says: a sample that would not is moved to one tick after the one
 * before it.
 */
export class ClipTrack {
  readonly timescale: number;
  readonly sampleEntries: Uint8Array[] = [];
  /** Decode time of the first sample. */
  firstTicks = 0;
  // Written side by side, each at a place of its own in the code: a shared column class is four times as slow here.
  #sizes = new Uint32Array(initialSamples);
  #durations = new Uint32Array(initialSamples);
  #compositionOffsets = new Int32Array(initialSamples);
  #keyFlags = new Uint8Array(initialSamples);
  #samples = 0;
  readonly #entryOfHash = new Map<string, number>();
  /** Samples from `from` on decode by this entry. */
  readonly #entryRuns: { from: number; entry: number }[] = [];
  #lastDecode = 0;
  #lastDuration = 0;
  #lastPresentation = 0;
  #presentationEnd = Number.NEGATIVE_INFINITY;

  constructor(timescale: number) {
    this.timescale = timescale;
  }

  get samples(): number {
    return this.#samples;
  }

  /** Where the last sample in order of presentation ends. */
  get endTicks(): number {
    return this.#presentationEnd;
  }

  /** The samples that follow decode by this entry. */
  useSampleEntry(hash: string, bytes: Uint8Array): void {
    let entry = this.#entryOfHash.get(hash);
    if (entry === undefined) {
      entry = this.sampleEntries.push(bytes) - 1;
      this.#entryOfHash.set(hash, entry);
    }
    const last = this.#entryRuns.at(-1);
    if (last?.entry === entry) return;
    if (last?.from === this.samples) last.entry = entry;
    else this.#entryRuns.push({ from: this.samples, entry });
  }

  add(sample: ClipSample): void {
    const at = this.#samples;
    if (at === this.#sizes.length) this.#grow();
    const earliest = Math.min(sample.decodeTicks, sample.presentationTicks);
    const decode = at === 0 ? earliest : Math.max(earliest, this.#lastDecode + 1);
    if (at === 0) this.firstTicks = decode;
    else this.#durations[at - 1] = decode - this.#lastDecode;
    this.#compositionOffsets[at] = sample.presentationTicks - decode;
    this.#sizes[at] = sample.size;
    this.#keyFlags[at] = sample.keyFrame ? 1 : 0;
    this.#samples = at + 1;
    this.#lastDecode = decode;
    this.#lastDuration = Math.max(1, sample.duration);
    this.#lastPresentation = sample.presentationTicks;
    this.#presentationEnd = Math.max(this.#presentationEnd, sample.presentationTicks + this.#lastDuration);
  }

  /** Ends the track, which has a sample; the last one lasts at least until `endTicks`. */
  finish(endTicks: number): readonly FlatPiece[] {
    this.#lastDuration = Math.max(this.#lastDuration, endTicks - this.#lastPresentation);
    this.#presentationEnd = Math.max(this.#presentationEnd, this.#lastPresentation + this.#lastDuration);
    this.#durations[this.#samples - 1] = this.#lastDuration;
    const samples = {
      sizes: this.#sizes.subarray(0, this.#samples),
      durations: this.#durations.subarray(0, this.#samples),
      compositionOffsets: this.#compositionOffsets.subarray(0, this.#samples),
      keyFlags: this.#keyFlags.subarray(0, this.#samples),
    };
    return this.#entryRuns.flatMap(({ from, entry }, index) => {
      const to = this.#entryRuns[index + 1]?.from ?? this.samples;
      return to > from ? [{ samples, from, to, sampleEntry: entry }] : [];
    });
  }

  #grow(): void {
    const length = this.#sizes.length * 2;
    const sizes = new Uint32Array(length);
    const durations = new Uint32Array(length);
    const compositionOffsets = new Int32Array(length);
    const keyFlags = new Uint8Array(length);
    sizes.set(this.#sizes);
    durations.set(this.#durations);
    compositionOffsets.set(this.#compositionOffsets);
    keyFlags.set(this.#keyFlags);
    this.#sizes = sizes;
    this.#durations = durations;
    this.#compositionOffsets = compositionOffsets;
    this.#keyFlags = keyFlags;
  }
}
