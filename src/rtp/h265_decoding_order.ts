import type { RtpTimestamp, UnixMillis } from '../units/time.ts';

/** A NAL unit that waits for its turn in decoding order. */
export interface WaitingNalUnit {
  readonly bytes: Buffer;
  readonly timestamp: RtpTimestamp;
  readonly arrivalMs: UnixMillis;
}

interface Held extends WaitingNalUnit {
  /** Without its wraps at 16 bits (RFC 7798 section 6). */
  readonly number: number;
}

/**
 * Puts NAL units that were sent in another order into decoding order, by their decoding order numbers: RFC 7798 section 6.
 * Held are as many as the sender says that can be needed, and bytes up to a bound.
 */
export class H265DecodingOrder {
  readonly #maxNalUnits: number;
  readonly #maxDifference: number;
  readonly #maxBytes: number;
  /** By number; of equal ones in the order in which they came. */
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #newest: number | undefined;

  /**
   * @param options.maxNalUnits sprop-depack-buf-nalus: how many may come before one that is decoded before them
   * @param options.maxDifference sprop-max-don-diff: by how much their numbers may differ
   */
  constructor(options: { maxNalUnits: number; maxDifference: number; maxBytes: number }) {
    this.#maxNalUnits = options.maxNalUnits;
    this.#maxDifference = options.maxDifference;
    this.#maxBytes = options.maxBytes;
  }

  /** @param don decoding order number, 16 bits */
  add(don: number, nalUnit: WaitingNalUnit): void {
    const newest = this.#newest ?? don;
    const number = newest + (((don - newest) << 16) >> 16);
    this.#newest = Math.max(newest, number);
    let at = this.#held.length;
    while (at > 0 && this.#held[at - 1]!.number > number) at--;
    this.#held.splice(at, 0, { ...nalUnit, number });
    this.#heldBytes += nalUnit.bytes.length;
  }

  /** The next one in decoding order; undefined while one that comes before it may still come. */
  take(): WaitingNalUnit | undefined {
    const [first] = this.#held;
    if (!first) return undefined;
    const mayWait =
      this.#held.length <= this.#maxNalUnits &&
      this.#newest! - first.number <= this.#maxDifference &&
      this.#heldBytes <= this.#maxBytes;
    return mayWait ? undefined : this.#shift();
  }

  /** All that is held, at the end. */
  drain(): WaitingNalUnit[] {
    return Array.from({ length: this.#held.length }, () => this.#shift());
  }

  /** Forgets what is held: after a loss nobody can tell to which of their pictures a part is missing. */
  clear(): void {
    this.#held.length = 0;
    this.#heldBytes = 0;
  }

  #shift(): Held {
    const first = this.#held.shift()!;
    this.#heldBytes -= first.bytes.length;
    return first;
  }
}
