import type { FootageFile } from '../footage/segment.ts';
import { PieceList } from '../playback/piece_list.ts';
import type { BuiltTrack } from './clip_track.ts';
import type { MediaTrack } from './segment_media.ts';

/** Samples of one track that lie in one piece in the file: what follows each other in the `mdat`. */
export interface ClipChunk {
  readonly track: BuiltTrack;
  readonly samples: number;
}

/** Samples [start, end) of a track of a segment. */
export interface SampleRange {
  readonly built: BuiltTrack;
  readonly track: MediaTrack;
  readonly start: number;
  readonly end: number;
}

/** Gathers what the `mdat` of a clip is made of. */
export class ClipChunks {
  readonly pieces = new PieceList();
  /** In the order of the pieces. */
  readonly chunks: ClipChunk[] = [];

  /** Adds ranges of several tracks of one file, as they lie in it: their chunks in turn, as they were recorded. */
  addRanges(file: FootageFile, ranges: readonly SampleRange[]): void {
    const cursors = ranges.filter(({ start, end }) => end > start).map((range) => new ChunkCursor(range));
    for (;;) {
      let next: ChunkCursor | undefined;
      for (const cursor of cursors) {
        if (!cursor.done && (next === undefined || cursor.offset < next.offset)) next = cursor;
      }
      if (next === undefined) return;
      const { bytes, samples } = next.chunk();
      this.pieces.addFile(file, next.offset, bytes);
      this.chunks.push({ track: next.range.built, samples });
      next.advance();
    }
  }

  /** Takes samples of one track one by one, some of which may be left out; must be ended. */
  gather(built: BuiltTrack, file: FootageFile): ChunkGatherer {
    return new ChunkGatherer(this.chunks, this.pieces, { built, file });
  }
}

/** Goes through the chunks of a range, the first and last of which may be cut. */
class ChunkCursor {
  readonly range: SampleRange;
  /** Of the chunk that holds the next sample, among those of the track. */
  #chunk = 0;
  #sample = 0;

  constructor(range: SampleRange) {
    this.range = range;
    this.#goTo(range.start);
  }

  get done(): boolean {
    return this.#sample >= this.range.end;
  }

  /** Where the next chunk begins in the file. */
  get offset(): number {
    return this.range.track.samples.offsets[this.#sample]!;
  }

  chunk(): { samples: number; bytes: number } {
    const { offsets, sizes } = this.range.track.samples;
    const last = this.#end() - 1;
    return { samples: last + 1 - this.#sample, bytes: offsets[last]! + sizes[last]! - this.offset };
  }

  advance(): void {
    this.#goTo(this.#end());
  }

  #goTo(sample: number): void {
    const { chunkStarts } = this.range.track.samples;
    this.#sample = sample;
    while (this.#chunk + 1 < chunkStarts.length && chunkStarts[this.#chunk + 1]! <= sample) this.#chunk++;
  }

  #end(): number {
    const next = this.range.track.samples.chunkStarts[this.#chunk + 1] ?? this.range.end;
    return Math.min(next, this.range.end);
  }
}

class ChunkGatherer {
  readonly #chunks: ClipChunk[];
  readonly #pieces: PieceList;
  readonly #source: { readonly built: BuiltTrack; readonly file: FootageFile };
  #offset = 0;
  #bytes = 0;
  #samples = 0;

  constructor(
    chunks: ClipChunk[],
    pieces: PieceList,
    source: { readonly built: BuiltTrack; readonly file: FootageFile },
  ) {
    this.#chunks = chunks;
    this.#pieces = pieces;
    this.#source = source;
  }

  add(offset: number, bytes: number): void {
    if (offset !== this.#offset + this.#bytes) {
      this.end();
      this.#offset = offset;
    }
    this.#bytes += bytes;
    this.#samples++;
  }

  end(): void {
    const { built, file } = this.#source;
    if (this.#samples > 0) this.#chunks.push({ track: built, samples: this.#samples });
    this.#pieces.addFile(file, this.#offset, this.#bytes);
    this.#bytes = 0;
    this.#samples = 0;
  }
}
