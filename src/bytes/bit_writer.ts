/** Writes bits, most significant first; the mirror of the bit reader. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #bit = 0;

  /** @param count 0 to 32 */
  bits(value: number, count: number): void {
    for (let index = count - 1; index >= 0; index--) {
      if ((this.#bit & 7) === 0) this.#bytes.push(0);
      const one = Math.floor(value / 2 ** index) % 2;
      if (one === 1) this.#bytes[this.#bytes.length - 1]! |= 0x80 >> (this.#bit & 7);
      this.#bit++;
    }
  }

  flag(value: boolean): void {
    this.bits(value ? 1 : 0, 1);
  }

  /** Unsigned Exp-Golomb code, ue(v) of H.264 section 9.1. */
  ue(value: number): void {
    const length = Math.floor(Math.log2(value + 1));
    this.bits(0, length);
    this.bits(value + 1, length + 1);
  }

  /** Signed Exp-Golomb code, se(v) of H.264 section 9.1.1. */
  se(value: number): void {
    this.ue(value > 0 ? value * 2 - 1 : value * -2);
  }

  /** The bytes so far, the last one filled up with zero bits. */
  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
