/**
 * RTP packets without what they show or say: headers, parameter sets and the beginnings of slices stay, so that all that
 * a recorder looks at is as it was; the rest, also what a camera says in SEI, is overwritten (RFC 6184, RFC 7798; other formats as a whole).
 */
import { emptyRtpPacket, readRtpPacket } from '../rtp/packet.ts';
import { unixMillis } from '../units/time.ts';

/** Of a slice: its header begins within. */
const sliceBytes = 16;
/** Of what is not known in detail: the headers of its payload format. */
const otherBytes = 16;
/** Neither a start code nor zeros that would be taken for padding. */
const filler = 0xff;

/** @param packet one of RTP; it is not changed */
export function concealedPayload(encoding: string, packet: Uint8Array): Uint8Array {
  const found = emptyRtpPacket();
  if (!readRtpPacket(found, packet, 0, packet.length, unixMillis(0))) return packet;
  const concealed = new Uint8Array(packet);
  const { payloadStart: start, payloadEnd: end } = found;
  if (start === end) return concealed;
  if (encoding === 'H264') concealH264(concealed, start, end);
  else if (encoding === 'H265') concealH265(concealed, start, end);
  else concealed.fill(filler, Math.min(start + otherBytes, end), end);
  return concealed;
}

function concealH264(bytes: Uint8Array, start: number, end: number): void {
  const type = bytes[start]! & 0x1f;
  if (type === 24) return concealAggregate(bytes, start + 1, end, concealH264);
  if (type !== 28 && type !== 29) return concealUnit(bytes, start, start + 1, end, kindOfH264(type));
  const fragment = bytes[start + 1] ?? 0;
  concealFragment(bytes, start + 2, end, kindOfH264(fragment & 0x1f), (fragment & 0x80) !== 0);
}

function concealH265(bytes: Uint8Array, start: number, end: number): void {
  const type = (bytes[start]! >> 1) & 0x3f;
  if (type === 48) return concealAggregate(bytes, start + 2, end, concealH265);
  if (type !== 49) return concealUnit(bytes, start, start + 2, end, kindOfH265(type));
  const fragment = bytes[start + 2] ?? 0;
  concealFragment(bytes, start + 3, end, kindOfH265(fragment & 0x3f), (fragment & 0x80) !== 0);
}

/** What a NAL unit has: nothing of what is seen; the picture; words or numbers of the camera (SEI); nobody knows what. */
type UnitKind = 'open' | 'slice' | 'message' | 'other';

function kindOfH264(type: number): UnitKind {
  if ((type >= 1 && type <= 5) || (type >= 19 && type <= 21)) return 'slice';
  if (type === 6) return 'message';
  return [7, 8, 9, 10, 11, 13, 14, 15].includes(type) ? 'open' : 'other';
}

function kindOfH265(type: number): UnitKind {
  if (type <= 31) return 'slice';
  if (type <= 37) return 'open';
  return type === 39 || type === 40 ? 'message' : 'other';
}

function concealUnit(bytes: Uint8Array, start: number, content: number, end: number, kind: UnitKind): void {
  if (kind === 'open') return;
  const kept =
    kind === 'slice'
      ? start + sliceBytes
      : kind === 'message'
        ? endOfMessageHead(bytes, content, end)
        : content;
  bytes.fill(filler, Math.min(kept, end), end);
}

function concealFragment(
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: UnitKind,
  first: boolean,
): void {
  if (first) return concealUnit(bytes, start, start, end, kind);
  if (kind !== 'open') bytes.fill(filler, Math.min(start, end), end);
}

/** Type and size of the first message of an SEI, each a byte and one more for each 255 (H.264 section 7.3.2.3.1). */
function endOfMessageHead(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  for (let number = 0; number < 2; number++) {
    while (at < end && bytes[at] === 0xff) at++;
    at++;
  }
  return at;
}

function concealAggregate(
  bytes: Uint8Array,
  start: number,
  end: number,
  conceal: (bytes: Uint8Array, start: number, end: number) => void,
): void {
  for (let at = start; at + 2 < end; ) {
    const unitStart = at + 2;
    const unitEnd = Math.min(unitStart + ((bytes[at]! << 8) | bytes[at + 1]!), end);
    if (unitEnd > unitStart) conceal(bytes, unitStart, unitEnd);
    at = unitEnd;
  }
}
