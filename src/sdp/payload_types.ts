/** What `rtpmap` says of a payload type. */
export interface EncodingFacts {
  readonly encoding: string;
  readonly clockRate: number;
  readonly channels: number;
}

/** Static payload types (RFC 3551 section 6), for the many cameras that leave their `rtpmap` out. */
export const staticPayloadTypes: ReadonlyMap<number, EncodingFacts> = new Map([
  [0, { encoding: 'PCMU', clockRate: 8000, channels: 1 }],
  // Taken back by RFC 3551; RFC 1890 gave it to what is G726-32 now, and cameras still use it.
  [2, { encoding: 'G721', clockRate: 8000, channels: 1 }],
  [3, { encoding: 'GSM', clockRate: 8000, channels: 1 }],
  [4, { encoding: 'G723', clockRate: 8000, channels: 1 }],
  [5, { encoding: 'DVI4', clockRate: 8000, channels: 1 }],
  [6, { encoding: 'DVI4', clockRate: 16000, channels: 1 }],
  [7, { encoding: 'LPC', clockRate: 8000, channels: 1 }],
  [8, { encoding: 'PCMA', clockRate: 8000, channels: 1 }],
  // The clock of G.722 is 8,000 Hz by an old mistake that RFC 3551 section 4.5.2 keeps; it samples at 16,000 Hz.
  [9, { encoding: 'G722', clockRate: 8000, channels: 1 }],
  [10, { encoding: 'L16', clockRate: 44100, channels: 2 }],
  [11, { encoding: 'L16', clockRate: 44100, channels: 1 }],
  [12, { encoding: 'QCELP', clockRate: 8000, channels: 1 }],
  [13, { encoding: 'CN', clockRate: 8000, channels: 1 }],
  [14, { encoding: 'MPA', clockRate: 90000, channels: 1 }],
  [15, { encoding: 'G728', clockRate: 8000, channels: 1 }],
  [16, { encoding: 'DVI4', clockRate: 11025, channels: 1 }],
  [17, { encoding: 'DVI4', clockRate: 22050, channels: 1 }],
  [18, { encoding: 'G729', clockRate: 8000, channels: 1 }],
  [25, { encoding: 'CELB', clockRate: 90000, channels: 1 }],
  [26, { encoding: 'JPEG', clockRate: 90000, channels: 1 }],
  [28, { encoding: 'NV', clockRate: 90000, channels: 1 }],
  [31, { encoding: 'H261', clockRate: 90000, channels: 1 }],
  [32, { encoding: 'MPV', clockRate: 90000, channels: 1 }],
  [33, { encoding: 'MP2T', clockRate: 90000, channels: 1 }],
  [34, { encoding: 'H263', clockRate: 90000, channels: 1 }],
]);

/**
 * What a payload type holds of which `rtpmap` says `described` (S23): Hikvision calls L16 "PCM", Dahua calls G.711
 * "G723.1" and leaves it the payload type of G.711.
 */
export function encodingSent(payloadType: number, described: EncodingFacts): EncodingFacts {
  const assigned = staticPayloadTypes.get(payloadType);
  const isMisnamed =
    (assigned?.encoding === 'L16' && described.encoding === 'PCM') ||
    (assigned?.encoding.startsWith('PCM') && described.encoding.startsWith('G723'));
  return isMisnamed ? { ...described, encoding: assigned!.encoding } : described;
}

const videoEncodings = new Set([
  'H264',
  'H265',
  'H263',
  'H263-1998',
  'H261',
  'JPEG',
  'MP4V-ES',
  'MPV',
  'AV1',
  'VP8',
  'VP9',
]);

/** Whether an encoding can only be one of pictures. */
export function isVideoEncoding(encoding: string): boolean {
  return videoEncodings.has(encoding);
}
