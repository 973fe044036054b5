import type { FlatPiece } from '../mp4/flat_layout.ts';
import { growingInt32, growingUint8, growingUint32 } from '../playback/growing_column.ts';

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
  readonly #sizes = growingUint32();
  readonly #durations = growingUint32();
  readonly #compositionOffsets = growingInt32();
  readonly #keyFlags = growingUint8();
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
    return this.#sizes.length;
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
    const earliest = Math.min(sample.decodeTicks, sample.presentationTicks);
    const decode = this.samples === 0 ? earliest : Math.max(earliest, this.#lastDecode + 1);
    if (this.samples === 0) this.firstTicks = decode;
    else this.#durations.push(decode - this.#lastDecode);
    this.#compositionOffsets.push(sample.presentationTicks - decode);
    this.#sizes.push(sample.size);
    this.#keyFlags.push(sample.keyFrame ? 1 : 0);
    this.#lastDecode = decode;
    this.#lastDuration = Math.max(1, sample.duration);
    this.#lastPresentation = sample.presentationTicks;
    this.#presentationEnd = Math.max(this.#presentationEnd, sample.presentationTicks + this.#lastDuration);
  }

  /** Ends the track, which has a sample; the last one lasts at least until `endTicks`. */
  finish(endTicks: number): readonly FlatPiece[] {
    this.#lastDuration = Math.max(this.#lastDuration, endTicks - this.#lastPresentation);
    this.#presentationEnd = Math.max(this.#presentationEnd, this.#lastPresentation + this.#lastDuration);
    this.#durations.push(this.#lastDuration);
    const samples = {
      sizes: this.#sizes.values(),
      durations: this.#durations.values(),
      compositionOffsets: this.#compositionOffsets.values(),
      keyFlags: this.#keyFlags.values(),
    };
    return this.#entryRuns.flatMap(({ from, entry }, index) => {
      const to = this.#entryRuns[index + 1]?.from ?? this.samples;
      return to > from ? [{ samples, from, to, sampleEntry: entry }] : [];
    });
  }
}
