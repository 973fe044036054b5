import type { RtpTimestamp, UnixMillis } from '../units/time.ts';

/** A parsed RTP packet (RFC 3550 section 5.1). The payload is a range of a buffer that is reused after the call. */
export interface RtpPacket {
  readonly bytes: Uint8Array;
  /** Payload without header, CSRCs, header extension and padding. */
  readonly payloadStart: number;
  readonly payloadEnd: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: RtpTimestamp;
  readonly ssrc: number;
  readonly arrivalMs: UnixMillis;
}
