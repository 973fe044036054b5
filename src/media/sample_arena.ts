import { NightjarError } from '../errors/nightjar_error.ts';
import type { ByteRange, Chunk } from './byte_range.ts';

const chunkBytes = 512 * 1024;
/** Free chunks kept for reuse; more are left to the garbage collector. */
const maxFreeChunks = 64;

/** Lends chunks to the arenas of one thread and takes them back when nobody holds them any more. */
export class ChunkPool {
  readonly #free: Chunk[] = [];
  #lentBytes = 0;

  /** Of chunks that somebody holds. */
  get lentBytes(): number {
    return this.#lentBytes;
  }

  take(atLeast: number): Chunk {
    const free = atLeast <= chunkBytes ? this.#free.pop() : undefined;
    const chunk = free ?? { bytes: Buffer.allocUnsafeSlow(Math.max(atLeast, chunkBytes)), holders: 0 };
    chunk.holders = 1;
    this.#lentBytes += chunk.bytes.length;
    return chunk;
  }

  /** Gives up one hold on a chunk. */
  drop(chunk: Chunk): void {
    chunk.holders--;
    if (chunk.holders < 0) throw new Error('a chunk was released more often than it was held');
    if (chunk.holders === 0) this.#lentBytes -= chunk.bytes.length;
    const reusable = chunk.holders === 0 && chunk.bytes.length === chunkBytes;
    if (reusable && this.#free.length < maxFreeChunks) this.#free.push(chunk);
  }

  release(range: ByteRange): void {
    this.drop(range.chunk);
  }
}

/**
 * Where the samples of one track are put together: the only copy between the socket's buffer and the disk.
 *
 * A sample is written by appending to it; it lies in one piece, so when the chunk is full the part of it that
 * was written moves to the next chunk.
 */
export class SampleArena {
  readonly #pool: ChunkPool;
  readonly #maxSampleBytes: number;
  #chunk: Chunk;
  #start = 0;
  #end = 0;

  /** @param maxSampleBytes a sample that grows beyond this throws `payload_limit` */
  constructor(pool: ChunkPool, maxSampleBytes = 16 * 1024 * 1024) {
    this.#pool = pool;
    this.#maxSampleBytes = maxSampleBytes;
    this.#chunk = pool.take(0);
  }

  /** Bytes of the sample being written. */
  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#room(end - start);
    copyBytes(bytes, start, end, this.#chunk.bytes, at);
  }

  appendU8(value: number): void {
    const at = this.#room(1);
    this.#chunk.bytes[at] = value;
  }

  appendU32(value: number): void {
    const at = this.#room(4);
    writeU32(this.#chunk.bytes, at, value);
  }

  /** Overwrites 32 bits of the sample being written, `offset` bytes from its start. */
  patchU32(offset: number, value: number): void {
    writeU32(this.#chunk.bytes, this.#start + offset, value);
  }

  /** A view of the sample being written; valid until the next append. */
  view(from = 0, to = this.length): Uint8Array {
    return this.#chunk.bytes.subarray(this.#start + from, this.#start + to);
  }

  byteAt(offset: number): number {
    return this.#chunk.bytes[this.#start + offset]!;
  }

  /**
   * Offset of the first occurrence of `pattern` at or after `from` in the sample being written; the length of the
   * sample when there is none. The pattern must not overlap itself, as a start code does not.
   */
  indexOf(pattern: Uint8Array, from: number): number {
    // The native search has no end, and a view per search costs more than the search: the pattern itself, written
    // behind the sample, stops it.
    this.append(pattern, 0, pattern.length);
    const found = Buffer.prototype.indexOf.call(this.#chunk.bytes, pattern, this.#start + from) - this.#start;
    this.#end -= pattern.length;
    return found;
  }

  /** Removes zeros from the end of the sample being written, but none before `from`. */
  trimZeros(from: number): void {
    const bytes = this.#chunk.bytes;
    while (this.length > from && bytes[this.#end - 1] === 0) this.#end--;
  }

  /** Shortens the sample being written. */
  truncate(length: number): void {
    if (length < 0 || length > this.length)
      throw new RangeError(`cannot truncate ${this.length} to ${length}`);
    this.#end = this.#start + length;
  }

  /** Ends the sample; whoever gets the range must release it to the pool once. */
  finish(): ByteRange {
    const range = { chunk: this.#chunk, start: this.#start, end: this.#end };
    this.#chunk.holders++;
    this.#start = this.#end;
    return range;
  }

  /** Forgets the sample being written. */
  discard(): void {
    this.#end = this.#start;
  }

  /** Gives the arena's own chunk back; finished ranges stay valid until they are released. */
  close(): void {
    this.#pool.drop(this.#chunk);
  }

  #room(count: number): number {
    const length = this.length + count;
    if (length > this.#maxSampleBytes) {
      throw new NightjarError(
        'payload_limit',
        `A picture or sound is longer than ${this.#maxSampleBytes} bytes.`,
      );
    }
    if (this.#end + count > this.#chunk.bytes.length) this.#moveToNewChunk(length);
    const at = this.#end;
    this.#end += count;
    return at;
  }

  #moveToNewChunk(length: number): void {
    const old = this.#chunk;
    const next = this.#pool.take(length > chunkBytes ? length * 2 : 0);
    copyBytes(old.bytes, this.#start, this.#end, next.bytes, 0);
    this.#end -= this.#start;
    this.#start = 0;
    this.#chunk = next;
    this.#pool.drop(old);
  }
}

function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  // Buffer.copy costs a fraction of subarray + set for packets of this size.
  if (Buffer.isBuffer(from)) from.copy(to, at, start, end);
  else to.set(from.subarray(start, end), at);
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
