import type { MediaUnit } from '../media/media_unit.ts';
import type { Track } from '../media/track.ts';
import type { RtpPacket } from './packet.ts';

/**
 * Puts access units or audio frames together from packets in sequence order. Bytes that break the codec's rules
 * become a {@link Damage} unit, never a throw.
 */
export interface Depacketizer {
  /** What is known of the track so far: from the SDP, later from the stream. */
  readonly track: Track | undefined;
  /** @param lostBefore packets missing between the one before and this one */
  push(packet: RtpPacket, lostBefore: number): void;
  /** The next finished unit; undefined when more packets are needed. */
  next(): MediaUnit | undefined;
  /** Ends the unit being put together, as at the end of a session. */
  flush(): void;
}
