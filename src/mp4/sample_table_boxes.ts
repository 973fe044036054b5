/**
 * Boxes of the sample table: ISO/IEC 14496-12 sections 8.5.2, 8.6.1, 8.6.2 and 8.7.
 *
 * Each `…Bytes` gives the size of its box beforehand.
 */
import { endianness } from 'node:os';
import type { ByteWriter } from '../bytes/writer.ts';
import type { TimeToSampleRuns } from '../footage/segment.ts';
import { fullBox } from './box.ts';

/** Sample descriptions (section 8.5.2): what decodes the samples; `stsc` says which entry a chunk uses. */
export function stsd(writer: ByteWriter, entries: readonly Uint8Array[]): void {
  fullBox(writer, 'stsd', 0, 0, () => {
    writer.u32(entries.length);
    for (const entry of entries) writer.append(entry);
  });
}

/** Durations (section 8.6.1.2). */
export function stts(writer: ByteWriter, runs: TimeToSampleRuns): void {
  fullBox(writer, 'stts', 0, 0, () => {
    writer.u32(runs.length);
    for (const [count, duration] of runs) {
      writer.u32(count);
      writer.u32(duration);
    }
  });
}

/** Composition offsets (section 8.6.1.3): version 1 when one is negative, since older readers know only version 0. */
export function ctts(writer: ByteWriter, runs: TimeToSampleRuns): void {
  const version = runs.some(([, offset]) => offset < 0) ? 1 : 0;
  fullBox(writer, 'ctts', version, 0, () => {
    writer.u32(runs.length);
    for (const [count, offset] of runs) {
      writer.u32(count);
      writer.i32(offset);
    }
  });
}

/** Sync samples (section 8.6.2): numbers of the key frames, from 1. Without the box, every sample is one. */
export function stss(writer: ByteWriter, numbers: readonly number[]): void {
  fullBox(writer, 'stss', 0, 0, () => {
    writer.u32(numbers.length);
    for (const number of numbers) writer.u32(number);
  });
}

/** A run of chunks that hold equally many samples of one sample entry. */
export interface SampleToChunk {
  /** From 1. */
  readonly firstChunk: number;
  readonly samplesPerChunk: number;
  /** From 1. */
  readonly sampleDescription: number;
}

/** Samples of each chunk (section 8.7.4). */
export function stsc(writer: ByteWriter, runs: readonly SampleToChunk[]): void {
  fullBox(writer, 'stsc', 0, 0, () => {
    writer.u32(runs.length);
    for (const { firstChunk, samplesPerChunk, sampleDescription } of runs) {
      writer.u32(firstChunk);
      writer.u32(samplesPerChunk);
      writer.u32(sampleDescription);
    }
  });
}

/** A column as 32-bit big-endian values: a clip of a day has millions of them, so they are not written one by one. */
function bigEndian(column: Uint32Array): Uint8Array {
  const bytes = Buffer.from(column.slice().buffer);
  return endianness() === 'LE' ? bytes.swap32() : bytes;
}

/** Sample sizes (section 8.7.3.2), as runs of columns that follow each other. */
export function stsz(writer: ByteWriter, columns: readonly Uint32Array[]): void {
  fullBox(writer, 'stsz', 0, 0, () => {
    writer.u32(0);
    writer.u32(columns.reduce((sum, column) => sum + column.length, 0));
    for (const column of columns) writer.append(bigEndian(column));
  });
}

/** Chunk offsets in the file (section 8.7.5), 32 bits each, as zeros to be filled in. */
export function stco(writer: ByteWriter, chunks: number): void {
  fullBox(writer, 'stco', 0, 0, () => {
    writer.u32(chunks);
    writer.zeros(chunks * 4);
  });
}

/** Chunk offsets in the file (section 8.7.5), 64 bits each, as zeros to be filled in. */
export function co64(writer: ByteWriter, chunks: number): void {
  fullBox(writer, 'co64', 0, 0, () => {
    writer.u32(chunks);
    writer.zeros(chunks * 8);
  });
}
