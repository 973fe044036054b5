/**
 * The length in time of an Opus packet, RFC 6716 section 3. Its first byte, and the second one of code 3:
 *
 *     | config (5) | s | code (2) |      | v | p | frames (6) |
 *
 * config: mode, bandwidth and duration of each frame; s: stereo; code 0: one frame, 1: two equally long ones, 2: two,
 * 3: as many as the next byte says, with v of different lengths, with p padded.
 */

/** A packet lasts at most 120 ms (requirement R5). */
const maxSamples = 5760;
/** A frame has at most so many bytes (requirement R2). */
const maxFrameBytes = 1275;

/**
 * Samples at 48 kHz of the packet between two offsets; undefined when it breaks the requirements of section 3.4, so
 * that no decoder would take it.
 */
export function opusPacketSamples(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (start >= end) return undefined;
  const head = bytes[start]!;
  const code = head & 3;
  const frames = code === 0 ? 1 : code === 3 ? (bytes[start + 1] ?? 0) & 0x3f : 2;
  const samples = frames * frameSamples(head >> 3);
  if (frames === 0 || samples > maxSamples) return undefined;
  return hasWholeFrames(bytes, start + 1, end, code, frames) ? samples : undefined;
}

/** Table 2: 10 to 60 ms of SILK, 10 or 20 ms of both, 2.5 to 20 ms of CELT. */
function frameSamples(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config & 3]!;
  if (config < 16) return [480, 960][config & 1]!;
  return 120 << (config & 3);
}

/** Whether the lengths within a packet fit it (requirements R1 to R7). */
function hasWholeFrames(
  bytes: Uint8Array,
  start: number,
  end: number,
  code: number,
  frames: number,
): boolean {
  if (code === 0) return end - start <= maxFrameBytes;
  if (code === 1) return hasEqualFrames(end - start, 2);
  if (code === 2) return hasOwnLengths(bytes, start, end, 2);
  if (start >= end) return false;
  const head = bytes[start]!;
  let at = start + 1;
  let dataEnd = end;
  if ((head & 0x40) !== 0) {
    let padding: number;
    do {
      if (at >= end) return false;
      padding = bytes[at++]!;
      // A length of 255 means 254 bytes, and that another length follows.
      dataEnd -= padding === 255 ? 254 : padding;
    } while (padding === 255);
  }
  if (dataEnd < at) return false;
  return (head & 0x80) !== 0
    ? hasOwnLengths(bytes, at, dataEnd, frames)
    : hasEqualFrames(dataEnd - at, frames);
}

const hasEqualFrames = (bytes: number, frames: number): boolean =>
  bytes % frames === 0 && bytes / frames <= maxFrameBytes;

/** All frames but the last have their length before the data, in one byte or two (section 3.2.1). */
function hasOwnLengths(bytes: Uint8Array, start: number, end: number, frames: number): boolean {
  let at = start;
  let dataBytes = 0;
  for (let frame = 1; frame < frames; frame++) {
    if (at >= end) return false;
    const first = bytes[at++]!;
    if (first < 252) dataBytes += first;
    else if (at >= end) return false;
    else dataBytes += bytes[at++]! * 4 + first;
  }
  const last = end - at - dataBytes;
  return last >= 0 && last <= maxFrameBytes;
}
