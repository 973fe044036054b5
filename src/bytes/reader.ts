/** Thrown by the readers of this folder when the input ends before the value does. */
export class EndOfBytes extends Error {
  override readonly name = 'EndOfBytes';
  readonly offset: number;
  readonly needed: number;

  constructor(offset: number, needed: number) {
    super(`${needed} more byte(s) needed at offset ${offset}`);
    this.offset = offset;
    this.needed = needed;
  }
}

/** Reads big-endian values from a range of bytes; reading past the end throws {@link EndOfBytes}. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  offset: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = start;
    this.end = Math.min(end, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u24(): number {
    const at = this.#take(3);
    return this.#view.getUint16(at) * 256 + this.#view.getUint8(at + 2);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** A 64-bit value as a number; throws RangeError above 2^53 - 1. */
  u64(): number {
    return toSafeInteger(this.#view.getBigUint64(this.#take(8)));
  }

  /** A signed 64-bit value as a number; throws RangeError outside +-(2^53 - 1). */
  i64(): number {
    return toSafeInteger(this.#view.getBigInt64(this.#take(8)));
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    if (length < 0 || length > this.end - this.offset) {
      throw new EndOfBytes(this.offset, length - (this.end - this.offset));
    }
    const at = this.offset;
    this.offset += length;
    return at;
  }
}

function toSafeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is beyond the exact integers`);
  return number;
}
