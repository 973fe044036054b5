/** Packs baseline JPEG in 4:2:0 as cameras do: RFC 2435 section 3.1, with quantization tables in the first packet. */
import type { PackedPayload } from './nal_packer.ts';

const startOfFrame = 0xc0;
const quantizationTables = 0xdb;
const startOfScan = 0xda;
/** `Type` of 4:2:0 without restart intervals. */
const type420 = 1;
/** `Q` of tables that may be kept for later pictures, and of those that are sent with each. */
const qKept = 200;
const qOfEach = 255;
const headerBytes = 8;

export interface JpegPicture {
  readonly width: number;
  readonly height: number;
  readonly tables: Buffer;
  /** Entropy-coded data without the end of the image. */
  readonly scan: Buffer;
}

/** Takes a picture apart that has the tables of ITU-T T.81 annex K, as our own have. */
export function splitJpeg(picture: Buffer): JpegPicture {
  const tables: Buffer[] = [];
  let [width, height] = [0, 0];
  for (let at = 2; ; ) {
    const marker = picture[at + 1]!;
    const length = picture.readUInt16BE(at + 2);
    const segment = picture.subarray(at + 4, at + 2 + length);
    if (marker === startOfFrame) [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
    // Each of 64 bytes behind one with its number.
    for (let table = 0; marker === quantizationTables && table < segment.length; table += 65)
      tables.push(segment.subarray(table + 1, table + 65));
    at += 2 + length;
    if (marker !== startOfScan) continue;
    const [first] = tables as [Buffer];
    const used = tables.length > 1 ? tables.slice(0, 2) : [first, first];
    return { width, height, tables: Buffer.concat(used), scan: picture.subarray(at, -2) };
  }
}

/** Pictures one behind the other, each from its start to its end. */
export function splitMotionJpeg(bytes: Buffer): Buffer[] {
  const pictures: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(Buffer.of(0xff, 0xd9), at) + 2;
    pictures.push(bytes.subarray(at, end));
    at = end;
  }
  return pictures;
}

/**
 * The payloads of one picture.
 *
 * @param tables `each`: with every picture; `kept`: with this one, for all; `none`: those of before hold
 */
export function packJpeg(
  picture: Buffer,
  options: { readonly tables: 'each' | 'kept' | 'none'; readonly end: boolean; readonly maxBytes: number },
): PackedPayload[] {
  const { width, height, tables, scan } = splitJpeg(picture);
  const data = options.end ? Buffer.concat([scan, Buffer.of(0xff, 0xd9)]) : scan;
  const payloads: PackedPayload[] = [];
  for (let from = 0; from < data.length; ) {
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32BE(from, 0);
    header.set([type420, options.tables === 'each' ? qOfEach : qKept, width >> 3, height >> 3], 4);
    const tablesHeader = Buffer.of(0, 0, 0, options.tables === 'none' ? 0 : tables.length);
    const first = options.tables === 'none' ? [tablesHeader] : [tablesHeader, tables];
    const inFront = Buffer.concat(from === 0 ? [header, ...first] : [header]);
    const to = Math.min(data.length, from + options.maxBytes - inFront.length);
    const payload = Buffer.concat([inFront, data.subarray(from, to)]);
    payloads.push({ payload, marker: to === data.length, extraTicks: 0 });
    from = to;
  }
  return payloads;
}
