/** 32-bit values appended one by one: four bytes each, where an ordinary array takes up to sixteen. */
export class GrowingUint32 {
  #values = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param value 0 to 2^32 - 1 */
  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Uint32Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** Adds to an earlier value. */
  add(index: number, value: number): void {
    this.#values[index]! += value;
  }

  /** A view that stays valid until the next push. */
  values(): Uint32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Whole numbers up to 2^53, appended one by one. */
export class GrowingFloat64 {
  #values = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** A view that stays valid until the next push. */
  values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
