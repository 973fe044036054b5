/**
 * The receiving end of one RTP stream, RFC 3550 sections 6.4 and appendix A.
 *
 * Tolerated on purpose: packets of other payload types that reuse sequence numbers (GeoVision), an SSRC other than
 * the announced one, packets of a dead session among ours (live555 before 2017.06.04), RTCP on the RTP channel,
 * RTCP that names another SSRC (Tapo C320WS), any first sequence number, a sequence that starts again.
 */

import type { RtpTimestamp, UnixMillis } from '../units/time.ts';
import { emptyRtpPacket, type RtpPacket, readRtpPacket } from './packet.ts';
import { formatReceiverReport, noClockMs, parseRtcp } from './rtcp.ts';

export interface RtpReceiverOptions {
  /** Packets of other types are counted and dropped before anything else looks at them. */
  readonly payloadType: number;
  /** Hz, for the jitter. */
  readonly clockRate: number;
  /** SSRC that the Transport header announced: it wins over any other as soon as it is seen. */
  readonly announcedSsrc?: number;
  /** Sources that are not taken for ours as long as another one may come. */
  readonly strangers?: ReadonlySet<number>;
  /** SSRC of our own reports. */
  readonly reporterSsrc: number;
  /** CNAME of our own reports. */
  readonly canonicalName: string;
}

/** A packet in sequence. Both objects are reused: they are valid until the next call. */
export interface ReceivedPacket {
  readonly packet: RtpPacket;
  /** Packets missing between the one before and this one; 1 when the sequence started again and nobody knows. */
  readonly lostBefore: number;
}

export interface RtpReceiverStats {
  /** In sequence, and so passed on. */
  packets: number;
  payloadBytes: number;
  lost: number;
  duplicates: number;
  /** Behind the newest packet by more than a duplicate. */
  late: number;
  malformed: number;
  otherPayloadType: number;
  foreignSsrc: number;
  /** Times that the sequence numbers jumped so far, or the SSRC changed, that a new sequence began. */
  sequenceRestarts: number;
  /** RTCP packets about other sources than ours; ignored. */
  foreignRtcp: number;
}

/** What the camera's last sender report said. A fact about the camera's clock; it never moves our time line. */
export interface SenderClock {
  readonly sentMs: UnixMillis;
  readonly rtpTimestamp: RtpTimestamp;
  readonly arrivalMs: UnixMillis;
}

interface ReportedClock extends SenderClock {
  /** The middle half of its NTP time stamp, for our own reports. */
  readonly ntpMiddle: number;
}

/** Limits of RFC 3550 appendix A.1: a sequence number further off than these begins a new sequence. */
const maxDropout = 3000;
const maxMisorder = 100;
/** When our source is silent for so long and another one sends, the camera has changed its SSRC. */
const ssrcSilenceMs = 1000;

/** By UDP a goodbye, which has a port of its own, may come before the last packets, by so much. */
const overtakenMs = 500;

export class RtpReceiver {
  readonly stats: RtpReceiverStats = {
    packets: 0,
    payloadBytes: 0,
    lost: 0,
    duplicates: 0,
    late: 0,
    malformed: 0,
    otherPayloadType: 0,
    foreignSsrc: 0,
    sequenceRestarts: 0,
    foreignRtcp: 0,
  };
  readonly #options: RtpReceiverOptions;
  readonly #packet = emptyRtpPacket();
  readonly #received: { packet: RtpPacket; lostBefore: number } = { packet: this.#packet, lostBefore: 0 };
  #ssrc: number | undefined;
  #lastArrivalMs = 0;
  /** When a stranger sent first, while nobody else has. */
  #strangerSinceMs: number | undefined;
  /** Of the newest packet: the wraps of its sequence number in the bits above 16. */
  #highest = 0;
  /** The first packet of this sequence, on the same scale. */
  #expectedBase = 0;
  #receivedSinceBase = 0;
  #expectedAtReport = 0;
  #receivedAtReport = 0;
  #jitter = 0;
  #transit: number | undefined;
  #senderClock: ReportedClock | undefined;
  /** Of the last report before the first packet, when nobody knows yet which source is ours: ffmpeg begins with one. */
  #earlyReport: { readonly ssrc: number; readonly clock: ReportedClock } | undefined;
  /** When the source said goodbye, if it has sent nothing since. */
  #goodbyeMs: UnixMillis | undefined;

  constructor(options: RtpReceiverOptions) {
    this.#options = options;
  }

  /** The source that packets are taken from; undefined before the first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc;
  }

  get senderClock(): SenderClock | undefined {
    return this.#senderClock;
  }

  /** Whether the source has sent a BYE and nothing since. */
  get saidGoodbye(): boolean {
    return this.#goodbyeMs !== undefined;
  }

  /** Whether this looks like a packet of our source and type, or of any source before the first one was taken. */
  isOfSource(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 12 || bytes[start]! >> 6 !== 2) return false;
    if ((bytes[start + 1]! & 0x7f) !== this.#options.payloadType) return false;
    const ssrc =
      ((bytes[start + 8]! << 24) |
        (bytes[start + 9]! << 16) |
        (bytes[start + 10]! << 8) |
        bytes[start + 11]!) >>>
      0;
    return this.#ssrc === undefined || ssrc === this.#ssrc;
  }

  /**
   * Takes what came on the RTP channel; undefined when nothing of it is to be passed on.
   *
   * @returns an object that is reused by the next call
   */
  accept(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): ReceivedPacket | undefined {
    if (end - start >= 2 && isRtcpType(bytes[start + 1]!, this.#options.payloadType)) {
      this.acceptRtcp(bytes, start, end, arrivalMs);
      return undefined;
    }
    const packet = this.#packet;
    if (!readRtpPacket(packet, bytes, start, end, arrivalMs)) {
      this.stats.malformed++;
      return undefined;
    }
    if (packet.payloadType !== this.#options.payloadType) {
      this.stats.otherPayloadType++;
      return undefined;
    }
    const lostBefore = packet.ssrc === this.#ssrc ? this.#continue(packet) : this.#adopt(packet);
    if (lostBefore < 0) return undefined;
    this.#lastArrivalMs = arrivalMs;
    if (this.#goodbyeMs !== undefined && arrivalMs - this.#goodbyeMs > overtakenMs)
      this.#goodbyeMs = undefined;
    this.#receivedSinceBase++;
    this.stats.packets++;
    this.stats.payloadBytes += packet.payloadEnd - packet.payloadStart;
    this.#measureJitter(packet);
    this.#received.lostBefore = lostBefore;
    return this.#received;
  }

  /** Takes what came on the RTCP channel. Packets about other sources are counted and ignored. */
  acceptRtcp(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    for (const packet of parseRtcp(bytes, start, end)) {
      if (packet.kind === 'senderReport') {
        const { ssrc, sentMs, ntpMiddle, rtpTimestamp } = packet;
        if (sentMs === noClockMs) continue;
        const clock = { sentMs, ntpMiddle, rtpTimestamp, arrivalMs };
        if (this.#isOurs(ssrc)) this.#senderClock = clock;
        else if (this.#ssrc === undefined) this.#earlyReport = { ssrc, clock };
        else this.stats.foreignRtcp++;
      } else if (packet.kind === 'goodbye') {
        if (packet.ssrcs.some((ssrc) => this.#isOurs(ssrc))) this.#goodbyeMs = arrivalMs;
        else this.stats.foreignRtcp++;
      }
    }
  }

  /** A receiver report about what came since the last one; without a block before the first packet. */
  receiverReport(nowMs: UnixMillis): Uint8Array {
    const { reporterSsrc, canonicalName } = this.#options;
    const blocks = this.#ssrc === undefined ? [] : [this.#reportBlock(this.#ssrc, nowMs)];
    return formatReceiverReport({ ssrc: reporterSsrc, canonicalName, blocks });
  }

  #isOurs(ssrc: number): boolean {
    return ssrc === (this.#ssrc ?? this.#options.announcedSsrc);
  }

  /** Packets lost before this one of our source; -1 when it is to be dropped. */
  #continue(packet: RtpPacket): number {
    const step = ((packet.sequenceNumber - this.#highest) << 16) >> 16;
    if (step > 0 && step <= maxDropout) {
      this.#highest += step;
      this.stats.lost += step - 1;
      return step - 1;
    }
    if (step === 0) {
      this.stats.duplicates++;
      return -1;
    }
    if (step < 0 && step > -maxMisorder) {
      this.stats.late++;
      return -1;
    }
    this.#restart(packet);
    return 1;
  }

  #adopt(packet: RtpPacket): number {
    if (this.#ssrc === undefined) {
      if (this.#options.strangers?.has(packet.ssrc)) {
        this.#strangerSinceMs ??= packet.arrivalMs;
        if (packet.arrivalMs - this.#strangerSinceMs < ssrcSilenceMs) {
          this.stats.foreignSsrc++;
          return -1;
        }
      }
      this.#ssrc = packet.ssrc;
      if (this.#earlyReport?.ssrc === packet.ssrc) this.#senderClock = this.#earlyReport.clock;
      else if (this.#earlyReport) this.stats.foreignRtcp++;
      this.#earlyReport = undefined;
      this.#beginSequence(packet);
      return 0;
    }
    const silent = packet.arrivalMs - this.#lastArrivalMs >= ssrcSilenceMs;
    if (!silent && packet.ssrc !== this.#options.announcedSsrc) {
      this.stats.foreignSsrc++;
      return -1;
    }
    // When the announced source falls silent another may take its place, and it may win its place back.
    this.#ssrc = packet.ssrc;
    this.#senderClock = undefined;
    this.#restart(packet);
    return 1;
  }

  #restart(packet: RtpPacket): void {
    this.stats.sequenceRestarts++;
    this.#beginSequence(packet);
  }

  #beginSequence(packet: RtpPacket): void {
    this.#highest = packet.sequenceNumber;
    this.#expectedBase = packet.sequenceNumber;
    this.#receivedSinceBase = 0;
    this.#expectedAtReport = 0;
    this.#receivedAtReport = 0;
  }

  /** RFC 3550 appendix A.8. */
  #measureJitter(packet: RtpPacket): void {
    const arrivalTicks = (packet.arrivalMs / 1000) * this.#options.clockRate;
    const transit = arrivalTicks - packet.timestamp;
    if (this.#transit !== undefined) {
      const change = Math.abs(transit - this.#transit);
      // A wrap or a jump of the time stamp says nothing about the network.
      if (change < this.#options.clockRate * 60) this.#jitter += (change - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  #reportBlock(ssrc: number, nowMs: UnixMillis) {
    const expected = this.#highest - this.#expectedBase + 1;
    const expectedSince = expected - this.#expectedAtReport;
    const lostSince = expectedSince - (this.#receivedSinceBase - this.#receivedAtReport);
    this.#expectedAtReport = expected;
    this.#receivedAtReport = this.#receivedSinceBase;
    const clock = this.#senderClock;
    const delayMs = clock ? Math.max(0, nowMs - clock.arrivalMs) : 0;
    return {
      ssrc,
      fractionLost: expectedSince > 0 ? Math.min(255, Math.floor((lostSince * 256) / expectedSince)) : 0,
      totalLost: Math.min(expected - this.#receivedSinceBase, 2 ** 23 - 1),
      highestSequenceNumber: this.#highest % 2 ** 32,
      jitter: Math.min(Math.floor(this.#jitter), 2 ** 32 - 1),
      lastSenderReport: clock?.ntpMiddle ?? 0,
      delaySinceLastSenderReport: Math.min(Math.floor((delayMs * 65_536) / 1000), 2 ** 32 - 1),
    };
  }
}

/**
 * RTCP packet types 200 to 207 fill the byte where RTP has its marker and payload type (RFC 5761 section 4). They
 * would be RTP types 72 to 79 with the marker set, which nobody uses; a media that does is believed.
 */
function isRtcpType(secondByte: number, payloadType: number): boolean {
  return secondByte >= 200 && secondByte <= 207 && payloadType !== (secondByte & 0x7f);
}
