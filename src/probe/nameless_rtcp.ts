/** RTCP without what it says of people and hosts: the texts of source descriptions (RFC 3550 section 6.5) and goodbyes. */

const sourceDescription = 202;
const goodbye = 203;
/** In place of each letter, so that lengths stay. */
const filler = 0x78;

/** Whether a packet has the head of RTCP, on whichever channel it comes (RFC 5761 section 4). */
export function looksLikeRtcp(packet: Uint8Array): boolean {
  const type = packet[1] ?? 0;
  return packet.length >= 4 && packet[0]! >> 6 === 2 && type >= 200 && type <= 207;
}

/** @param compound packets of RTCP one behind the other, whole or cut off; it is not changed */
export function namelessRtcp(compound: Uint8Array): Uint8Array {
  const nameless = new Uint8Array(compound);
  for (let at = 0; at + 4 <= nameless.length; ) {
    const words = (nameless[at + 2]! << 8) | nameless[at + 3]!;
    const end = Math.min(at + 4 * (words + 1), nameless.length);
    const count = nameless[at]! & 0x1f;
    const type = nameless[at + 1]!;
    if (type === sourceDescription) hideItems(nameless, at + 4, end);
    if (type === goodbye) hideText(nameless, at + 4 + 4 * count, end);
    at = end;
  }
  return nameless;
}

/** Chunks of a source and its items; a zero ends each, and it is filled up to whole words. */
function hideItems(bytes: Uint8Array, start: number, end: number): void {
  let at = start + 4;
  while (at < end) {
    if (bytes[at] === 0) {
      at = start + 4 * (Math.floor((at - start) / 4) + 1) + 4;
      continue;
    }
    at = hideText(bytes, at + 1, end);
  }
}

/** A byte with the length, and the text. */
function hideText(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return end;
  const textEnd = Math.min(at + 1 + bytes[at]!, end);
  bytes.fill(filler, at + 1, textEnd);
  return textEnd;
}
