/**
 * The header extension of a picture's first packet with marker segments of its own: ONVIF Streaming Specification, section
 * "JPEG over RTP". Cameras tell a size beyond 2,040 samples in it, or Huffman tables other than those of annex K.
 */
import { jpegMarker, type OwnSegments } from '../media/jpeg_headers.ts';
import { jpegFrameSize, jpegSegments } from '../media/jpeg_segments.ts';
import type { PictureSize } from './jpeg_picture_size.ts';
import type { RtpPacket } from './packet.ts';

/** Profile of the extension, which is the start of image, in the first packet of a picture. */
const ownSegmentsProfile = 0xffd8;
/** The same of its other packets. */
const continuationProfile = 0xffff;
/** Profile and length. */
const extensionHeaderBytes = 4;

type Extended = Pick<RtpPacket, 'bytes' | 'extensionStart' | 'payloadStart'>;

export interface OwnSegmentsOfPicture extends OwnSegments {
  /** Among the tables are those of quantization. */
  readonly hasTables: boolean;
  /** By the frame header, when there is one. */
  readonly size?: PictureSize;
}

/** Marker segments in the header extension of a picture's first packet; a sentence says why they cannot be used. */
export function readOwnSegments({
  bytes,
  extensionStart,
  payloadStart,
}: Extended): OwnSegmentsOfPicture | string | undefined {
  if (profileOf({ bytes, extensionStart, payloadStart }) !== ownSegmentsProfile) return undefined;
  const segments = jpegSegments(bytes, extensionStart + extensionHeaderBytes, payloadStart);
  const of = (wanted: (marker: number) => boolean) => segments.filter(({ marker }) => wanted(marker));
  const copy = (parts: typeof segments) =>
    Uint8Array.from(Buffer.concat(parts.map(({ start, end }) => bytes.subarray(start, end))));
  const isFrame = (marker: number) => marker === jpegMarker.sof0 || marker === jpegMarker.sof1;
  const isScan = (marker: number) => marker === jpegMarker.startOfScan;
  const [frame] = of(isFrame);
  const [scan] = of(isScan);
  const size = frame && jpegFrameSize(bytes, frame);
  if (frame && !size) return 'the frame header of a picture cannot be read';
  return {
    tables: copy(of((marker) => !isFrame(marker) && !isScan(marker))),
    hasRestartInterval: of((marker) => marker === jpegMarker.restartInterval).length > 0,
    hasTables: of((marker) => marker === jpegMarker.quantizationTables).length > 0,
    ...(frame && { frame: copy([frame]) }),
    ...(scan && { scan: copy([scan]) }),
    ...(size && { size }),
  };
}

/** Whether a further packet of a picture has more of its headers, which no camera was seen to do. */
export function continuesOwnSegments(packet: Extended): boolean {
  return profileOf(packet) === continuationProfile;
}

/** Undefined when there is no extension, or nothing in it. */
function profileOf({ bytes, extensionStart, payloadStart }: Extended): number | undefined {
  if (payloadStart - extensionStart <= extensionHeaderBytes) return undefined;
  return (bytes[extensionStart]! << 8) | bytes[extensionStart + 1]!;
}
