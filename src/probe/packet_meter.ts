import { emptyRtpPacket, type RtpPacket, readRtpPacket } from '../rtp/packet.ts';
import { unixMillis } from '../units/time.ts';

/** A sequence number further off than this begins a new sequence (RFC 3550 appendix A.1). */
const maximumDropout = 3000;
/** How far back a packet that comes twice is known: a power of two above the above. */
const rememberedPackets = 4096;
/** A source with less than this part of the packets is a stranger: of a dead session, or somebody else's. */
const leastShare = 0.1;
const maximumSources = 16;
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
  readonly #format: { readonly payloadType: number; readonly clockRate: number };
  readonly #packet = emptyRtpPacket();
  readonly #sources = new Map<number, SourceMeter>();
  #otherPackets = 0;

  /** @param format clock rate in Hz */
  constructor(format: { readonly payloadType: number; readonly clockRate: number }) {
    this.#format = format;
  }

  /** Of the sources that sent a fair share: a camera may change its own. */
  get figures(): PacketFigures {
    const sources = [...this.#sources.values()].sort((a, b) => b.packets - a.packets);
    const total = sources.reduce((sum, { packets }) => sum + packets, 0);
    const ours = sources.filter(({ packets }) => packets >= total * leastShare);
    const sum = (field: 'packets' | 'bytes' | 'duplicates' | 'reordered' | 'restarts') =>
      ours.reduce((all, source) => all + source[field], 0);
    return {
      packets: sum('packets'),
      bytes: sum('bytes'),
      duplicates: sum('duplicates'),
      reordered: sum('reordered'),
      sequenceRestarts: sum('restarts') + Math.max(0, ours.length - 1),
      otherPackets: this.#otherPackets + total - sum('packets'),
      jitterMs: ours[0]?.jitterMs ?? 0,
    };
  }

  /**
   * @param atMs when it came, of a clock that never steps
   * @returns whether it is a new one of this format
   */
  take(bytes: Uint8Array, start: number, end: number, atMs: number): boolean {
    const packet = this.#packet;
    const { payloadType, clockRate } = this.#format;
    const read =
      readRtpPacket(packet, bytes, start, end, unixMillis(0)) && packet.payloadType === payloadType;
    let source = read ? this.#sources.get(packet.ssrc) : undefined;
    if (read && !source && this.#sources.size < maximumSources) {
      source = new SourceMeter(clockRate);
      this.#sources.set(packet.ssrc, source);
    }
    if (!source) {
      this.#otherPackets++;
      return false;
    }
    return source.take(packet, end - start, atMs);
  }
}

/** Packets of one SSRC. */
class SourceMeter {
  packets = 0;
  bytes = 0;
  duplicates = 0;
  reordered = 0;
  restarts = 0;
  jitterMs = 0;
  readonly #clockRate: number;
  /** Extended sequence numbers, by their value modulo the length. */
  readonly #seen = new Float64Array(rememberedPackets).fill(-1);
  #highest: number | undefined;
  #transitMs: number | undefined;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** @returns false for one that came before */
  take({ sequenceNumber, timestamp }: RtpPacket, bytes: number, atMs: number): boolean {
    let highest = this.#highest ?? this.#begin(sequenceNumber);
    let ahead = ((sequenceNumber - highest) << 16) >> 16;
    if (Math.abs(ahead) > maximumDropout) {
      this.restarts++;
      highest = this.#begin(sequenceNumber);
      ahead = 0;
    }
    const extended = highest + ahead;
    const slot = extended & (rememberedPackets - 1);
    if (this.#seen[slot] === extended) {
      this.duplicates++;
      return false;
    }
    this.#seen[slot] = extended;
    if (ahead < 0) this.reordered++;
    else this.#highest = extended;
    this.packets++;
    this.bytes += bytes;
    this.#measureJitter(timestamp, atMs);
    return true;
  }

  #begin(sequenceNumber: number): number {
    this.#seen.fill(-1);
    // So high that what is behind it is not negative.
    this.#highest = 2 ** 16 + sequenceNumber;
    this.#transitMs = undefined;
    return this.#highest;
  }

  #measureJitter(timestamp: number, atMs: number): void {
    const transitMs = atMs - (timestamp * 1000) / this.#clockRate;
    if (this.#transitMs !== undefined) {
      const change = Math.abs(transitMs - this.#transitMs);
      if (change < jumpMs) this.jitterMs += (change - this.jitterMs) / 16;
    }
    this.#transitMs = transitMs;
  }
}
