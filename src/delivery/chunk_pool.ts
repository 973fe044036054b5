/** Memory of more chunks than this is left to the garbage collector: what a few fast readers have under way. */
const maxSpare = 16;

/**
 * Memory for chunks of one size, used again and again. Were it allocated for each chunk, megabytes of it would lie
 * about until the garbage collector found a reason to look at it.
 */
export class ChunkPool {
  readonly #chunkBytes: number;
  readonly #spare: ArrayBuffer[] = [];

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** What is in it is of no meaning. */
  take(): ArrayBuffer {
    return this.#spare.pop() ?? new ArrayBuffer(this.#chunkBytes);
  }

  /** Nobody else may use it any more. Memory of another size is left to the garbage collector. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === this.#chunkBytes && this.#spare.length < maxSpare) this.#spare.push(buffer);
  }
}
