import type { MediaUnit } from '../media/media_unit.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { Track } from '../media/track.ts';
import type { PictureSize } from './jpeg_picture_size.ts';
import type { RtpPacket } from './packet.ts';

/** What a session description says of a media format, as far as a depacketizer needs it. */
export interface PayloadFormat {
  /** Encoding name of the rtpmap in upper case, for example `H264`. */
  readonly encoding: string;
  /** Hz. */
  readonly clockRate: number;
  readonly channels: number;
  /** Format parameters (fmtp) by lower-case name. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Of the pictures, where the description tells it. */
  readonly pictureSize?: PictureSize;
}

/**
 * Puts access units or audio frames together from packets in sequence order. Bytes that break the codec's rules
 * become a {@link Damage} unit, never a throw.
 */
export interface Depacketizer {
  /** What is known of the track so far: from the SDP, later from the stream. */
  readonly track: Track | undefined;
  /** @param lostBefore packets missing between the one before and this one */
  push(packet: RtpPacket, lostBefore: number): void;
  /** The next finished unit; undefined when more packets are needed. To be emptied after every push. */
  next(): MediaUnit | undefined;
  /** Ends the unit being put together, as at the end of a session. */
  flush(): void;
  /** Gives its memory back. Units that were not fetched are released; those that were stay valid. */
  close(): void;
}

/** How a codec is recorded. */
export interface CodecSupport {
  /** Why a format of this codec cannot be recorded, as one sentence for a person; undefined when it can. */
  readonly refuse?: (format: PayloadFormat) => string | undefined;
  /** Never throws for a format that is not refused. */
  readonly create: (format: PayloadFormat, pool: ChunkPool) => Depacketizer;
}
