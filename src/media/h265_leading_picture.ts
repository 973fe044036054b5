import { h265NalUnitType, h265Syntax } from './h265_nal_unit.ts';
import type { AccessUnit } from './media_unit.ts';

/** RASL_N and RASL_R (ISO/IEC 23008-2 table 7-1). */
const skippedTypes = new Set([8, 9]);
const lengthBytes = 4;

/**
 * Whether a picture is shown before the key frame that it follows, and may refer to pictures before that: it cannot be
 * decoded where decoding begins with that key frame (random access skipped leading picture, section 3).
 */
export function isSkippedLeadingPicture({ track, bytes: range }: AccessUnit): boolean {
  if (track.codec !== 'h265') return false;
  const bytes = Buffer.from(
    range.chunk.bytes.buffer,
    range.chunk.bytes.byteOffset + range.start,
    range.end - range.start,
  );
  for (let at = 0; at + lengthBytes < bytes.length; at += lengthBytes + bytes.readUInt32BE(at)) {
    const type = h265NalUnitType(bytes[at + lengthBytes]!);
    if (h265Syntax.isSlice(type)) return skippedTypes.has(type);
  }
  return false;
}
