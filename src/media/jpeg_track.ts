import type { JpegTrack } from './track.ts';

/** A track of JPEG pictures. What else a decoder must know is in each of them. */
export function jpegTrack(parts: {
  readonly timescale: number;
  /** 1 to 65,535. */
  readonly width: number;
  readonly height: number;
}): JpegTrack {
  return {
    kind: 'video',
    codec: 'jpeg',
    ...parts,
    pixelAspectRatio: { horizontal: 1, vertical: 1 },
    reorderDepth: 0,
    codecString: 'jpeg',
  };
}
