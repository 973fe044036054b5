import { H264Packetizer } from '../../src/rtp/h264_packetizer.ts';
import { formatRtpPacket } from '../../src/rtp/packet.ts';
import { rtpTimestamp } from '../../src/units/time.ts';
import { testVideoTrack } from '../fixtures/synthetic_media.ts';
import { joinPackets } from './packet_list.ts';

export const payloadType = 96;

/** Packets one behind the other, as the way of a session takes them. */
export function packetList(
  payloads: readonly (readonly [timestamp: number, payload: Uint8Array, marker?: boolean])[],
) {
  return joinPackets(
    payloads.map(([timestamp, payload, marker = false], index) => {
      const packet = formatRtpPacket(
        {
          marker,
          payloadType,
          sequenceNumber: (65_530 + index) % 65_536,
          timestamp: rtpTimestamp(timestamp),
          ssrc: 1,
        },
        payload.length,
      );
      packet.set(payload, 12);
      return packet;
    }),
  );
}

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const idr = Buffer.concat([hex('65 b8'), Buffer.alloc(300, 0x5a)]);
const slice = hex('41 9a 21 6c 42 ff');
/** Single NAL units, aggregates and fragments. */
export const h264Seed = (() => {
  const packetizer = new H264Packetizer({ payloadType, ssrc: 1, maxPayloadBytes: 100, aggregate: true });
  const { sps, pps } = testVideoTrack;
  return joinPackets([
    ...packetizer.packetize([sps, ...pps, idr], rtpTimestamp(0)),
    ...packetizer.packetize([slice], rtpTimestamp(3600)),
    ...packetizer.packetize([hex('06 05 01 ff'), slice, slice], rtpTimestamp(7200)),
    ...packetizer.packetize([hex('41 9a 21 000001 65 b8 5a')], rtpTimestamp(10_800)),
  ]);
})();

/** What numbers in packets hurt by. */
export const numberTokens = [
  hex('0000'),
  hex('ffff'),
  hex('00000001'),
  hex('000001'),
  hex('24'),
  hex('8060'),
  hex('80e0'),
];
