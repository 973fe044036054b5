import { parseRtcp } from '../rtp/rtcp.ts';
import type { UnixMillis } from '../units/time.ts';
import { spreadOf } from './track_meter.ts';

/** Sender reports that are compared; a probe never sees so many. */
const maximumReports = 1000;

export interface SenderFigures {
  /** RTCP packets of any kind. */
  readonly rtcpPackets: number;
  readonly senderReports: number;
  /** The camera's clock less ours, with the way of the report: positive when it is ahead. Undefined without reports. */
  readonly clockOffsetMs?: number;
  /** From the least to the greatest of the offsets: a clock that steps shows here. */
  readonly clockSpreadMs?: number;
}

/** Measures what RTCP says of one medium. */
export class SenderMeter {
  #packets = 0;
  #reports = 0;
  readonly #offsetsMs: number[] = [];

  /** @param arrivalMs by our wall clock */
  take(bytes: Uint8Array, start: number, end: number, arrivalMs: UnixMillis): void {
    for (const packet of parseRtcp(bytes, start, end)) {
      this.#packets++;
      if (packet.kind !== 'senderReport') continue;
      this.#reports++;
      if (this.#offsetsMs.length < maximumReports) this.#offsetsMs.push(packet.sentMs - arrivalMs);
    }
  }

  get figures(): SenderFigures {
    const spread = spreadOf(this.#offsetsMs);
    return {
      rtcpPackets: this.#packets,
      senderReports: this.#reports,
      ...(spread && {
        clockOffsetMs: Math.round(spread.median),
        clockSpreadMs: Math.round(spread.max - spread.min),
      }),
    };
  }
}
