import type { RtpTimestamp, UnixMillis } from '../units/time.ts';
import type { ByteRange } from './byte_range.ts';
import type { AudioTrack, VideoTrack } from './track.ts';

/** One coded picture with all that belongs to it (ISO/IEC 14496-10 section 3.1), whole. */
export interface AccessUnit {
  readonly kind: 'accessUnit';
  /** NAL units, each after a length of 32 bits; parameter sets and delimiters are left out. */
  readonly bytes: ByteRange;
  readonly rtpTimestamp: RtpTimestamp;
  readonly keyFrame: boolean;
  /** Decoding may begin with it where there are no key frames: the picture is right some pictures later. */
  readonly isGradualRefresh?: true;
  /** When its first packet arrived, by the wall clock. */
  readonly arrivalMs: UnixMillis;
  /** The track that it decodes with; a new object when parameters that matter changed. */
  readonly track: VideoTrack;
}

/** One coded audio frame without transport framing. */
export interface AudioFrame {
  readonly kind: 'audioFrame';
  readonly bytes: ByteRange;
  readonly rtpTimestamp: RtpTimestamp;
  /** Nominal, in ticks of the track's time scale; at least 1. What it lasts is told by the next one's time stamp. */
  readonly durationTicks: number;
  readonly arrivalMs: UnixMillis;
  readonly track: AudioTrack;
}

/** A picture or sound was lost or spoilt; what follows up to the next key frame decodes with damage. */
export interface Damage {
  readonly kind: 'damage';
  readonly media: 'video' | 'audio';
  readonly reason: string;
  /** RTP packets that are missing there, as far as their numbers tell; none when it is not said. Set by the media's path. */
  readonly packetsLost?: number;
  readonly arrivalMs: UnixMillis;
}

export type MediaUnit = AccessUnit | AudioFrame | Damage;
