import assert from 'node:assert/strict';
import { rangeBytes } from '../../src/media/byte_range.ts';
import { h264Syntax } from '../../src/media/nal_unit.ts';
import type { PayloadFormat } from '../../src/rtp/depacketizer.ts';
import { createDepacketizer } from '../../src/rtp/depacketizers.ts';
import { H264Packetizer } from '../../src/rtp/h264_packetizer.ts';
import { formatRtpPacket, parseRtpPacket } from '../../src/rtp/packet.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { ReorderBuffer } from '../../src/rtp/reorder_buffer.ts';
import { parseRtcp } from '../../src/rtp/rtcp.ts';
import { parseSpropParameterSets } from '../../src/rtp/sprop_parameter_sets.ts';
import { nalUnitsOf, WatchedPool } from '../../src/rtp/test_support.ts';
import { RtpTimeline } from '../../src/rtp/timeline.ts';
import { rtpTimestamp, unixMillis } from '../../src/units/time.ts';
import { jpegPayload } from '../fixtures/jpeg_packets.ts';
import { testVideoTrack } from '../fixtures/synthetic_media.ts';
import { type FuzzTarget, texts, textTokens } from './fuzz_target.ts';
import { joinPackets, splitPackets } from './packet_list.ts';

const payloadType = 96;

/** Packets one behind the other, as the way of a session takes them. */
function packetList(
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

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Reorder buffer, receiver and depacketizer in a row: bounded memory, all of it given back, units that are whole. */
function way(format: PayloadFormat, kind: 'video' | 'audio'): FuzzTarget['run'] {
  return (input) => {
    const pool = new WatchedPool();
    const depacketizer = createDepacketizer(kind, format, pool);
    assert.ok(!('unsupported' in depacketizer), `${format.encoding} is not known`);
    const receiver = new RtpReceiver({
      payloadType,
      clockRate: format.clockRate,
      reporterSsrc: 7,
      canonicalName: 'fuzz',
    });
    let units = 0;
    const take = () => {
      for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
        units++;
        if (unit.kind === 'damage') continue;
        const bytes = rangeBytes(unit.bytes);
        assert.ok(bytes.length > 0, 'an empty unit');
        if (format.encoding === 'H264' || format.encoding === 'H265') nalUnitsOf(bytes);
        pool.release(unit.bytes);
      }
    };
    const reorder = new ReorderBuffer((bytes, start, end, arrivalMs) => {
      const accepted = receiver.accept(bytes, start, end, arrivalMs);
      if (!accepted) return;
      depacketizer.push(accepted.packet, accepted.lostBefore);
      take();
    });
    let packets = 0;
    for (const packet of splitPackets(input)) {
      packets++;
      if (receiver.isOfSource(packet, 0, packet.length)) {
        reorder.push(packet, 0, packet.length, unixMillis(1_700_000_000_000 + packets), packets * 10);
      } else receiver.accept(packet, 0, packet.length, unixMillis(1_700_000_000_000 + packets));
    }
    reorder.flush();
    depacketizer.flush();
    take();
    depacketizer.close();
    receiver.receiverReport(unixMillis(1_700_000_100_000));
    assert.equal(pool.holders, 0, 'memory is still held');
    assert.ok(pool.bytes <= 64 * 1024 * 1024, `${pool.bytes} bytes of memory were taken`);
    assert.ok(units <= packets * 5000, `${units} units came of ${packets} packets`);
  };
}

function payloadFormat(
  encoding: string,
  clockRate: number,
  parameters: Record<string, string> = {},
  channels = 1,
): PayloadFormat {
  return { encoding, clockRate, channels, parameters: new Map(Object.entries(parameters)) };
}

const idr = Buffer.concat([hex('65 b8'), Buffer.alloc(300, 0x5a)]);
const slice = hex('41 9a 21 6c 42 ff');
const h264Seed = (() => {
  const packetizer = new H264Packetizer({ payloadType, ssrc: 1, maxPayloadBytes: 100, aggregate: true });
  const { sps, pps } = testVideoTrack;
  return joinPackets([
    ...packetizer.packetize([sps, ...pps, idr], rtpTimestamp(0)),
    ...packetizer.packetize([slice], rtpTimestamp(3600)),
    ...packetizer.packetize([hex('06 05 01 ff'), slice, slice], rtpTimestamp(7200)),
    ...packetizer.packetize([hex('41 9a 21 000001 65 b8 5a')], rtpTimestamp(10_800)),
  ]);
})();

const h265Sets = [
  '40010c01ffff01600000030090000003000003003c959409',
  '42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84',
  '4401c172b46240',
];
const h265Seed = packetList([
  ...h265Sets.map((set) => [0, hex(set)] as const),
  [0, hex('6201 93 afaabbcc')],
  [0, hex('6201 13 0102030405')],
  [0, hex('6201 53 060708'), true],
  [3600, hex('0201d0bb 0102'), true],
  [7200, hex('6001 0004 4e0105ff 0004 0201d0bb'), true],
]);

const jpegTables = Buffer.alloc(128, 0x10);
const jpegScan = Buffer.alloc(60, 0xa5);
const jpegSeed = packetList([
  [0, jpegPayload({ offset: 20, data: jpegScan }), true],
  [3000, jpegPayload({ offset: 0, data: jpegScan, q: 200, tables: jpegTables })],
  [3000, jpegPayload({ offset: 60, data: jpegScan, q: 200 }), true],
  [6000, jpegPayload({ offset: 0, data: jpegScan, type: 65, restartInterval: 4, q: 200 }), true],
  [9000, jpegPayload({ offset: 0, data: hex('a5ffd90000'), type: 0, q: 50, width: 64, height: 180 }), true],
]);

const aacSeed = packetList([
  [0, hex('0010 0028 2110055566'), true],
  [1024, hex('0020 0028 0028 2110055566 2110055577'), true],
  [3072, hex('0010 0050 21100555')],
  [3072, hex('0010 0050 66778899aabb'), true],
  [4096, hex('fff15080017ffc 2110055566'), true],
]);

const rtcpSeeds = [
  hex('80c80006 00000001 e7f1a800 80000000 00015f90 00000064 00010000 81ca0003 00000001 0103636d 31000000'),
  hex('81c90007 00000003 00000002 40fffffe 00010005 00000007 a8008000 00010000 81cb0001 00000001'),
  hex('a1cb0002 00000001 00000004'),
];

const numbers = [
  hex('0000'),
  hex('ffff'),
  hex('00000001'),
  hex('000001'),
  hex('24'),
  hex('8060'),
  hex('80e0'),
];

export const packetTargets: readonly FuzzTarget[] = [
  {
    name: 'rtp-packet',
    seeds: [
      hex('80600001 00000002 00000003 0102030405'),
      hex('b2e0ffff 00000002 00000003 00000004 00000005 bede0001 10aa0000 01020304 00000004'),
    ],
    tokens: numbers,
    run(input) {
      const packet = parseRtpPacket(input, 0, input.length, unixMillis(0));
      if (!packet) return;
      assert.ok(packet.payloadStart >= 12 && packet.payloadStart <= packet.payloadEnd);
      assert.ok(packet.payloadEnd <= input.length);
    },
  },
  {
    name: 'rtcp-packet',
    seeds: rtcpSeeds,
    tokens: numbers,
    run(input) {
      for (const packet of parseRtcp(input, 0, input.length)) {
        if (packet.kind === 'senderReport') assert.ok(Number.isFinite(packet.sentMs));
      }
    },
  },
  {
    name: 'rtp-receiver',
    seeds: [joinPackets([...splitPackets(h264Seed), ...rtcpSeeds])],
    tokens: numbers,
    run(input) {
      const receiver = new RtpReceiver({
        payloadType,
        clockRate: 90_000,
        reporterSsrc: 7,
        canonicalName: 'fuzz',
      });
      let nowMs = 1_700_000_000_000;
      for (const packet of splitPackets(input)) {
        nowMs += 20;
        const accepted = receiver.accept(packet, 0, packet.length, unixMillis(nowMs));
        assert.ok(!accepted || (accepted.lostBefore >= 0 && accepted.lostBefore <= 65_536));
        receiver.acceptRtcp(packet, 0, packet.length, unixMillis(nowMs));
      }
      assert.ok(receiver.stats.lost >= 0);
      const report = receiver.receiverReport(unixMillis(nowMs));
      assert.equal(parseRtcp(report, 0, report.length)[0]?.kind, 'receiverReport');
    },
  },
  {
    name: 'reorder-buffer',
    seeds: [h264Seed],
    tokens: numbers,
    run(input) {
      const seen: number[] = [];
      let pushed = 0;
      const reorder = new ReorderBuffer((bytes, start) =>
        seen.push((bytes[start + 2]! << 8) | bytes[start + 3]!),
      );
      for (const packet of splitPackets(input)) {
        if (packet.length < 12) continue;
        pushed++;
        reorder.push(packet, 0, packet.length, unixMillis(pushed), pushed * 10);
        if (reorder.dueMs !== undefined) assert.ok(reorder.dueMs <= pushed * 10 + 200);
      }
      reorder.flush();
      assert.equal(seen.length + reorder.late, pushed, 'packets vanished');
    },
  },
  {
    name: 'rtp-timeline',
    seeds: [
      Buffer.concat(Array.from({ length: 12 }, (_, index) => Buffer.of(0, 0, index * 14, 16, 0, 40))),
      Buffer.concat(Array.from({ length: 12 }, (_, index) => Buffer.of(255, 255, 255 - index, 16, 0, 40))),
    ],
    tokens: [...numbers, hex('7fffffff'), hex('80000000')],
    run(input) {
      const timeline = new RtpTimeline(90_000);
      let arrivalMs = 1_700_000_000_000;
      for (let at = 0; at + 6 <= input.length; at += 6) {
        arrivalMs += (input[at + 4]! << 8) | input[at + 5]!;
        const timestamp = Buffer.from(input.buffer, input.byteOffset + at, 4).readUInt32BE();
        const placed = timeline.place(rtpTimestamp(timestamp), unixMillis(arrivalMs));
        if (placed.kind === 'break') return;
        assert.ok(Number.isSafeInteger(placed.ticks));
      }
    },
  },
  {
    name: 'sprop-parameter-sets',
    seeds: texts('Z00AKA==,aO48gA==', 'AAAAAWdNACg=,,aO48gA', ',=,'),
    tokens: textTokens,
    run(input) {
      const value = Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');
      for (const set of parseSpropParameterSets(value, h264Syntax)) assert.ok(set.length > 0);
    },
  },
  {
    name: 'payload-jpeg',
    seeds: [jpegSeed],
    tokens: [...numbers, hex('ffd8'), hex('ffc00011'), hex('ffdb'), hex('ffda')],
    run: way({ ...payloadFormat('JPEG', 90_000), pictureSize: { width: 2560, height: 1440 } }, 'video'),
  },
  {
    name: 'payload-h264',
    seeds: [h264Seed],
    tokens: numbers,
    run: way(
      payloadFormat('H264', 90_000, {
        'sprop-parameter-sets': [testVideoTrack.sps, ...testVideoTrack.pps]
          .map((set) => Buffer.from(set).toString('base64'))
          .join(),
      }),
      'video',
    ),
  },
  {
    name: 'payload-h265',
    seeds: [h265Seed],
    tokens: numbers,
    run: way(payloadFormat('H265', 90_000), 'video'),
  },
  {
    name: 'payload-h265-don',
    seeds: [
      packetList([
        ...h265Sets.map(
          (set) => [0, Buffer.concat([hex(set).subarray(0, 2), hex('0001'), hex(set).subarray(2)])] as const,
        ),
        [0, hex('6201 93 0002 afaabbcc')],
        [0, hex('6201 53 060708'), true],
        [3600, hex('6001 0003 0004 4e0105ff 01 0004 0201d0bb'), true],
      ]),
    ],
    tokens: numbers,
    run: way(payloadFormat('H265', 90_000, { 'sprop-max-don-diff': '2' }), 'video'),
  },
  {
    name: 'payload-aac',
    seeds: [aacSeed],
    tokens: numbers,
    run: way(
      payloadFormat('MPEG4-GENERIC', 48_000, {
        mode: 'AAC-hbr',
        config: '1190',
        sizelength: '13',
        indexlength: '3',
        indexdeltalength: '3',
      }),
      'audio',
    ),
  },
  {
    name: 'payload-aac-odd-widths',
    seeds: [aacSeed],
    tokens: numbers,
    run: way(
      payloadFormat('MPEG4-GENERIC', 44_100, {
        mode: 'generic',
        config: '1210',
        sizelength: '9',
        indexlength: '5',
        indexdeltalength: '4',
        ctsdeltalength: '7',
        dtsdeltalength: '3',
        randomaccessindication: '1',
        auxiliarydatasizelength: '6',
      }),
      'audio',
    ),
  },
  {
    name: 'payload-g711',
    seeds: [
      packetList([
        [0, Buffer.alloc(160, 0xd5), true],
        [160, Buffer.alloc(33, 0xd5)],
      ]),
    ],
    tokens: numbers,
    run: way(payloadFormat('PCMU', 8000), 'audio'),
  },
];
