/**
 * The tables of ISO/IEC 10918-1 annex K that RTP leaves out of JPEG pictures (RFC 2435 section 3.1.4 and appendices A and
 * B), in the zigzag order of a file.
 */

/** Bytes of a quantization table whose values have 8 bits. */
export const quantizationTableBytes = 64;

/** Table K.1, of luminance. */
const luminance = Uint8Array.of(
  ...[16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40],
  ...[26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60, 57, 51],
  ...[56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87],
  ...[95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99],
);

/** Table K.2, of chrominance; all that follows are 99. */
const chrominance = new Uint8Array(quantizationTableBytes).fill(99);
chrominance.set([17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66]);

/**
 * The quantization tables of a Q factor: luminance, and behind it chrominance, 64 bytes each.
 *
 * @param factor 1 to 99, the quality of the Independent JPEG Group's encoder
 */
export function computedQuantizationTables(factor: number): Uint8Array {
  const scale = factor < 50 ? Math.floor(5000 / factor) : 200 - factor * 2;
  const scaled = (value: number) => Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100)));
  return Uint8Array.from([...luminance, ...chrominance], scaled);
}

/**
 * Tables K.3 (DC, luminance), K.5 (AC, luminance), K.4 and K.6 (the same of chrominance): each its class and number, how
 * many codes have 1 to 16 bits, and what the codes stand for.
 */
export const huffmanTables: Uint8Array = Buffer.from(
  [
    '0000010501010101010100000000000000000102030405060708090a0b',
    '100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f024336272',
    '82090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a',
    '838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da',
    'e1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
    '0100030101010101010101010000000000000102030405060708090a0b',
    '1100020102040403040705040400010277000102031104052131061241510761711322328108144291a1b1c109233352f0156272d1',
    '0a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768696a73747576777879',
    '7a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8',
    'd9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa',
  ].join(''),
  'hex',
);
