/**
 * The headers in front of JPEG data in RTP, RFC 2435 section 3.1.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | Type-specific |              Fragment Offset                  |
 *     |      Type     |       Q       |     Width     |     Height    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |       Restart Interval        |F|L|       Restart Count       |   when Type is 64 to 127
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |      MBZ      |   Precision   |             Length            |   when Q is 128 to 255 and the offset is 0
 *     |                 Length bytes of quantization tables           |
 *
 * Tolerated on purpose: any Type-specific value, so that the fields of interlaced video are pictures of their own; more
 * than two quantization tables, of which two are used, or a single one, which both components use.
 */
import { quantizationTableBytes } from '../media/jpeg_tables.ts';

export const jpegHeaderBytes = 8;
export const restartHeaderBytes = 4;
const tablesHeaderBytes = 4;
const largestWithoutRestart = 63;
const leastInBand = 128;
/** Both tables with 16 bits a value. */
const maxTableBytes = quantizationTableBytes * 4;

/** What the first packet of a picture says of it. Its ranges are of the packet's bytes. */
export interface JpegPayloadHeader {
  readonly subsampling: '4:2:2' | '4:2:0';
  /** Of the quantization tables: 1 to 99 or 128 to 255. */
  readonly q: number;
  /** In units of 8 samples, 0 when it is told elsewhere. */
  readonly width: number;
  readonly height: number;
  /** 0 for none. */
  readonly restartInterval: number;
  /** Quantization tables; empty when those of an earlier picture hold. */
  readonly tablesStart: number;
  readonly tablesEnd: number;
  readonly precision: number;
  readonly dataStart: number;
}

/** Where the data of a packet that does not begin a picture begins. */
export function continuedDataStart(bytes: Uint8Array, start: number): number {
  const hasRestartHeader = bytes[start + 4]! > largestWithoutRestart;
  return start + jpegHeaderBytes + (hasRestartHeader ? restartHeaderBytes : 0);
}

/** Reads the headers of a packet that begins a picture; a sentence says why that cannot be. */
export function readJpegPayloadHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
): JpegPayloadHeader | string {
  const [type, q, width, height] = [4, 5, 6, 7].map((at) => bytes[start + at]!) as [
    number,
    number,
    number,
    number,
  ];
  const layout = type & largestWithoutRestart;
  if (type > 127 || layout > 1) return `JPEG of type ${type} cannot be read`;
  const dataStart = continuedDataStart(bytes, start);
  if (dataStart > end) return cutOff;
  const header = {
    subsampling: layout === 0 ? ('4:2:2' as const) : ('4:2:0' as const),
    q,
    width,
    height,
    restartInterval: type > largestWithoutRestart ? readU16(bytes, start + jpegHeaderBytes) : 0,
  };
  if (q < leastInBand) {
    return { ...header, tablesStart: dataStart, tablesEnd: dataStart, precision: 0, dataStart };
  }
  const tablesStart = dataStart + tablesHeaderBytes;
  if (tablesStart > end) return cutOff;
  const precision = bytes[dataStart + 1]!;
  const length = readU16(bytes, dataStart + 2);
  if (tablesStart + length > end) return cutOff;
  if (length > 0 && length < quantizationTableBytes * ((precision & 1) + 1))
    return 'the quantization tables of a picture are cut off';
  const tablesEnd = tablesStart + Math.min(length, maxTableBytes);
  return { ...header, tablesStart, tablesEnd, precision, dataStart: tablesStart + length };
}

const cutOff = 'a packet is shorter than its headers';

function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}
