import type { FlatPiece } from '../mp4/flat_layout.ts';
import type { TrackSamples } from '../mp4/track_samples.ts';
import type { MediaTrack } from './segment_media.ts';

/** One sample on the clip's own time line, whose zero is where the clip begins to show; before it times are negative. */
export interface ClipSample {
  /** In ticks of the clip's track. */
  readonly decodeTicks: number;
  readonly presentationTicks: number;
  readonly duration: number;
  readonly size: number;
  readonly keyFrame: boolean;
}

export interface BuiltTrack {
  readonly kind: 'video' | 'audio';
  /** The picture as displayed, in square pixels; 0 for audio. */
  readonly width: number;
  readonly height: number;
  readonly table: ClipTrack;
}

/** A piece whose last sample may still have to last longer. */
type GrowingPiece = { -readonly [Key in keyof FlatPiece]: FlatPiece[Key] };

/**
 * Gathers the samples of one track of a clip. Most come as ranges of a segment's columns, which are kept as they are:
 * 13 bytes a sample.
 *
 * Decode times must rise, whatever the footage says: a sample that would not is moved to one tick after the one
 * before it.
 */
export class ClipTrack {
  readonly timescale: number;
  readonly sampleEntries: Uint8Array[] = [];
  /** Decode time of the first sample. */
  firstTicks = 0;
  readonly #pieces: GrowingPiece[] = [];
  /** Samples that came one by one, behind the pieces. */
  #single: SingleSamples | undefined;
  #samples = 0;
  readonly #entryOfHash = new Map<string, number>();
  #entry = 0;
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
    if (entry !== this.#entry) this.#endSingle();
    this.#entry = entry;
  }

  /**
   * Adds samples of a segment's track in the clip's time scale, moved by `shift` ticks: the same as to add them one by
   * one, but for those in front of the last one that are shown after it, which must be followed by others.
   */
  addRange(
    { samples, decodeTicks }: MediaTrack,
    { start, end }: { readonly start: number; readonly end: number },
    shift: number,
  ): void {
    if (end <= start) return;
    const { sizes, durations, compositionOffsets, keyFlags } = samples;
    const firstDecode = decodeTicks[start]! + shift;
    if ((this.#samples > 0 && firstDecode <= this.#lastDecode) || !isRising(samples, start, end)) {
      for (let index = start; index < end; index++) {
        const placed = decodeTicks[index]! + shift;
        this.add({
          decodeTicks: placed,
          presentationTicks: placed + compositionOffsets[index]!,
          duration: durations[index]!,
          size: sizes[index]!,
          keyFrame: keyFlags[index] === 1,
        });
      }
      return;
    }
    this.#beginAt(firstDecode);
    this.#endSingle();
    // Only what the file needs: a segment's other columns would double the memory.
    const columns = { sizes, durations, compositionOffsets, keyFlags };
    this.#pieces.push({ samples: columns, from: start, to: end, sampleEntry: this.#entry });
    this.#samples += end - start;
    const decode = decodeTicks[end - 1]! + shift;
    this.#endWith(decode, decode + compositionOffsets[end - 1]!, durations[end - 1]!);
  }

  add(sample: ClipSample): void {
    const earliest = Math.min(sample.decodeTicks, sample.presentationTicks);
    const decode = this.#samples === 0 ? earliest : Math.max(earliest, this.#lastDecode + 1);
    this.#beginAt(decode);
    this.#single ??= new SingleSamples();
    this.#single.add(sample, sample.presentationTicks - decode);
    this.#samples++;
    this.#endWith(decode, sample.presentationTicks, sample.duration);
  }

  /** Ends the track, which has a sample; the last one lasts at least until `endTicks`. */
  finish(endTicks: number): readonly FlatPiece[] {
    this.#lastDuration = Math.max(this.#lastDuration, endTicks - this.#lastPresentation);
    this.#presentationEnd = Math.max(this.#presentationEnd, this.#lastPresentation + this.#lastDuration);
    this.#lastLasts(this.#lastDuration);
    this.#endSingle();
    return this.#pieces;
  }

  /** The sample before lasts until the next one is decoded. */
  #beginAt(decode: number): void {
    if (this.#samples === 0) this.firstTicks = decode;
    else this.#lastLasts(decode - this.#lastDecode);
  }

  #lastLasts(ticks: number): void {
    if (this.#single) this.#single.lastLasts(ticks);
    else this.#pieces.at(-1)!.lastDuration = ticks;
  }

  #endWith(decode: number, presentation: number, duration: number): void {
    this.#lastDecode = decode;
    this.#lastDuration = Math.max(1, duration);
    this.#lastPresentation = presentation;
    this.#presentationEnd = Math.max(this.#presentationEnd, presentation + this.#lastDuration);
  }

  #endSingle(): void {
    if (this.#single) this.#pieces.push(this.#single.piece(this.#entry));
    this.#single = undefined;
  }
}

/** The few samples of a clip that are changed on their way, as those at its ends. */
class SingleSamples {
  readonly #sizes: number[] = [];
  readonly #durations: number[] = [];
  readonly #compositionOffsets: number[] = [];
  readonly #keyFlags: number[] = [];

  add({ size, duration, keyFrame }: ClipSample, compositionOffset: number): void {
    this.#sizes.push(size);
    this.#durations.push(duration);
    this.#compositionOffsets.push(compositionOffset);
    this.#keyFlags.push(keyFrame ? 1 : 0);
  }

  lastLasts(ticks: number): void {
    this.#durations[this.#durations.length - 1] = ticks;
  }

  piece(sampleEntry: number): GrowingPiece {
    const samples = {
      sizes: Uint32Array.from(this.#sizes),
      durations: Uint32Array.from(this.#durations),
      compositionOffsets: Int32Array.from(this.#compositionOffsets),
      keyFlags: Uint8Array.from(this.#keyFlags),
    };
    return { samples, from: 0, to: this.#sizes.length, sampleEntry };
  }
}

/** Each is decoded later than the one before it, and none is shown before it is decoded. */
function isRising({ durations, compositionOffsets }: TrackSamples, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if (durations[index] === 0 || compositionOffsets[index]! < 0) return false;
  }
  return true;
}
