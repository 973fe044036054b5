import { jpegMarker } from './jpeg_headers.ts';

/** A marker segment: where its marker, its body and what follows it begin. */
export interface JpegSegment {
  readonly marker: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** More are not looked at. */
const maxSegments = 64;

/**
 * The marker segments from `start` on, up to and with the start of scan (ISO/IEC 10918-1 section B.1.1). A start of
 * image and fill bytes between segments are skipped; what is cut off or no marker ends them.
 */
export function jpegSegments(bytes: Uint8Array, start: number, end: number): JpegSegment[] {
  const segments: JpegSegment[] = [];
  let at = start;
  while (at + 4 <= end && segments.length < maxSegments) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0) break;
    if (marker === 0xff) at++;
    else if (marker === jpegMarker.startOfImage) at += 2;
    else {
      const segmentEnd = at + 2 + ((bytes[at + 2]! << 8) | bytes[at + 3]!);
      if (segmentEnd < at + 4 || segmentEnd > end) break;
      segments.push({ marker, start: at, body: at + 4, end: segmentEnd });
      if (marker === jpegMarker.startOfScan) break;
      at = segmentEnd;
    }
  }
  return segments;
}

/** Size of the picture by a frame header (section B.2.2); undefined when it cannot be one of a picture of ours. */
export function jpegFrameSize(
  bytes: Uint8Array,
  { body, end }: JpegSegment,
): { readonly width: number; readonly height: number } | undefined {
  const components = bytes[body + 5]!;
  if ((components !== 1 && components !== 3) || end - body !== 6 + components * 3) return undefined;
  const height = (bytes[body + 1]! << 8) | bytes[body + 2]!;
  const width = (bytes[body + 3]! << 8) | bytes[body + 4]!;
  return width > 0 && height > 0 ? { width, height } : undefined;
}
