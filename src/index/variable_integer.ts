/** More than any table of a segment has: a count beyond it is damage. */
const maxCount = 10_000_000;

/** Appends integers in groups of seven bits, low group first, the high bit saying that more follow (LEB128). */
export class VariableIntegerWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** @param value a safe integer, not negative */
  unsigned(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer`);
    let rest = value;
    while (rest > 0x7f) {
      this.#push((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#push(rest);
  }

  /** Small values of either sign stay short. @param value an integer within +-2^52 */
  signed(value: number): void {
    this.unsigned(value < 0 ? -value * 2 - 1 : value * 2);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads what {@link VariableIntegerWriter} wrote; throws RangeError where the bytes end early or say nonsense. */
export class VariableIntegerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  unsigned(): number {
    const first = this.#bytes[this.#offset];
    if (first !== undefined && first < 0x80) {
      this.#offset++;
      return first;
    }
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#bytes[this.#offset++];
      if (byte === undefined) throw new RangeError('the table ends in the middle of a number');
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number of the table is too large');
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A number of entries, each of which takes a byte at least. */
  count(): number {
    const count = this.unsigned();
    if (count > Math.min(maxCount, this.#bytes.length - this.#offset)) {
      throw new RangeError(`the table is too short for ${count} entries`);
    }
    return count;
  }
}
