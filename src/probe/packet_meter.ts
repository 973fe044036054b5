import { emptyRtpPacket, readRtpPacket } from '../rtp/packet.ts';
import { unixMillis } from '../units/time.ts';

/** A sequence number further off than this begins a new sequence (RFC 3550 appendix A.1). */
const maximumDropout = 3000;
/** How far back a packet that comes twice is known: a power of two above the above. */
const rememberedPackets = 4096;
/** When the source is silent for so long and another one sends, that one is the source. */
const sourceSilenceMs = 1000;
/** A change of the time stamp against the arrival beyond this is a jump and no jitter. */
const jumpMs = 60_000;

export interface PacketFigures {
  /** RTP packets of the source, each once. */
  readonly packets: number;
  readonly bytes: number;
  readonly duplicates: number;
  /** Came behind one with a later sequence number. */
  readonly reordered: number;
  /** Times that the sequence numbers began anew. */
  readonly sequenceRestarts: number;
  /** Of another payload type, of another source, or no RTP. */
  readonly otherPackets: number;
  /** RFC 3550 section 6.4.1 and appendix A.8, in milliseconds. */
  readonly jitterMs: number;
}

/** Measures the RTP packets of one medium in the order of their arrival, before anything puts them right. */
export class PacketMeter {
  readonly #clockRate: number;
  readonly #payloadType: number;
  readonly #packet = emptyRtpPacket();
  /** Extended sequence numbers, by their value modulo the length. */
  readonly #seen = new Float64Array(rememberedPackets).fill(-1);
  #source: number | undefined;
  #highest = 0;
  #lastAtMs = 0;
  #transitMs: number | undefined;
  #figures = {
    packets: 0,
    bytes: 0,
    duplicates: 0,
    reordered: 0,
    sequenceRestarts: 0,
    otherPackets: 0,
    jitterMs: 0,
  };

  /** @param format clock rate in Hz */
  constructor(format: { readonly payloadType: number; readonly clockRate: number }) {
    this.#clockRate = format.clockRate;
    this.#payloadType = format.payloadType;
  }

  get figures(): PacketFigures {
    return { ...this.#figures };
  }

  /**
   * @param atMs when it came, of a clock that never steps
   * @returns whether it is one of the source
   */
  take(bytes: Uint8Array, start: number, end: number, atMs: number): boolean {
    const packet = this.#packet;
    const figures = this.#figures;
    if (
      !readRtpPacket(packet, bytes, start, end, unixMillis(0)) ||
      packet.payloadType !== this.#payloadType ||
      !this.#isOfSource(packet.ssrc, packet.sequenceNumber, atMs)
    ) {
      figures.otherPackets++;
      return false;
    }
    this.#lastAtMs = atMs;
    let ahead = ((packet.sequenceNumber - this.#highest) << 16) >> 16;
    if (Math.abs(ahead) > maximumDropout) {
      figures.sequenceRestarts++;
      this.#begin(packet.sequenceNumber);
      ahead = 0;
    }
    const extended = this.#highest + ahead;
    const slot = extended & (rememberedPackets - 1);
    if (this.#seen[slot] === extended) {
      figures.duplicates++;
      return false;
    }
    this.#seen[slot] = extended;
    if (ahead < 0) figures.reordered++;
    else this.#highest = extended;
    figures.packets++;
    figures.bytes += end - start;
    this.#measureJitter(packet.timestamp, atMs);
    return true;
  }

  #isOfSource(ssrc: number, sequenceNumber: number, atMs: number): boolean {
    if (ssrc === this.#source) return true;
    if (this.#source !== undefined) {
      if (atMs - this.#lastAtMs < sourceSilenceMs) return false;
      this.#figures.sequenceRestarts++;
    }
    this.#source = ssrc;
    this.#begin(sequenceNumber);
    return true;
  }

  #begin(sequenceNumber: number): void {
    this.#seen.fill(-1);
    // So high that what is behind it is not negative.
    this.#highest = 2 ** 16 + sequenceNumber;
    this.#transitMs = undefined;
  }

  #measureJitter(timestamp: number, atMs: number): void {
    const transitMs = atMs - (timestamp * 1000) / this.#clockRate;
    if (this.#transitMs !== undefined) {
      const change = Math.abs(transitMs - this.#transitMs);
      if (change < jumpMs) this.#figures.jitterMs += (change - this.#figures.jitterMs) / 16;
    }
    this.#transitMs = transitMs;
  }
}
