import type { ByteWriter } from '../bytes/writer.ts';

/**
 * Writes one box (ISO/IEC 14496-12 section 4.2): 32-bit size, four-character type, body.
 *
 * @param type four characters of Latin-1
 */
export function box(writer: ByteWriter, type: string, body: () => void): void {
  const start = writer.length;
  writer.u32(0);
  writer.latin1(type);
  body();
  writer.patchU32(start, writer.length - start);
}

/** A box whose body begins with a version and 24 bits of flags (ISO/IEC 14496-12 section 4.2). */
export function fullBox(
  writer: ByteWriter,
  type: string,
  version: number,
  flags: number,
  body: () => void,
): void {
  box(writer, type, () => {
    writer.u8(version);
    writer.u24(flags);
    body();
  });
}

/** A user-defined box: type `uuid`, then 16 bytes that say which (ISO/IEC 14496-12 section 11.1). */
export function uuidBox(writer: ByteWriter, userType: Uint8Array, body: () => void): void {
  box(writer, 'uuid', () => {
    writer.append(userType);
    body();
  });
}

/** Size of a box header: size and type. */
export const boxHeaderBytes = 8;
/** Size of a full box's header: version and flags come on top. */
export const fullBoxHeaderBytes = 12;
/** Size of the header of a `uuid` box. */
export const uuidBoxHeaderBytes = 24;
