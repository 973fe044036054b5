import type { ByteReader } from '../bytes/reader.ts';
import type { ByteWriter } from '../bytes/writer.ts';

/** Writes an unsigned LEB128 number: seven bits a byte, least significant first. @param value 0 to 2^53 - 1 */
export function writeVarint(writer: ByteWriter, value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    writer.u8((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  writer.u8(rest);
}

/** Throws RangeError above 2^53 - 1. */
export function readVarint(reader: ByteReader): number {
  let value = 0;
  for (let weight = 1; ; weight *= 0x80) {
    const byte = reader.u8();
    value += (byte & 0x7f) * weight;
    if (value > Number.MAX_SAFE_INTEGER || weight > Number.MAX_SAFE_INTEGER) {
      throw new RangeError('a varint is beyond the exact integers');
    }
    if (byte < 0x80) return value;
  }
}

/** Signed numbers as unsigned ones: 0, -1, 1, -2 become 0, 1, 2, 3. @param value from -2^52 to 2^52 - 1 */
export function writeZigzag(writer: ByteWriter, value: number): void {
  writeVarint(writer, value < 0 ? -2 * value - 1 : 2 * value);
}

export function readZigzag(reader: ByteReader): number {
  const code = readVarint(reader);
  return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
}
