/** Writes bits, most significant first, into memory that is large enough: faster than a writer that grows. */
export class BitSink {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  /** The newest bits; those above the lowest `#waiting` ones are in the bytes already. */
  #bits = 0;
  #waiting = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** @param count 0 to 24; `value` has no higher bits */
  put(value: number, count: number): void {
    this.#bits = (this.#bits << count) | value;
    this.#waiting += count;
    while (this.#waiting >= 8) {
      this.#waiting -= 8;
      this.#bytes[this.#length++] = this.#bits >>> this.#waiting;
    }
  }

  /** So many zeros and a one. */
  unary(zeros: number): void {
    let left = zeros;
    for (; left >= 24; left -= 24) this.put(0, 24);
    this.put(1, left + 1);
  }

  /** Fills the last byte up with zeros. */
  align(): void {
    if (this.#waiting > 0) this.put(0, 8 - this.#waiting);
  }

  /** Whole bytes so far: a view. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }
}
