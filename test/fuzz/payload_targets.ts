import assert from 'node:assert/strict';
import { rangeBytes } from '../../src/media/byte_range.ts';
import { parseStreamMuxConfig } from '../../src/media/latm.ts';
import type { PayloadFormat } from '../../src/rtp/depacketizer.ts';
import { createDepacketizer, whyUnsupported } from '../../src/rtp/depacketizers.ts';
import { MetadataAssembler } from '../../src/rtp/metadata_assembler.ts';
import { parseRtpPacket } from '../../src/rtp/packet.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { ReorderBuffer } from '../../src/rtp/reorder_buffer.ts';
import { nalUnitsOf, WatchedPool } from '../../src/rtp/test_support.ts';
import { unixMillis } from '../../src/units/time.ts';
import { jpegPayload } from '../fixtures/jpeg_packets.ts';
import { lowComplexity, muxElement } from '../fixtures/latm_elements.ts';
import { testVideoTrack } from '../fixtures/synthetic_media.ts';
import { type FuzzTarget, texts } from './fuzz_target.ts';
import { splitPackets } from './packet_list.ts';
import { h264Seed, hex, numberTokens, packetList, payloadType } from './rtp_seeds.ts';

/** A new one for each input would cost more time than what is tried. */
const maxPoolBytes = 8 * 1024 * 1024;
let sharedPool = new WatchedPool();

function freshPool(): WatchedPool {
  if (sharedPool.bytes > maxPoolBytes || sharedPool.holders > 0) sharedPool = new WatchedPool();
  return sharedPool;
}

/** Reorder buffer, receiver and depacketizer in a row: bounded memory, all of it given back, units that are whole. */
function way(format: PayloadFormat, kind: 'video' | 'audio'): FuzzTarget['run'] {
  return (input) => {
    assert.equal(whyUnsupported(kind, format), undefined);
    const pool = freshPool();
    const depacketizer = createDepacketizer(kind, format, pool);
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

const soundSeed = (bytes: number, ticks: number) =>
  packetList(
    [0, 1, 2, 3].map(
      (index) => [index * ticks, Buffer.alloc(bytes + (index % 2), 0x5c), index === 0] as const,
    ),
  );

const latmRecipe = { config: lowComplexity };
const latmSeed = packetList([
  [0, hex('03 010203'), true],
  [1024, hex('06 0102')],
  [1024, hex('03040506'), true],
  [2048, hex('01 07 02 0809'), true],
  [4096, muxElement(latmRecipe, [hex('0102')], 'whole'), true],
  [5120, muxElement(latmRecipe, [hex('0304')], 'same'), true],
]);

export const payloadTargets: readonly FuzzTarget[] = [
  {
    name: 'payload-h264',
    seeds: [h264Seed],
    tokens: numberTokens,
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
    tokens: numberTokens,
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
    tokens: numberTokens,
    run: way(payloadFormat('H265', 90_000, { 'sprop-max-don-diff': '2' }), 'video'),
  },
  {
    name: 'payload-h265-interleaved',
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
    tokens: numberTokens,
    run: way(
      payloadFormat('H265', 90_000, { 'sprop-max-don-diff': '4', 'sprop-depack-buf-nalus': '3' }),
      'video',
    ),
  },
  {
    name: 'payload-aac',
    seeds: [aacSeed],
    tokens: numberTokens,
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
    tokens: numberTokens,
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
    name: 'payload-metadata',
    seeds: [
      packetList([
        [0, Buffer.from('<?xml version="1.0"?><tt:MetadataStream>')],
        [0, Buffer.from('</tt:MetadataStream>'), true],
        [0, Buffer.from('<tt:MetadataStream/>'), true],
      ]),
    ],
    tokens: [...numberTokens, ...texts('<?xml ', '<tt:MetadataStream>', '>', '<', '\0')],
    run(input) {
      const assembler = new MetadataAssembler();
      let bytes = 0;
      for (const payload of splitPackets(input)) {
        const packet = parseRtpPacket(payload, 0, payload.length, unixMillis(0));
        if (!packet) continue;
        for (const { xml } of assembler.push(packet, packet.sequenceNumber % 5 === 0 ? 1 : 0)) {
          bytes += xml.length;
          assert.deepEqual([xml[0], xml.at(-1)], [0x3c, 0x3e]);
        }
      }
      assert.ok(bytes <= input.length && assembler.counts.bytes === bytes);
    },
  },
  {
    name: 'payload-jpeg',
    seeds: [jpegSeed],
    tokens: [...numberTokens, hex('ffd8'), hex('ffc00011'), hex('ffdb'), hex('ffda')],
    run: way({ ...payloadFormat('JPEG', 90_000), pictureSize: { width: 2560, height: 1440 } }, 'video'),
  },
  {
    name: 'payload-g711',
    seeds: [
      packetList([
        [0, Buffer.alloc(160, 0xd5), true],
        [160, Buffer.alloc(33, 0xd5)],
      ]),
    ],
    tokens: numberTokens,
    run: way(payloadFormat('PCMU', 8000), 'audio'),
  },
  {
    name: 'payload-l16',
    seeds: [soundSeed(160, 80)],
    tokens: numberTokens,
    run: way(payloadFormat('L16', 44_100, {}, 2), 'audio'),
  },
  {
    name: 'payload-g722',
    seeds: [soundSeed(160, 160)],
    tokens: numberTokens,
    run: way(payloadFormat('G722', 8000), 'audio'),
  },
  {
    name: 'payload-g726',
    seeds: [soundSeed(60, 160)],
    tokens: numberTokens,
    run: way(payloadFormat('G726-24', 8000), 'audio'),
  },
  {
    name: 'payload-opus',
    seeds: [
      packetList([
        [0, hex('48 0102030405'), true],
        [960, hex('4b 82 0203 01020304')],
        [2880, hex('fc fffe')],
        [3840, hex('01 0102')],
      ]),
    ],
    tokens: numberTokens,
    run: way(payloadFormat('OPUS', 48_000, {}, 2), 'audio'),
  },
  {
    name: 'payload-latm',
    seeds: [latmSeed],
    tokens: [...numberTokens, hex('40002420'), hex('ff00')],
    run: way(payloadFormat('MP4A-LATM', 44_100, { cpresent: '0', config: '400024203fc0' }, 2), 'audio'),
  },
  {
    name: 'payload-latm-in-band',
    seeds: [latmSeed],
    tokens: [...numberTokens, hex('40002420'), hex('20001210')],
    run: way(payloadFormat('MP4A-LATM', 90_000, { cpresent: '1' }, 2), 'audio'),
  },
  {
    name: 'latm-config',
    seeds: [hex('400024203fc0'), hex('40002410adca00'), hex('40005623101fe0')],
    tokens: numberTokens,
    run(input) {
      const config = parseStreamMuxConfig(input);
      assert.ok(!config || (config.frames >= 1 && config.frames <= 64 && config.audioConfig.length > 0));
    },
  },
];
