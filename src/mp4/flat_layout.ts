/**
 * The front of a flat MP4 file, `moov` before the media, for footage that lies elsewhere:
 *
 *     ftyp
 *     moov   per track: edit list, sample entries, and the tables of all samples
 *     mdat   header only; the caller sends the chunks behind it, in the order that he gave
 *
 * ISO/IEC 14496-12 section 8. Everything about the file is known before one byte of media is read.
 */
import { ByteWriter } from '../bytes/writer.ts';
import type { TimeToSampleRuns } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';
import { box, boxHeaderBytes } from './box.ts';
import { creationSeconds, type Edit, edts, ftyp, hdlr, mdhd, minf, mvhd, tkhd } from './movie_boxes.ts';
import { co64, ctts, type SampleToChunk, stco, stsc, stsd, stss, stsz, stts } from './sample_table_boxes.ts';
import type { TrackSamples } from './track_samples.ts';

const u32Max = 0xffffffff;
/** Header of an `mdat` with a 64-bit size. */
const largeMdatHeaderBytes = 16;

/** Samples that follow each other in one stored segment and decode with one sample entry. */
export interface FlatPiece {
  readonly samples: Pick<TrackSamples, 'sizes' | 'durations' | 'compositionOffsets' | 'keyFlags'>;
  /** The half-open range of them that the file gets; not empty. */
  readonly from: number;
  readonly to: number;
  /** Index in the track's sample entries. */
  readonly sampleEntry: number;
  /** Instead of the stored duration of the last one: where what follows does not follow in time. In ticks. */
  readonly lastDuration?: number;
}

export interface FlatTrack {
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** The picture as displayed, in square pixels; 0 for audio. */
  readonly width: number;
  readonly height: number;
  /** Each differs from the others; `stsc` says which one a chunk needs. */
  readonly sampleEntries: readonly Uint8Array[];
  /** In decode order; the decode time of the first sample is 0. */
  readonly pieces: readonly FlatPiece[];
  /**
   * What is shown, when. Without edits: all of the media, from 0. Media before the first edit's time, such as the
   * pictures from the key frame up to the instant that was asked for, are decoded and not shown.
   * An empty edit belongs at the front: ffmpeg passes over others (version 5.1), so a gap further on is better
   * bridged by a `lastDuration`.
   */
  readonly edits: readonly Edit[];
}

/** Samples of one track that lie in one piece in the file; never across two pieces of the track. */
export interface FlatChunk {
  /** Index of the track. */
  readonly track: number;
  /** At least 1: the next ones of the track. */
  readonly samples: number;
}

export interface FlatInput {
  /** Ticks per second in which the edits' durations are told; 90,000 says milliseconds and video ticks exactly. */
  readonly movieTimescale: number;
  /** Video first; track ids count from 1. */
  readonly tracks: readonly FlatTrack[];
  /** In file order; all samples of all tracks, each once. */
  readonly chunks: readonly FlatChunk[];
  /** Shown by players as the date of the recording. */
  readonly creationMs?: UnixMillis;
}

export interface FlatLayout {
  /** Everything up to and including the header of the `mdat`. */
  readonly head: Uint8Array;
  /** Size of the whole file. */
  readonly totalBytes: number;
}

/** Lays the file out; throws RangeError when chunks and pieces do not fit each other, a mistake of the caller. */
export function flatLayout(input: FlatInput): FlatLayout {
  const columns = input.tracks.map(columnsOf);
  const chunks = placeChunks(input, columns);
  const mediaBytes = chunks.bytes;
  const mdatHeaderBytes = mediaBytes + boxHeaderBytes > u32Max ? largeMdatHeaderBytes : boxHeaderBytes;
  const build = (large: boolean) => front({ input, columns, chunks: chunks.tracks, large });
  const narrow = build(false);
  const isLarge = narrow.writer.length + mdatHeaderBytes + mediaBytes > u32Max;
  const { writer, offsetTables } = isLarge ? build(true) : narrow;
  const mediaOffset = writer.length + mdatHeaderBytes;
  mdatHeader(writer, mediaBytes);
  const head = writer.bytes();
  for (const { at, offsets } of offsetTables) writeOffsets(head, at, offsets, { mediaOffset, isLarge });
  return { head, totalBytes: mediaOffset + mediaBytes };
}

/** Writes chunk offsets into a table that was left empty, since they depend on the size of all that precedes them. */
function writeOffsets(
  bytes: Uint8Array,
  tableAt: number,
  offsets: readonly number[],
  { mediaOffset, isLarge }: { readonly mediaOffset: number; readonly isLarge: boolean },
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = tableAt;
  for (const offset of offsets) {
    if (isLarge) view.setUint32(at, Math.floor((offset + mediaOffset) / 2 ** 32));
    view.setUint32(isLarge ? at + 4 : at, (offset + mediaOffset) % 2 ** 32);
    at += isLarge ? 8 : 4;
  }
}

/** The samples of a track, over all its pieces. */
interface Columns {
  readonly sizes: readonly Uint32Array[];
  readonly durations: TimeToSampleRuns;
  readonly compositionOffsets: TimeToSampleRuns;
  /** Numbers from 1; undefined when all samples are key frames. */
  readonly keyFrames: readonly number[] | undefined;
  readonly samples: number;
  readonly durationTicks: number;
}

function columnsOf({ pieces }: FlatTrack): Columns {
  const durations: Run[] = [];
  const compositionOffsets: Run[] = [];
  const keyFrames: number[] = [];
  const allKey = pieces.every(
    ({ samples: { keyFlags }, from, to }) => !keyFlags.subarray(from, to).includes(0),
  );
  let samples = 0;
  for (const { samples: columns, from, to, lastDuration } of pieces) {
    if (!(from >= 0 && from < to && to <= columns.sizes.length))
      throw new RangeError(`no samples ${from} to ${to}`);
    if (lastDuration === undefined) addRuns(durations, columns.durations, from, to);
    else {
      addRuns(durations, columns.durations, from, to - 1);
      addRuns(durations, Uint32Array.of(lastDuration), 0, 1);
    }
    addRuns(compositionOffsets, columns.compositionOffsets, from, to);
    if (!allKey) addKeyFrames(keyFrames, columns.keyFlags.subarray(from, to), samples + 1);
    samples += to - from;
  }
  return {
    sizes: pieces.map(({ samples: { sizes }, from, to }) => sizes.subarray(from, to)),
    durations,
    compositionOffsets,
    keyFrames: allKey ? undefined : keyFrames,
    samples,
    durationTicks: durations.reduce((sum, [count, duration]) => sum + count * duration, 0),
  };
}

/** Appends the numbers of the key frames among some samples, the first of which has the number `first`. */
function addKeyFrames(keyFrames: number[], keyFlags: Uint8Array, first: number): void {
  for (let index = keyFlags.indexOf(1); index >= 0; index = keyFlags.indexOf(1, index + 1)) {
    keyFrames.push(first + index);
  }
}

type Run = [count: number, value: number];

/** Appends the runs of equal values of a part of a column, the first joined with the last one there. */
function addRuns(runs: Run[], column: Uint32Array | Int32Array, from: number, to: number): void {
  for (let index = from; index < to; ) {
    const value = column[index]!;
    const first = index;
    while (index < to && column[index] === value) index++;
    const last = runs.at(-1);
    if (last?.[1] === value) last[0] += index - first;
    else runs.push([index - first, value]);
  }
}

/** Where the chunks of one track lie, from the first byte of media. */
interface TrackChunks {
  readonly offsets: number[];
  readonly runs: SampleToChunk[];
}

function placeChunks(
  { tracks, chunks }: FlatInput,
  columns: readonly Columns[],
): { tracks: readonly TrackChunks[]; bytes: number } {
  const placed = tracks.map(() => ({ offsets: [], runs: [] }) as TrackChunks);
  const cursors = tracks.map(({ pieces }) => new PieceCursor(pieces));
  let bytes = 0;
  for (const { track, samples } of chunks) {
    const cursor = cursors[track];
    const target = placed[track];
    if (!cursor || !target) throw new RangeError(`there is no track ${track}`);
    const sampleDescription = cursor.sampleEntry + 1;
    target.offsets.push(bytes);
    bytes += cursor.take(samples);
    const last = target.runs.at(-1);
    if (last?.samplesPerChunk === samples && last.sampleDescription === sampleDescription) continue;
    target.runs.push({ firstChunk: target.offsets.length, samplesPerChunk: samples, sampleDescription });
  }
  for (const [index, cursor] of cursors.entries()) {
    if (cursor.taken !== columns[index]!.samples)
      throw new RangeError(`track ${index} has samples in no chunk`);
  }
  return { tracks: placed, bytes };
}

/** Goes through the samples of a track's pieces. */
class PieceCursor {
  readonly #pieces: readonly FlatPiece[];
  #piece = 0;
  #next: number;
  taken = 0;

  constructor(pieces: readonly FlatPiece[]) {
    this.#pieces = pieces;
    this.#next = pieces[0]?.from ?? 0;
  }

  /** Of the next sample. */
  get sampleEntry(): number {
    return this.#pieces[this.#piece]?.sampleEntry ?? 0;
  }

  /** Passes over so many samples of one piece, and returns their bytes. */
  take(samples: number): number {
    const piece = this.#pieces[this.#piece];
    if (!piece || samples < 1 || this.#next + samples > piece.to) {
      throw new RangeError(`a chunk of ${samples} samples does not fit into its piece`);
    }
    const { sizes } = piece.samples;
    const end = this.#next + samples;
    let bytes = 0;
    for (let index = this.#next; index < end; index++) bytes += sizes[index]!;
    this.#next = end;
    this.taken += samples;
    if (this.#next === piece.to) this.#next = this.#pieces[++this.#piece]?.from ?? 0;
    return bytes;
  }
}

interface FrontOptions {
  readonly input: FlatInput;
  readonly columns: readonly Columns[];
  readonly chunks: readonly TrackChunks[];
  /** Chunk offsets are 64 bits wide. */
  readonly large: boolean;
}

interface Front {
  readonly writer: ByteWriter;
  /** Where the offsets of each track's chunks are still to be written. */
  readonly offsetTables: readonly { readonly at: number; readonly offsets: readonly number[] }[];
}

/** `ftyp` and `moov`, but for the chunk offsets. */
function front({ input, columns, chunks, large }: FrontOptions): Front {
  const { movieTimescale, tracks } = input;
  const creation = creationSeconds(input.creationMs);
  const durations = tracks.map((track, index) => movieDuration(track, columns[index]!, movieTimescale));
  // Sizes of samples are most of it, so that it seldom grows and is copied.
  const samples = columns.reduce((sum, column) => sum + column.samples, 0);
  const writer = new ByteWriter(samples * 5 + 64 * 1024);
  const offsetTables: { at: number; offsets: readonly number[] }[] = [];
  ftyp(writer, 'isom', ['isom', 'iso4', 'avc1', 'mp41']);
  box(writer, 'moov', () => {
    const duration = Math.max(0, ...durations);
    mvhd(writer, { timescale: movieTimescale, duration, nextTrackId: tracks.length + 1, creation });
    for (const [index, track] of tracks.entries()) {
      const { runs, offsets } = chunks[index]!;
      trak(writer, {
        track,
        trackId: index + 1,
        duration: durations[index]!,
        creation,
        columns: columns[index]!,
        runs,
        chunks: offsets.length,
        large,
      });
      // The table of offsets is the last box of its track.
      offsetTables.push({ at: writer.length - offsets.length * (large ? 8 : 4), offsets });
    }
  });
  return { writer, offsetTables };
}

function movieDuration({ edits, timescale }: FlatTrack, columns: Columns, movieTimescale: number): number {
  if (edits.length > 0) return edits.reduce((sum, { duration }) => sum + duration, 0);
  return Math.round((columns.durationTicks * movieTimescale) / timescale);
}

function trak(
  writer: ByteWriter,
  options: {
    track: FlatTrack;
    trackId: number;
    duration: number;
    creation: number;
    columns: Columns;
    runs: readonly SampleToChunk[];
    chunks: number;
    large: boolean;
  },
): void {
  const { track, trackId, duration, creation, columns, runs, chunks, large } = options;
  const { kind, width, height, timescale } = track;
  box(writer, 'trak', () => {
    tkhd(writer, { trackId, kind, width, height, duration, creation });
    if (track.edits.length > 0) edts(writer, track.edits);
    box(writer, 'mdia', () => {
      mdhd(writer, { timescale, duration: columns.durationTicks, creation });
      hdlr(writer, kind);
      minf(writer, kind, () =>
        box(writer, 'stbl', () => {
          stsd(writer, track.sampleEntries);
          stts(writer, columns.durations);
          if (columns.compositionOffsets.some(([, offset]) => offset !== 0))
            ctts(writer, columns.compositionOffsets);
          if (columns.keyFrames) stss(writer, columns.keyFrames);
          stsz(writer, columns.sizes);
          stsc(writer, runs);
          if (large) co64(writer, chunks);
          else stco(writer, chunks);
        }),
      );
    });
  });
}

/** Header of the media data (section 8.1.1), with a 64-bit size when 32 do not do. */
function mdatHeader(writer: ByteWriter, mediaBytes: number): void {
  const isLarge = mediaBytes + boxHeaderBytes > u32Max;
  writer.u32(isLarge ? 1 : mediaBytes + boxHeaderBytes);
  writer.latin1('mdat');
  if (isLarge) writer.u64(mediaBytes + largeMdatHeaderBytes);
}
