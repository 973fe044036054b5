/**
 * The sample table: all samples of a finished segment in one small box at the end of the file, so that a clip can be
 * laid out without reading every `moof`. A `uuid` box with user type c330f320-6987-453e-b809-b100b10f4f9a:
 *
 *     u8    version, 1
 *     u24   0
 *     u32   CRC-32 (as in zlib) of the table
 *     u32   bytes of the table
 *     …     the table, as a raw DEFLATE stream (RFC 1951)
 *     u32   0
 *
 * The zero keeps ffmpeg from taking the last four bytes of the file for the size of a `mfra`. Were they the size of this
 * box, it would believe that the `sidx` names every fragment, read only those that it goes to, and lose up to a second
 * at each seek (seen with version 5.1).
 *
 * The table is made of varints (unsigned LEB128; `z` marks zigzag-coded signed ones):
 *
 *     number of tracks, then for each:
 *       track id, z decode time of the first sample, number of samples
 *       for each sample its size div 256, then for each its size mod 256 in a byte: what varies little is kept
 *         apart from what is noise, which packs better than sizes or their differences one by one
 *       number of runs, each: samples, duration
 *       number of runs, each: samples, z composition offset
 *       number of runs, each: samples; alternately key frames and others, key frames first (a run may be 0)
 *       number of chunks, each: samples, z distance from the end of the track's chunk before (of the first, from 0)
 *
 * A chunk is what the track has in one fragment, in one piece. With 25 pictures and 47 AAC frames a second, a minute
 * takes 4 to 5 kB.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { ByteReader } from '../bytes/reader.ts';
import { ByteWriter } from '../bytes/writer.ts';
import type { TimeToSampleRuns } from '../footage/segment.ts';
import { type TrackTicks, trackTicks } from '../units/time.ts';
import { boxHeaderBytes, uuidBox, uuidBoxHeaderBytes } from './box.ts';
import { malformed, readingMp4 } from './malformed.ts';
import type { Sample } from './sample.ts';
import { runsOf, type TrackSamples } from './track_samples.ts';
import { isUserType, userTypes } from './uuid.ts';
import { readVarint, readZigzag, writeVarint, writeZigzag } from './varint.ts';

const version = 1;
/** More samples than a segment of five minutes or 256 MB has, by far. */
export const maxTableSamples = 2 ** 20;
/** What that many samples can fill at most, by the bytes that their varints need. */
const maxTableBytes = 16 * 1024 * 1024;
const maxTracks = 16;
/** The smallest that zlib takes for its output. */
const minChunkBytes = 64;
/** Little memory makes short blocks, each with a code of its own: the columns are too different to share one. */
const memLevel = 4;

/** The facts of one sample without its bytes. */
export interface SampleFacts {
  readonly size: number;
  readonly duration: number;
  readonly compositionOffset: number;
  readonly keyFrame: boolean;
}

/** Gathers the samples of a segment while it is written or scanned. */
export class SampleTableBuilder {
  readonly #tracks: readonly TrackColumns[];

  /** @param tracks in the order of the file's header */
  constructor(tracks: readonly { readonly trackId: number; readonly offsetTicks: TrackTicks }[]) {
    this.#tracks = tracks.map(({ trackId, offsetTicks }) => new TrackColumns(trackId, offsetTicks));
  }

  /**
   * Adds the samples of one track in one fragment.
   *
   * @param dataOffset where the first of them begins in the file; the others follow without a space
   */
  add(trackId: number, samples: readonly Sample[], dataOffset: number): void {
    const first = samples[0];
    if (!first) return;
    const track = this.#track(trackId);
    track.beginChunk(first.decodeTicks - track.offsetTicks, dataOffset);
    for (const { bytes, duration, compositionOffset, keyFrame } of samples) {
      track.push({ size: bytes.end - bytes.start, duration, compositionOffset, keyFrame });
    }
  }

  /** The same from what a stored fragment says; `decodeTicks` counts from the file's zero. */
  addStored(trackId: number, decodeTicks: number, samples: readonly SampleFacts[], dataOffset: number): void {
    if (samples.length === 0) return;
    const track = this.#track(trackId);
    track.beginChunk(decodeTicks, dataOffset);
    for (const sample of samples) track.push(sample);
  }

  /** The columns so far, one entry per track of the header. */
  tracks(): readonly TrackSamples[] {
    return this.#tracks.map((track) => track.samples());
  }

  /** The `uuid` box. */
  encode(): Uint8Array {
    const table = new ByteWriter(16 * 1024);
    writeVarint(table, this.#tracks.length);
    for (const track of this.#tracks) track.encode(table);
    const bytes = table.bytes();
    const packed = deflateRawSync(bytes, { level: 9, memLevel });
    const writer = new ByteWriter(uuidBoxHeaderBytes + 16 + packed.length);
    uuidBox(writer, userTypes.sampleTable, () => {
      writer.u8(version);
      writer.u24(0);
      writer.u32(crc32(bytes));
      writer.u32(bytes.length);
      writer.append(packed);
      writer.u32(0);
    });
    return writer.bytes();
  }

  #track(trackId: number): TrackColumns {
    const track = this.#tracks.find((candidate) => candidate.trackId === trackId);
    if (!track) throw malformed(`Track ${trackId} is not in the header of the file.`);
    return track;
  }
}

/** The growing columns of one track. */
class TrackColumns {
  readonly trackId: number;
  readonly offsetTicks: TrackTicks;
  #startTicks = 0;
  #endTicks = 0;
  readonly #sizes: number[] = [];
  readonly #durations: number[] = [];
  readonly #compositionOffsets: number[] = [];
  readonly #keyFlags: number[] = [];
  readonly #chunks: { readonly firstSample: number; readonly offset: number }[] = [];

  constructor(trackId: number, offsetTicks: TrackTicks) {
    this.trackId = trackId;
    this.offsetTicks = offsetTicks;
  }

  /**
   * A fragment states its decode time, and that prevails: where it does not follow from the durations before, as
   * after a loss, the sample before lasts longer or shorter. It cannot last less than 0.
   */
  beginChunk(decodeTicks: number, offset: number): void {
    const last = this.#durations.length - 1;
    if (last < 0) this.#startTicks = this.#endTicks = decodeTicks;
    else {
      const corrected = Math.max(0, this.#durations[last]! + decodeTicks - this.#endTicks);
      this.#endTicks += corrected - this.#durations[last]!;
      this.#durations[last] = corrected;
    }
    this.#chunks.push({ firstSample: this.#sizes.length, offset });
  }

  push({ size, duration, compositionOffset, keyFrame }: SampleFacts): void {
    if (this.#sizes.length >= maxTableSamples) throw malformed(`Track ${this.trackId} has too many samples.`);
    this.#sizes.push(size);
    this.#durations.push(duration);
    this.#compositionOffsets.push(compositionOffset);
    this.#keyFlags.push(keyFrame ? 1 : 0);
    this.#endTicks += duration;
  }

  samples(): TrackSamples {
    return {
      trackId: this.trackId,
      startTicks: trackTicks(this.#startTicks),
      sizes: Uint32Array.from(this.#sizes),
      durations: Uint32Array.from(this.#durations),
      compositionOffsets: Int32Array.from(this.#compositionOffsets),
      keyFlags: Uint8Array.from(this.#keyFlags),
      offsets: sampleOffsets(this.#chunks, this.#sizes),
      chunkStarts: Uint32Array.from(this.#chunks, ({ firstSample }) => firstSample),
    };
  }

  encode(writer: ByteWriter): void {
    writeVarint(writer, this.trackId);
    writeZigzag(writer, this.#startTicks);
    writeVarint(writer, this.#sizes.length);
    for (const size of this.#sizes) writeVarint(writer, Math.floor(size / 256));
    for (const size of this.#sizes) writer.u8(size % 256);
    writeRuns(writer, runsOf(this.#durations), writeVarint);
    writeRuns(writer, runsOf(this.#compositionOffsets), writeZigzag);
    const keyRuns = runsOf(this.#keyFlags).map(([count]) => count);
    if (this.#keyFlags[0] === 0) keyRuns.unshift(0);
    writeVarint(writer, keyRuns.length);
    for (const count of keyRuns) writeVarint(writer, count);
    this.#encodeChunks(writer);
  }

  #encodeChunks(writer: ByteWriter): void {
    writeVarint(writer, this.#chunks.length);
    let end = 0;
    for (const [index, { firstSample, offset }] of this.#chunks.entries()) {
      const next = this.#chunks[index + 1]?.firstSample ?? this.#sizes.length;
      writeVarint(writer, next - firstSample);
      writeZigzag(writer, offset - end);
      end = offset;
      for (let sample = firstSample; sample < next; sample++) end += this.#sizes[sample]!;
    }
  }
}

/** Reads the `uuid` box from its first byte; throws `file_malformed`. */
export function decodeSampleTable(box: Uint8Array): readonly TrackSamples[] {
  return readingMp4('The sample table', () => {
    if (!isUserType(box, boxHeaderBytes, userTypes.sampleTable))
      throw malformed('This is not a sample table.');
    const header = new ByteReader(box, uuidBoxHeaderBytes);
    const found = header.u8();
    if (found !== version) throw malformed(`The sample table has version ${found}; ${version} is known.`);
    header.skip(3);
    const crc = header.u32();
    const length = header.u32();
    const table = inflate(header.take(header.remaining - 4), length);
    if (crc32(table) !== crc) throw malformed('The checksum of the sample table is wrong.');
    const reader = new ByteReader(table);
    const tracks = readVarint(reader);
    if (tracks > maxTracks) throw malformed(`The sample table has ${tracks} tracks.`);
    return Array.from({ length: tracks }, () => decodeTrack(reader));
  });
}

function inflate(packed: Uint8Array, length: number): Uint8Array {
  if (length === 0 || length > maxTableBytes) throw malformed(`The sample table claims ${length} bytes.`);
  try {
    const table = inflateRawSync(packed, {
      maxOutputLength: length,
      chunkSize: Math.max(length, minChunkBytes),
    });
    if (table.length === length) return table;
  } catch {
    // Falls through: what zlib found wrong with the bytes helps nobody.
  }
  throw malformed('The sample table cannot be unpacked.');
}

function decodeTrack(reader: ByteReader): TrackSamples {
  const trackId = readVarint(reader);
  const startTicks = trackTicks(readZigzag(reader));
  const count = readVarint(reader);
  if (count > maxTableSamples || count > reader.remaining)
    throw malformed(`A track claims ${count} samples.`);
  const sizes = new Uint32Array(count);
  readSizes(reader, sizes);
  const durations = new Uint32Array(count);
  readRuns(reader, durations, readVarint);
  const compositionOffsets = new Int32Array(count);
  readRuns(reader, compositionOffsets, readZigzag);
  const keyFlags = new Uint8Array(count);
  let key = 0;
  readRuns(reader, keyFlags, () => (key = 1 - key));
  return {
    trackId,
    startTicks,
    sizes,
    durations,
    compositionOffsets,
    keyFlags,
    ...readChunks(reader, sizes),
  };
}

/** Most sizes need one byte and another: those are read without a call for each. */
function readSizes(reader: ByteReader, sizes: Uint32Array): void {
  const { bytes, end } = reader;
  for (let index = 0; index < sizes.length; index++) {
    let at = reader.offset;
    while (index < sizes.length && at < end && bytes[at]! < 0x80) sizes[index++] = bytes[at++]! * 256;
    reader.offset = at;
    if (index === sizes.length) break;
    const high = readVarint(reader);
    if (high > 0xffffff) throw malformed('A sample has an impossible size.');
    sizes[index] = high * 256;
  }
  const low = reader.take(sizes.length);
  for (let index = 0; index < sizes.length; index++) sizes[index]! += low[index]!;
}

function readChunks(
  reader: ByteReader,
  sizes: Uint32Array,
): { offsets: Float64Array; chunkStarts: Uint32Array } {
  const chunks = readVarint(reader);
  if (chunks > reader.remaining) throw malformed(`A track claims ${chunks} chunks.`);
  const chunkStarts = new Uint32Array(chunks);
  const offsets = new Float64Array(sizes.length);
  let sample = 0;
  let at = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    const samples = readVarint(reader);
    at += readZigzag(reader);
    if (samples > sizes.length - sample || at < 0) throw malformed('A chunk of the sample table is wrong.');
    chunkStarts[chunk] = sample;
    for (const end = sample + samples; sample < end; sample++) {
      offsets[sample] = at;
      at += sizes[sample]!;
    }
  }
  if (sample !== sizes.length) throw malformed('The chunks of the sample table leave samples over.');
  return { offsets, chunkStarts };
}

function sampleOffsets(
  chunks: readonly { readonly firstSample: number; readonly offset: number }[],
  sizes: ArrayLike<number>,
): Float64Array {
  const offsets = new Float64Array(sizes.length);
  for (const [index, { firstSample, offset }] of chunks.entries()) {
    const next = chunks[index + 1]?.firstSample ?? sizes.length;
    let at = offset;
    for (let sample = firstSample; sample < next; sample++) {
      offsets[sample] = at;
      at += sizes[sample]!;
    }
  }
  return offsets;
}

function writeRuns(
  writer: ByteWriter,
  runs: TimeToSampleRuns,
  writeValue: (writer: ByteWriter, value: number) => void,
): void {
  writeVarint(writer, runs.length);
  for (const [count, value] of runs) {
    writeVarint(writer, count);
    writeValue(writer, value);
  }
}

/** Fills a column from runs, which must fill it exactly. */
function readRuns(
  reader: ByteReader,
  column: Uint32Array | Int32Array | Uint8Array,
  readValue: (reader: ByteReader) => number,
): void {
  let filled = 0;
  for (let left = readVarint(reader); left > 0; left--) {
    const count = readVarint(reader);
    const value = readValue(reader);
    if (count > column.length - filled) throw malformed('A run of the sample table is too long.');
    column.fill(value, filled, filled + count);
    if (count > 0 && column[filled] !== value) throw malformed('A value of the sample table is impossible.');
    filled += count;
  }
  if (filled !== column.length) throw malformed('The runs of the sample table leave samples over.');
}
