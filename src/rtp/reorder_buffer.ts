import type { UnixMillis } from '../units/time.ts';

/** Packets behind the one that is missing are held for it while it is no further off than so many. */
export const reorderPackets = 64;
/** And no longer than so many milliseconds. */
export const reorderMs = 200;
/** A sequence number further off than these, ahead or behind, begins a new sequence (RFC 3550 appendix A.1). */
const maximumDropout = 3000;
const maximumMisorder = 100;

interface Held {
  readonly bytes: Uint8Array;
  readonly arrivalMs: UnixMillis;
  /** Of the clock that never steps: when it is given out at the latest. */
  readonly dueMs: number;
}

/** Takes packets in sequence. The bytes are good until it returns. */
export type PacketSink = (bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis) => void;

/**
 * Puts the RTP packets of one source back into the order of their sequence numbers (RFC 3550 section 5.1), for a way
 * that may change it.
 *
 * What comes in order passes through without a copy. What comes behind a gap is held until the gap is filled, is
 * further back than {@link reorderPackets}, or has lasted {@link reorderMs}; then the missing are given up. What comes
 * twice or too late is dropped, so that sequence numbers only ever grow, but for a sequence that begins anew.
 */
export class ReorderBuffer {
  readonly #sink: PacketSink;
  /** By sequence number modulo its length: those behind the expected one, none further off than that. */
  readonly #held: (Held | undefined)[] = new Array(reorderPackets).fill(undefined);
  #count = 0;
  /** 0 to 65,535; undefined before the first packet. */
  #expected: number | undefined;
  #late = 0;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  /** Packets that came twice, or when they had been given up. */
  get late(): number {
    return this.#late;
  }

  /** When {@link release} must be called, on the clock that never steps; undefined while nothing is held. */
  get dueMs(): number | undefined {
    if (this.#count === 0) return undefined;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const held of this.#held) if (held && held.dueMs < dueMs) dueMs = held.dueMs;
    return dueMs;
  }

  /** @param nowMs of the clock that never steps */
  push(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis, nowMs: number): void {
    const number = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    const ahead = this.#expected === undefined ? 0 : ((number - this.#expected) << 16) >> 16;
    if (ahead > maximumDropout || ahead <= -maximumMisorder) {
      this.flush();
      this.#pass(number, bytes, start, end, arrivalMs);
      return;
    }
    if (ahead < 0) {
      this.#late++;
      return;
    }
    if (ahead === 0) {
      this.#pass(number, bytes, start, end, arrivalMs);
      return this.#passFollowing();
    }
    if (ahead >= reorderPackets) {
      this.#giveUpBefore(number - reorderPackets + 1);
      this.#passFollowing();
      return this.push(bytes, start, end, arrivalMs, nowMs);
    }
    if (this.#held[number % reorderPackets]) {
      this.#late++;
      return;
    }
    this.#held[number % reorderPackets] = {
      bytes: bytes.slice(start, end),
      arrivalMs,
      dueMs: nowMs + reorderMs,
    };
    this.#count++;
  }

  /** Gives out what was held long enough, and with it all that comes before it. */
  release(nowMs: number): void {
    for (let ahead = reorderPackets - 1; ahead > 0 && this.#count > 0; ahead--) {
      const number = (this.#expected! + ahead) & 0xffff;
      const held = this.#held[number % reorderPackets];
      if (!held || held.dueMs > nowMs) continue;
      this.#giveUpBefore(number + 1);
      return this.#passFollowing();
    }
  }

  /** Gives out everything that is held. */
  flush(): void {
    this.release(Number.POSITIVE_INFINITY);
  }

  /** Everything is given out, and the next packet may have any number: another source sends from now on. */
  restart(): void {
    this.flush();
    this.#expected = undefined;
  }

  /** Passes on what is held before this number; it is the expected one from then on. */
  #giveUpBefore(limit: number): void {
    const end = limit & 0xffff;
    let steps = Math.min((end - this.#expected!) & 0xffff, reorderPackets);
    while (steps-- > 0 && this.#count > 0) {
      const number = this.#expected!;
      if (!this.#passHeld(number)) this.#expected = (number + 1) & 0xffff;
    }
    this.#expected = end;
  }

  #passFollowing(): void {
    while (this.#count > 0 && this.#passHeld(this.#expected!));
  }

  #passHeld(number: number): boolean {
    const held = this.#held[number % reorderPackets];
    if (!held) return false;
    this.#held[number % reorderPackets] = undefined;
    this.#count--;
    this.#pass(number, held.bytes, 0, held.bytes.length, held.arrivalMs);
    return true;
  }

  #pass(number: number, bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    this.#expected = (number + 1) & 0xffff;
    this.#sink(bytes, start, end, arrivalMs);
  }
}
