/** What stands in a JPEG file before its entropy-coded data: ISO/IEC 10918-1 annex B.2, and JFIF 1.02. */
import { ByteWriter } from '../bytes/writer.ts';
import { huffmanTables, quantizationTableBytes } from './jpeg_tables.ts';

/** Second bytes of markers (table B.1). */
export const jpegMarker = {
  /** Baseline frame header. */
  sof0: 0xc0,
  /** Extended sequential: the same, and 16-bit quantization tables are allowed. */
  sof1: 0xc1,
  huffmanTables: 0xc4,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  quantizationTables: 0xdb,
  restartInterval: 0xdd,
  app0: 0xe0,
} as const;

/** Quantization tables in zigzag order. */
export interface QuantizationTables {
  /** One behind the other; the second is that of chrominance, which shares the first where there is no second. */
  readonly bytes: Uint8Array;
  /** Bit n is set when the values of table n have 16 bits. */
  readonly precision: number;
}

/** Marker segments of the sender's own, which win over what would be written of the rest. */
export interface OwnSegments {
  /** Whole, one behind the other: tables, restart interval, application data. */
  readonly tables: Uint8Array;
  readonly hasRestartInterval: boolean;
  readonly frame?: Uint8Array;
  readonly scan?: Uint8Array;
}

export interface JpegHeaderFields {
  /** 1 to 65,535. */
  readonly width: number;
  readonly height: number;
  /** Chrominance is halved across, or across and down. */
  readonly subsampling: '4:2:2' | '4:2:0';
  /** Undefined when the sender's own segments have them. */
  readonly quantization: QuantizationTables | undefined;
  /** Coded units between restart markers; 0 for none. */
  readonly restartInterval: number;
  readonly own?: OwnSegments;
}

/** From SOI to SOS, with the Huffman tables of annex K. */
export function formatJpegHeaders(fields: JpegHeaderFields): Uint8Array {
  const { own, restartInterval } = fields;
  const writer = new ByteWriter(1024);
  writer.u16(0xff00 | jpegMarker.startOfImage);
  segment(writer, jpegMarker.app0, jfif);
  const tables = fields.quantization ? splitTables(fields.quantization) : [];
  for (const [number, { bytes, wide }] of tables.entries()) {
    segment(writer, jpegMarker.quantizationTables, (body) => {
      body.u8((wide ? 0x10 : 0) | number);
      body.append(bytes);
    });
  }
  segment(writer, jpegMarker.huffmanTables, (body) => body.append(huffmanTables));
  if (own) writer.append(own.tables);
  if (restartInterval > 0 && !own?.hasRestartInterval) {
    segment(writer, jpegMarker.restartInterval, (body) => body.u16(restartInterval));
  }
  const frame = own?.frame ?? frameHeader(fields, tables);
  writer.append(frame);
  if (own?.scan) writer.append(own.scan);
  else segment(writer, jpegMarker.startOfScan, (body) => scanHeader(body, frame));
  return writer.bytes();
}

function jfif(body: ByteWriter): void {
  body.latin1('JFIF\0');
  body.u16(0x0102);
  // No physical size: an aspect ratio of 1:1, and no thumbnail.
  body.u8(0);
  body.u16(1);
  body.u16(1);
  body.u16(0);
}

/** Frame header (section B.2.2) of YCbCr. */
function frameHeader(
  { width, height, subsampling }: JpegHeaderFields,
  tables: readonly { readonly wide: boolean }[],
): Uint8Array {
  const writer = new ByteWriter(32);
  const marker = tables.some(({ wide }) => wide) ? jpegMarker.sof1 : jpegMarker.sof0;
  const ofChrominance = [0x11, tables.length > 1 ? 1 : 0];
  segment(writer, marker, (body) => {
    body.u8(8);
    body.u16(height);
    body.u16(width);
    body.u8(3);
    body.append(Uint8Array.of(1, subsampling === '4:2:2' ? 0x21 : 0x22, 0));
    body.append(Uint8Array.of(2, ...ofChrominance));
    body.append(Uint8Array.of(3, ...ofChrominance));
  });
  return writer.bytes();
}

/** Scan header (section B.2.3): all components of the frame and all their coefficients, in one scan. */
function scanHeader(body: ByteWriter, frame: Uint8Array): void {
  const components = frame.subarray(10);
  body.u8(components.length / 3);
  for (let at = 0; at < components.length; at += 3) {
    body.u8(components[at]!);
    body.u8(at === 0 ? 0x00 : 0x11);
  }
  body.append(Uint8Array.of(0, 63, 0));
}

function splitTables({ bytes, precision }: QuantizationTables) {
  const tables: { bytes: Uint8Array; wide: boolean }[] = [];
  for (let at = 0; at < bytes.length && tables.length < 2; ) {
    const wide = ((precision >> tables.length) & 1) !== 0;
    const length = quantizationTableBytes * (wide ? 2 : 1);
    tables.push({ bytes: bytes.subarray(at, at + length), wide });
    at += length;
  }
  return tables;
}

/** A marker, a length that counts itself, and the body. */
function segment(writer: ByteWriter, marker: number, write: (body: ByteWriter) => void): void {
  const body = new ByteWriter(512);
  write(body);
  writer.u16(0xff00 | marker);
  writer.u16(body.length + 2);
  writer.append(body.bytes());
}
