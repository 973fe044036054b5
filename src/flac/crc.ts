/** The checksums of FLAC, RFC 9639 sections 9.1.8 and 9.3: most significant bit first, from 0. */

const crc8Table = Uint8Array.from({ length: 256 }, (_, byte) => remainder(byte, 8, 0x07));
const crc16Table = Uint16Array.from({ length: 256 }, (_, byte) => remainder(byte, 16, 0x8005));

/** Of a frame header: x^8 + x^2 + x + 1. */
export function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = crc8Table[crc ^ byte]!;
  return crc;
}

/** Of a frame: x^16 + x^15 + x^2 + 1. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (let at = 0; at < bytes.length; at++)
    crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >>> 8) ^ bytes[at]!]!;
  return crc;
}

function remainder(byte: number, width: number, polynomial: number): number {
  const mask = (1 << width) - 1;
  let value = byte << (width - 8);
  for (let bit = 0; bit < 8; bit++)
    value = ((value << 1) & mask) ^ (value >>> (width - 1) === 1 ? polynomial : 0);
  return value;
}
