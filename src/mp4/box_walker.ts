import { boxHeaderBytes } from './box.ts';
import { malformed } from './malformed.ts';

/** More boxes than any file of ours has on one level; a walk ends there. */
const maxBoxesPerLevel = 65_536;

/** Where a box lies in the bytes that were walked. */
export interface BoxPlace {
  readonly type: string;
  /** Of the size field. */
  readonly start: number;
  /** Behind the header (for a `uuid` box: before the user type). */
  readonly body: number;
  readonly end: number;
}

/** Reads one box header (ISO/IEC 14496-12 section 4.2); undefined when it is not all there. */
export function boxHeader(
  bytes: Uint8Array,
  offset: number,
): { type: string; headerBytes: number; bytes: number } | undefined {
  if (offset + boxHeaderBytes > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = String.fromCharCode(
    bytes[offset + 4]!,
    bytes[offset + 5]!,
    bytes[offset + 6]!,
    bytes[offset + 7]!,
  );
  const size = view.getUint32(offset);
  if (size !== 1) return { type, headerBytes: boxHeaderBytes, bytes: size };
  if (offset + 16 > bytes.length) return undefined;
  return { type, headerBytes: 16, bytes: Number(view.getBigUint64(offset + 8)) };
}

/**
 * The boxes between two offsets, without those inside them. A size of 0 (to the end of the file) is not taken,
 * since nothing that Nightjar reads has it and a file of zeros would be full of it.
 *
 * @throws NightjarError `file_malformed` at a box that is shorter than its header or reaches beyond `end`
 */
export function* walkBoxes(bytes: Uint8Array, start = 0, end = bytes.length): Generator<BoxPlace> {
  let offset = start;
  for (let count = 0; offset < end; count++) {
    if (count >= maxBoxesPerLevel) throw malformed(`There are more than ${maxBoxesPerLevel} boxes.`, offset);
    const header = boxHeader(bytes.subarray(0, end), offset);
    if (!header) throw malformed('A box header is cut off.', offset);
    if (header.bytes < header.headerBytes)
      throw malformed(`A box claims a size of ${header.bytes} bytes.`, offset);
    if (header.bytes > end - offset) throw malformed('A box reaches beyond what holds it.', offset);
    yield {
      type: header.type,
      start: offset,
      body: offset + header.headerBytes,
      end: offset + header.bytes,
    };
    offset += header.bytes;
  }
}

/** The first box at a path of types, such as `moov`, `mvex`, `mehd`, each inside the one before. */
export function findBox(
  bytes: Uint8Array,
  path: readonly string[],
  start = 0,
  end = bytes.length,
): BoxPlace | undefined {
  const [type, ...rest] = path;
  for (const place of walkBoxes(bytes, start, end)) {
    if (place.type !== type) continue;
    return rest.length === 0 ? place : findBox(bytes, rest, place.body, place.end);
  }
  return undefined;
}
