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

/**
 * A sample-based encoding (RFC 3551 section 4.3): each sample has the same number of bits, so a frame may have any
 * length.
 */
export interface SampleBasedTrack {
  readonly kind: 'audio';
  /** `l16` has the most significant byte first, `g726` the first sample in the most significant bits. */
  readonly codec: 'pcmu' | 'pcma' | 'l16' | 'g722' | 'g726';
  /** RTP clock rate: the sampling rate, but half of it for G.722 (RFC 3551 section 4.5.2). */
  readonly timescale: number;
  readonly sampleRate: number;
  readonly channels: number;
  /** Of one channel, on the average: 16 for L16, 8 for G.711, 4 for G.722, 2 to 5 for G.726. */
  readonly bitsPerSample: number;
  /** There is no RFC 6381 string: the QuickTime tag `ulaw`, `alaw` or `twos`, or `g722` or `g726`. */
  readonly codecString: string;
}

/** Opus (RFC 6716), of which each packet is a frame. */
export interface OpusTrack {
  readonly kind: 'audio';
  readonly codec: 'opus';
  /** Hz, whatever the encoder's input had (RFC 7587 section 4.1). */
  readonly timescale: 48_000;
  readonly sampleRate: 48_000;
  /** What a decoder gives, 1 or 2: each packet says for itself what it holds. */
  readonly channels: number;
  readonly codecString: 'opus';
}

export type VideoTrack = H264Track | H265Track | JpegTrack;
export type AudioTrack = AacTrack | OpusTrack | SampleBasedTrack;
export type Track = VideoTrack | AudioTrack;
