type TypedArray = Uint32Array | Float64Array;

/** Numbers appended one by one to a typed array that grows: a few bytes each, where an ordinary array takes 16. */
export class GrowingColumn<Column extends TypedArray> {
  readonly #make: (length: number) => Column;
  #values: Column;
  #length = 0;

  /** @param make an empty column of a length */
  constructor(make: (length: number) => Column) {
    this.#make = make;
    this.#values = make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = this.#make(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index]!;
  }

  /** A view that stays valid until the next push. */
  values(): Column {
    return this.#values.subarray(0, this.#length) as Column;
  }
}

export const growingUint32 = () => new GrowingColumn((length) => new Uint32Array(length));
export const growingFloat64 = () => new GrowingColumn((length) => new Float64Array(length));
