import { formatRtpPacket } from '../rtp/packet.ts';
import { rtpTimestamp } from '../units/time.ts';

/** One document a second, for so many seconds, and then the same again. */
const seconds = 10;

/**
 * What a camera with analytics says of its scene (ONVIF Analytics Service Specification, scene description): a person who
 * walks from left to right.
 *
 * @returns the XML of one document each, in UTF-8
 */
export function sceneDocuments(): Buffer[] {
  return Array.from({ length: seconds }, (_, second) => {
    const left = (second / seconds) * 1.6 - 1;
    const time = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    return Buffer.from(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics>',
        `<tt:Frame UtcTime="${time}"><tt:Object ObjectId="1"><tt:Appearance><tt:Shape>`,
        `<tt:BoundingBox left="${left.toFixed(2)}" top="0.60" right="${(left + 0.4).toFixed(2)}" bottom="-0.60"/>`,
        `<tt:CenterOfGravity x="${(left + 0.2).toFixed(2)}" y="0.00"/></tt:Shape>`,
        '<tt:Class><tt:Type Likelihood="0.9">Human</tt:Type></tt:Class></tt:Appearance></tt:Object></tt:Frame>',
        '</tt:VideoAnalytics></tt:MetadataStream>',
      ].join('\n'),
    );
  });
}

/** The packets of a document, the last one with the marker (ONVIF Streaming Specification, "RTP for Metadata stream"). */
export function packetizeDocument(
  document: Uint8Array,
  options: { readonly payloadType: number; readonly maxPayloadBytes: number },
): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < document.length; at += options.maxPayloadBytes) {
    const piece = document.subarray(at, at + options.maxPayloadBytes);
    const header = {
      marker: at + piece.length === document.length,
      payloadType: options.payloadType,
      sequenceNumber: packets.length,
      timestamp: rtpTimestamp(0),
      ssrc: 0,
    };
    const packet = formatRtpPacket(header, piece.length);
    packet.set(piece, packet.length - piece.length);
    packets.push(packet);
  }
  return packets;
}
