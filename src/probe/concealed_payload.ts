/**
 * RTP packets without what they show or say: headers, parameter sets and the beginnings of slices stay, so that all that
 * a recorder looks at is as it was; the rest is overwritten (RFC 6184, RFC 7798; other formats as a whole).
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
  if (type === 28 || type === 29) {
    const fragment = bytes[start + 1] ?? 0;
    if (isH264Slice(fragment & 0x1f)) concealFragment(bytes, start + 2, end, (fragment & 0x80) !== 0);
  } else if (isH264Slice(type)) bytes.fill(filler, Math.min(start + sliceBytes, end), end);
}

function concealH265(bytes: Uint8Array, start: number, end: number): void {
  const type = (bytes[start]! >> 1) & 0x3f;
  if (type === 48) return concealAggregate(bytes, start + 2, end, concealH265);
  if (type === 49) {
    const fragment = bytes[start + 2] ?? 0;
    if (isH265Slice(fragment & 0x3f)) concealFragment(bytes, start + 3, end, (fragment & 0x80) !== 0);
  } else if (isH265Slice(type)) bytes.fill(filler, Math.min(start + sliceBytes, end), end);
}

function concealFragment(bytes: Uint8Array, start: number, end: number, first: boolean): void {
  bytes.fill(filler, Math.min(start + (first ? sliceBytes : 0), end), end);
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

const isH264Slice = (type: number) => type >= 1 && type <= 5;
const isH265Slice = (type: number) => type <= 31;
