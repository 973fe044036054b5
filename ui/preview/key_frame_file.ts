/**
 * The server's file of one key frame (ISO/IEC 14496-12: `moov`, `moof`, `mdat`), taken apart for a decoder. Only what that
 * server writes is understood.
 */

export interface KeyFrameFile {
  /** As the sample entry is called: `avc1`, `hvc1`, `jpeg`. */
  readonly entry: string;
  /** `avcC` or `hvcC`; MJPEG has none. */
  readonly description: Uint8Array<ArrayBuffer> | undefined;
  /** As displayed, in square pixels. */
  readonly width: number;
  readonly height: number;
  /** The coded picture. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Of a visual sample entry before its boxes (section 12.1.3), without its own header. */
const entryFieldBytes = 78;
/** Of `stsd` before its entries: version, flags, count. */
const listFieldBytes = 8;

/** Undefined when the bytes are something else. */
export function readKeyFrameFile(file: Uint8Array<ArrayBuffer>): KeyFrameFile | undefined {
  const trak = find(file, 'moov', 'trak');
  const tkhd = trak && find(trak, 'tkhd');
  const stsd = trak && find(trak, 'mdia', 'minf', 'stbl', 'stsd');
  const [entry] = stsd ? boxesOf(stsd.subarray(listFieldBytes)) : [];
  const data = find(file, 'mdat');
  if (!tkhd || tkhd.length < 8 || !entry || !data) return undefined;
  const inEntry = entry.content.subarray(entryFieldBytes);
  // Width and height are its last fields, in 16.16 bits.
  const size = viewOf(tkhd);
  return {
    entry: entry.type,
    description: find(inEntry, 'avcC') ?? find(inEntry, 'hvcC'),
    width: Math.round(size.getUint32(tkhd.length - 8) / 0x10000),
    height: Math.round(size.getUint32(tkhd.length - 4) / 0x10000),
    data,
  };
}

/** The content of the first box that this path of types leads to. */
function find(bytes: Uint8Array<ArrayBuffer>, ...path: string[]): Uint8Array<ArrayBuffer> | undefined {
  let within: Uint8Array<ArrayBuffer> | undefined = bytes;
  for (const type of path) {
    if (!within) return undefined;
    within = boxesOf(within).find((box) => box.type === type)?.content;
  }
  return within;
}

interface Box {
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Up to the first that is not whole. */
function boxesOf(bytes: Uint8Array<ArrayBuffer>): Box[] {
  const boxes: Box[] = [];
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    boxes.push({ type, content: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>) =>
  new DataView(buffer, byteOffset, length);
