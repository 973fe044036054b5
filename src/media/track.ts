import type { PixelAspectRatio } from './pixel_aspect_ratio.ts';

/** What a video decoder must know before the first picture, and what follows from it. */
interface NalTrack {
  readonly kind: 'video';
  /** RTP clock rate, 90,000 Hz by RFC 6184 and RFC 7798. */
  readonly timescale: number;
  /** NAL units without start code or length, as received (rubbish after the RBSP included). */
  readonly sps: Uint8Array;
  readonly pps: readonly Uint8Array[];
  /** Of the cropped picture, in samples. */
  readonly width: number;
  readonly height: number;
  /** 1:1 when the stream does not say. */
  readonly pixelAspectRatio: PixelAspectRatio;
  /** How many pictures may precede a picture in decoding and follow it in output; undefined when not stated. */
  readonly reorderDepth: number | undefined;
  /** RFC 6381, for example `avc1.64001f` or `hvc1.1.6.L93.B0`. */
  readonly codecString: string;
}

export interface H264Track extends NalTrack {
  readonly codec: 'h264';
}

export interface H265Track extends NalTrack {
  readonly codec: 'h265';
  readonly vps: Uint8Array;
}

/** Motion JPEG (RFC 2435): each sample is a JPEG file, and a key frame. */
export interface JpegTrack {
  readonly kind: 'video';
  readonly codec: 'jpeg';
  /** RTP clock rate, 90,000 Hz by RFC 2435. */
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  readonly pixelAspectRatio: PixelAspectRatio;
  /** Pictures are shown in the order in which they come. */
  readonly reorderDepth: 0;
  /** Type of the sample entry: there is no RFC 6381 string, and no browser plays it. */
  readonly codecString: 'jpeg';
}

export interface AacTrack {
  readonly kind: 'audio';
  readonly codec: 'aac';
  /** RTP clock rate: the sampling rate, or what the camera says instead (kept as it is). */
  readonly timescale: number;
  /** AudioSpecificConfig, ISO/IEC 14496-3 section 1.6.2.1. */
  readonly config: Uint8Array;
  readonly sampleRate: number;
  readonly channels: number;
  /** Duration of one frame in ticks of `timescale`. */
  readonly frameTicks: number;
  /** RFC 6381, for example `mp4a.40.2`. */
  readonly codecString: string;
}

/** G.711 (RFC 3551 section 4.5.14): a sample is a byte, so a frame may have any length. */
export interface G711Track {
  readonly kind: 'audio';
  readonly codec: 'pcmu' | 'pcma';
  /** RTP clock rate, which is the sampling rate. */
  readonly timescale: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** The QuickTime tag, `ulaw` or `alaw`: there is no RFC 6381 string. */
  readonly codecString: string;
}

export type VideoTrack = H264Track | H265Track | JpegTrack;
export type AudioTrack = AacTrack | G711Track;
export type Track = VideoTrack | AudioTrack;
