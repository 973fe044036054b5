import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AacTrack } from '../media/track.ts';
import type { PayloadFormat } from './depacketizer.ts';
import { createDepacketizer } from './depacketizers.ts';
import { depacketize, hex, marked, packet, seededRandom, type TestPacket } from './test_support.ts';

const highBitRate = {
  mode: 'AAC-hbr',
  sizelength: '13',
  indexlength: '3',
  indexdeltalength: '3',
  config: '1190',
};

interface Described {
  clockRate?: number;
  parameters?: Record<string, string>;
}

function run(
  packets: readonly TestPacket[],
  { clockRate = 48_000, parameters = highBitRate }: Described = {},
) {
  const format: PayloadFormat = {
    encoding: 'MPEG4-GENERIC',
    clockRate,
    channels: 2,
    parameters: new Map(Object.entries(parameters)),
  };
  return depacketize((pool) => createDepacketizer('audio', format, pool), packets);
}

const short = ({ units, bytes }: ReturnType<typeof run>) =>
  units.map((unit, index) =>
    unit.kind === 'audioFrame'
      ? `${unit.rtpTimestamp} ${bytes[index]!.toString('hex')}`
      : `${unit.kind}: ${unit.kind === 'damage' ? unit.reason : ''}`,
  );

/** ADTS for AAC-LC of 44.1 kHz in stereo. */
function adts(frame: string): string {
  const length = 7 + hex(frame).length;
  return `fff150${(0x80 | (length >> 11)).toString(16)}${(((length & 0x7ff) << 5) | 0x1f).toString(16).padStart(4, '0')}fc${frame}`;
}

const rows: { name: string; described?: Described; packets: TestPacket[]; units: string[] }[] = [
  {
    name: 'a packet with one frame',
    packets: [marked(0, '0010 0018 010203'), marked(1024, '0010 0010 0405')],
    units: ['0 010203', '1024 0405'],
  },
  {
    name: 'A3: several frames in a packet, each at its own time',
    packets: [marked(0, '0030 0018 0010 0008 010203 0405 06')],
    units: ['0 010203', '1024 0405', '2048 06'],
  },
  {
    name: 'A3: a frame in fragments that each state the size of the whole',
    packets: [
      packet(0, '0010 0030 0102'),
      packet(0, '0010 0030 0304'),
      marked(0, '0010 0030 0506'),
      marked(1024, '0010 0008 07'),
    ],
    units: ['0 010203040506', '1024 07'],
  },
  {
    name: 'A3: a fragment is lost, and so the frame',
    packets: [
      packet(0, '0010 0030 0102'),
      packet(0, '0010 0030 0506', { lostBefore: 1 }),
      marked(1024, '0010 0008 07'),
    ],
    units: ['damage: a packet was lost', 'damage: the rest of a frame did not come', '1024 07'],
  },
  {
    name: 'A3: the rest of a frame does not come',
    packets: [packet(0, '0010 0030 0102'), marked(1024, '0010 0008 07')],
    units: ['damage: the rest of a frame did not come', '1024 07'],
  },
  {
    name: 'A3: the session ends within a frame',
    packets: [packet(0, '0010 0030 0102')],
    units: ['damage: the session ended within a frame'],
  },
  {
    name: 'A3: low bit rate with headers of one byte',
    described: {
      parameters: {
        mode: 'AAC-lbr',
        sizelength: '6',
        indexlength: '2',
        indexdeltalength: '2',
        config: '1190',
      },
    },
    packets: [marked(0, '0010 0c08 010203 0405')],
    units: ['0 010203', '1024 0405'],
  },
  {
    name: 'A3: low bit rate by its mode alone',
    described: { parameters: { mode: 'AAC-lbr', config: '1190' } },
    packets: [marked(0, '0010 0c08 010203 0405')],
    units: ['0 010203', '1024 0405'],
  },
  {
    name: 'A3: widths that the camera forgot are those of high bit rate',
    described: { parameters: { config: '1190' } },
    packets: [marked(0, '0010 0018 010203')],
    units: ['0 010203'],
  },
  {
    name: 'A3: bits that fill up the last byte of the headers are no header',
    described: { parameters: { sizelength: '4', config: '1190' } },
    packets: [marked(0, '0004 3f 010203')],
    units: ['0 010203'],
  },
  {
    name: 'A3: interleaved frames are placed by their index',
    packets: [marked(0, '0020 0008 000a 01 04')],
    units: ['0 01', '3072 04'],
  },
  {
    name: 'A3: time deltas, flags and auxiliary data are stepped over',
    described: {
      parameters: {
        ...highBitRate,
        ctsdeltalength: '8',
        dtsdeltalength: '8',
        randomaccessindication: '1',
        streamstateindication: '4',
        auxiliarydatasizelength: '8',
      },
    },
    // 13 bits size, 3 index, flag 1 and 8 bits, flag 0, 1 bit, 4 bits: 31; the next one 23 without a delta.
    packets: [marked(0, '0036 0018 80a8 0020 00 08ff 010203 0405')],
    units: ['0 010203', '1024 0405'],
  },
  {
    name: 'A3: frames of a constant size without headers',
    described: { parameters: { mode: 'generic', constantsize: '2', config: '1190' } },
    packets: [marked(0, '0102 0304 0506')],
    units: ['0 0102', '1024 0304', '2048 0506'],
  },
  {
    name: 'A2: ADTS headers inside are stripped',
    packets: [
      marked(0, `0010 0058 ${adts('01020304')}`),
      marked(1024, `0020 0048 0050 ${adts('0506')}${adts('070809')}`),
    ],
    units: ['0 01020304', '1024 0506', '2048 070809'],
  },
  {
    name: 'A2: ADTS frames in place of the headers are told apart',
    packets: [marked(0, adts('0102') + adts('030405'))],
    units: ['0 0102', '1024 030405'],
  },
  {
    name: 'A2: an ADTS header inside a fragmented frame is stripped',
    packets: [
      packet(0, `0010 0058 ${adts('01020304').slice(0, 16)}`),
      marked(0, `0010 0058 ${adts('01020304').slice(16)}`),
    ],
    units: ['0 01020304'],
  },
  {
    name: 'A1: at a clock of 90 kHz frames in a packet are spread without adding up the rounding',
    described: { clockRate: 90_000, parameters: { ...highBitRate, config: '1210' } },
    packets: [marked(0, `0060 ${'0008'.repeat(6)} 010203040506`)],
    units: ['0 01', '2090 02', '4180 03', '6269 04', '8359 05', '10449 06'],
  },
  {
    name: 'frames of no bytes are left out',
    packets: [marked(0, '0020 0000 0008 01'), marked(2048, '')],
    units: ['1024 01'],
  },
  {
    name: 'headers that are longer than the packet',
    packets: [marked(0, '0100 0008 01'), marked(0, '00'), marked(0, '0000'), marked(1024, '0010 0008 01')],
    units: [...Array(3).fill('damage: the headers of a packet cannot be read'), '1024 01'],
  },
  {
    name: 'several frames that are longer than the packet',
    packets: [marked(0, '0020 0008 0018 01 02'), marked(2048, '0010 0008 01')],
    units: ['0 01', 'damage: a packet is cut off', '2048 01'],
  },
  {
    name: 'a frame that is longer than is believed',
    described: { parameters: { ...highBitRate, sizelength: '29' } },
    packets: [marked(0, '0020 00100000 01'), marked(1024, '0020 00000008 01')],
    units: ['damage: a frame is longer than 16384 bytes', '1024 01'],
  },
];

for (const { name, described, packets, units } of rows) {
  test(name, () => assert.deepEqual(short(run(packets, described)), units));
}

test('without a config the first ADTS header tells what the frames are', () => {
  const packets = [marked(0, '0010 0008 01'), marked(2090, `0010 0048 ${adts('0102')}`)];
  const result = run(packets, { clockRate: 90_000, parameters: { mode: 'AAC-hbr' } });
  assert.deepEqual(short(result), ['damage: a frame came before its config', '2090 0102']);
  const unit = result.units[1];
  const track = unit?.kind === 'audioFrame' ? (unit.track as AacTrack) : undefined;
  assert.equal(Buffer.from(track!.config).toString('hex'), '1210');
  assert.equal(track!.timescale, 90_000);
});

test('any bytes give frames that are sound, with nothing leaked', () => {
  const random = seededRandom(7);
  const formats: Record<string, string>[] = [
    highBitRate,
    { mode: 'AAC-lbr', config: '1190' },
    { ...highBitRate, ctsdeltalength: '32', dtsdeltalength: '99', auxiliarydatasizelength: '32' },
    { constantsize: '3', config: '1190' },
    { sizelength: '0', indexlength: '0', config: 'zz' },
    { sizelength: '-5', indexdeltalength: '1e9' },
  ];
  for (let round = 0; round < 600; round++) {
    const packets = Array.from({ length: 8 }, () => {
      const bytes = Buffer.from(
        Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)),
      );
      if (random() < 0.5 && bytes.length > 2) bytes.writeUInt16BE(Math.floor(random() * 4) * 16);
      const payload = random() < 0.2 ? Buffer.concat([hex(adts('0102')), bytes]) : bytes;
      return packet(Math.floor(random() * 3) * 1024, payload, { lostBefore: random() < 0.1 ? 1 : 0 });
    });
    const { units, bytes } = run(packets, { parameters: formats[round % formats.length]! });
    assert.ok(units.length <= 8 * 70);
    for (const [index, unit] of units.entries())
      assert.ok(unit.kind === 'damage' || bytes[index]!.length > 0);
  }
});
