/** A block of memory that several samples share. */
export interface Chunk {
  readonly bytes: Uint8Array;
  /** How many ranges and writers still need it; the pool reuses it at 0. */
  holders: number;
}

/** Where the bytes of one sample lie. The bytes stay as they are until the range is released. */
export interface ByteRange {
  readonly chunk: Chunk;
  readonly start: number;
  readonly end: number;
}

export const rangeBytes = (range: ByteRange): Uint8Array =>
  range.chunk.bytes.subarray(range.start, range.end);
