import { EndOfBytes } from './reader.ts';

/** Reads bits, most significant first; reading past the end throws {@link EndOfBytes}. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #endBit: number;
  #bit: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#bit = start * 8;
    this.#endBit = Math.min(end, bytes.length) * 8;
  }

  get bitsLeft(): number {
    return this.#endBit - this.#bit;
  }

  /** A reader at the same place that goes its own way. */
  copy(): BitReader {
    const copy = new BitReader(this.#bytes, 0, this.#endBit / 8);
    copy.#bit = this.#bit;
    return copy;
  }

  /** @param count 0 to 32 */
  bits(count: number): number {
    this.#check(count);
    let value = 0;
    let left = count;
    while (left > 0) {
      const free = 8 - (this.#bit & 7);
      const taken = Math.min(free, left);
      const chunk = (this.#bytes[this.#bit >> 3]! >> (free - taken)) & ((1 << taken) - 1);
      value = value * 2 ** taken + chunk;
      this.#bit += taken;
      left -= taken;
    }
    return value;
  }

  flag(): boolean {
    return this.bits(1) === 1;
  }

  skip(count: number): void {
    this.#check(count);
    this.#bit += count;
  }

  /** Unsigned Exp-Golomb code, ue(v) of H.264 section 9.1; throws RangeError above 2^32 - 2. */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > 31) throw new RangeError('Exp-Golomb code longer than 63 bits');
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Signed Exp-Golomb code, se(v) of H.264 section 9.1.1. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  #check(count: number): void {
    if (count < 0 || count > this.bitsLeft) {
      throw new EndOfBytes(this.#bit >> 3, Math.ceil((count - this.bitsLeft) / 8));
    }
  }
}
