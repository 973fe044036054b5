import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkPool } from '../media/sample_arena.ts';
import { H265Depacketizer } from './h265_depacketizer.ts';
import {
  depacketize,
  hex,
  marked,
  nalUnitsOf,
  packet,
  seededRandom,
  type TestPacket,
  toRtpPacket,
} from './test_support.ts';

// Made by x265: 322 x 182 with B-frames.
const vps = '40010c01ffff01600000030090000003000003003c959409';
const sps = '42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84';
const pps = '4401c172b46240';
const parameters = { 'sprop-vps': base64(vps), 'sprop-sps': base64(sps), 'sprop-pps': base64(pps) };

// The third byte tells whether a slice segment is the first one of its picture.
const idr = '2601afaa';
const idrPart = '26012fab';
const cra = '2a01afac';
const slice = '0201d0bb';
const slicePart = '020150bc';
const prefixSei = '4e0105ff';
const suffixSei = '5001840a';
const delimiter = '460150';

function base64(text: string): string {
  return hex(text).toString('base64');
}

function run(packets: readonly TestPacket[], given: Record<string, string> = parameters) {
  const format = { clockRate: 90_000, parameters: new Map(Object.entries(given)) };
  return depacketize((pool) => new H265Depacketizer({ format, pool, maxAccessUnitBytes: 100_000 }), packets);
}

/** Units in short: `key 0 2601afaa` with time stamp and NAL units, or `damage: why`. */
function short({ units, bytes }: ReturnType<typeof run>): string[] {
  return units.map((unit, index) => {
    if (unit.kind === 'damage') return `damage: ${unit.reason}`;
    assert.equal(unit.kind, 'accessUnit');
    const nalUnits = nalUnitsOf(bytes[index]!).map((nalUnit) => nalUnit.toString('hex'));
    const type = unit.kind === 'accessUnit' && unit.keyFrame ? 'key' : 'unit';
    return `${type} ${unit.rtpTimestamp} ${nalUnits.join()}`;
  });
}

const length = (unit: string) => hex(unit).length.toString(16).padStart(4, '0');
const aggregate = (...nalUnits: string[]) => `6001${nalUnits.map((unit) => length(unit) + unit).join('')}`;

const rows: { name: string; packets: TestPacket[]; units: string[]; parameters?: Record<string, string> }[] =
  [
    {
      name: 'single, aggregated and fragmented NAL units become access units of length-prefixed NAL units',
      packets: [
        packet(0, aggregate(delimiter, vps, sps, pps, prefixSei)),
        packet(0, '6201 93 afaa'),
        packet(0, '6201 13 01'),
        marked(0, '6201 53 02'),
        marked(3000, slice),
      ],
      units: ['key 0 4e0105ff,2601afaa0102', 'unit 3000 0201d0bb'],
    },
    {
      name: 'parameter sets among the pictures serve when the SDP has none',
      parameters: {},
      packets: [marked(0, idr), packet(3000, vps), packet(3000, sps), packet(3000, pps), marked(3000, idr)],
      units: ['damage: a picture came before its parameter sets', 'key 3000 2601afaa'],
    },
    {
      name: 'parameter sets in one value with start codes between them serve too',
      parameters: { 'sprop-vps': base64(`00000001${vps}000001${sps}000001${pps}`) },
      packets: [marked(0, idr)],
      units: ['key 0 2601afaa'],
    },
    {
      name: 'a clean random access picture is a key frame like an instantaneous refresh',
      packets: [marked(0, cra), marked(3000, slice)],
      units: ['key 0 2a01afac', 'unit 3000 0201d0bb'],
    },
    {
      name: 'slices of one picture stay together, whether their packets have markers or not',
      packets: [
        packet(0, idr),
        packet(0, idrPart),
        packet(3000, slice),
        marked(3000, slicePart),
        marked(6000, slice),
      ],
      units: ['key 0 2601afaa,26012fab', 'unit 3000 0201d0bb,020150bc', 'unit 6000 0201d0bb'],
    },
    {
      name: 'a picture of key slices and others is no key frame',
      packets: [packet(0, idr), marked(0, slicePart)],
      units: ['unit 0 2601afaa,020150bc'],
    },
    {
      name: 'supplemental information after a picture stays with it, before it goes with the next',
      packets: [
        packet(0, idr),
        packet(0, suffixSei),
        packet(0, prefixSei),
        packet(0, slice),
        marked(3000, slice),
      ],
      units: ['key 0 2601afaa,5001840a', 'unit 0 4e0105ff,0201d0bb', 'unit 3000 0201d0bb'],
    },
    {
      name: 'delimiters, ends of sequence, filler and reserved types are left out',
      packets: [
        packet(0, delimiter),
        packet(0, idr),
        packet(0, '4a01aa'),
        packet(0, '4c01ff'),
        marked(0, '2c01aa'),
      ],
      units: ['key 0 2601afaa'],
    },
    {
      name: 'decoding order numbers are passed over in every kind of packet',
      parameters: { ...parameters, 'sprop-max-don-diff': '1' },
      packets: [
        packet(0, `6001 0001 ${length(prefixSei)}${prefixSei} 00 ${length(idr)}${idr}`),
        packet(3000, '0201 0002 d0bb'),
        packet(6000, '6201 81 0003 d0'),
        marked(6000, '6201 41 bb'),
      ],
      units: ['key 0 4e0105ff,2601afaa', 'unit 3000 0201d0bb', 'unit 6000 0201d0bb'],
    },
    {
      name: 'a lost packet costs its picture, and the loss is told',
      packets: [
        marked(0, idr),
        packet(3000, '6201 81 d0bb'),
        packet(3000, '6201 41 cc', { lostBefore: 1, marker: true }),
        marked(6000, slice),
      ],
      units: ['key 0 2601afaa', 'damage: a packet was lost', 'unit 6000 0201d0bb'],
    },
    {
      name: 'a loss after a whole picture costs what was begun behind its marker, and nothing else',
      packets: [
        marked(0, `${idr}010203`),
        packet(0, '6201 a7 0102'),
        packet(3600, slice, { lostBefore: 1 }),
        marked(7200, slice),
      ],
      units: [
        'key 0 2601afaa010203',
        'damage: a packet was lost',
        'unit 3600 0201d0bb',
        'unit 7200 0201d0bb',
      ],
    },
    {
      name: 'a fragment without the beginning of its NAL unit is told, but not at the start',
      packets: [marked(0, '6201 53 02'), marked(3000, idr), marked(6000, '6201 41 02'), marked(9000, slice)],
      units: [
        'key 3000 2601afaa',
        'damage: a fragment came without the beginning of its NAL unit',
        'unit 9000 0201d0bb',
      ],
    },
    {
      name: 'V6: a fragment that is first and last at once is a whole NAL unit',
      packets: [marked(0, '6201 d3 afaa')],
      units: ['key 0 2601afaa'],
    },
    {
      name: 'V1: a marker that is never set, an access unit ends with its time stamp',
      packets: [packet(0, idr), packet(3000, slice), packet(6000, slice)],
      units: ['key 0 2601afaa', 'unit 3000 0201d0bb', 'unit 6000 0201d0bb'],
    },
    {
      name: 'V2: a marker on parameter sets ends nothing',
      parameters: {},
      packets: [marked(0, vps), marked(0, sps), marked(0, pps), marked(0, idr)],
      units: ['key 0 2601afaa'],
    },
    {
      name: 'V3: a marker on supplemental information ends nothing',
      packets: [marked(0, prefixSei), marked(0, idr)],
      units: ['key 0 4e0105ff,2601afaa'],
    },
    {
      name: 'V4: a time stamp that changes after the parameter sets',
      parameters: {},
      packets: [packet(0, vps), packet(0, sps), packet(0, pps), marked(3000, idr)],
      units: ['key 3000 2601afaa'],
    },
    {
      name: 'V5: a picture that goes on behind its marker',
      packets: [marked(0, idr), marked(0, idrPart), marked(3000, slice)],
      units: ['key 0 2601afaa,26012fab', 'unit 3000 0201d0bb'],
    },
    {
      name: 'V8: a type that differs in later fragments, the first one counts',
      packets: [packet(0, '6201 93 afaa'), packet(0, '6201 01 01'), marked(0, '6201 41 02')],
      units: ['key 0 2601afaa0102'],
    },
    {
      name: 'V9: empty fragments',
      packets: [packet(0, '6201 93 afaa'), packet(0, '6201 13'), packet(0, '6201'), marked(0, '6201 53 02')],
      units: ['key 0 2601afaa02'],
    },
    {
      name: 'V10: an end bit that is missing',
      packets: [packet(0, '6201 93 afaa'), marked(0, '6201 13 01'), marked(3000, slice)],
      units: ['key 0 2601afaa01', 'unit 3000 0201d0bb'],
    },
    {
      name: 'V11: start codes inside of a single NAL unit, an aggregate and fragments',
      parameters: {},
      packets: [
        packet(0, `${vps}00000001${sps}`),
        packet(0, aggregate(`${pps}000001${prefixSei}`)),
        packet(0, '6201 93 afaa 0000'),
        marked(0, `6201 53 01 ${idrPart}`),
      ],
      units: [`key 0 4e0105ff,2601afaa,${idrPart}`],
    },
    {
      name: 'V12: zeros behind NAL units',
      packets: [marked(0, `${idr}0000`), marked(3000, `${slice}000000`)],
      units: ['key 0 2601afaa', 'unit 3000 0201d0bb'],
    },
    {
      name: 'V14: an aggregation packet that is filled up with zeros',
      packets: [marked(0, `${aggregate(idr)}00000000`), marked(3000, slice)],
      units: ['key 0 2601afaa', 'unit 3000 0201d0bb'],
    },
    {
      name: 'V16: a lone trailing picture that nothing refers to is no key frame',
      packets: [marked(0, '0001d0bb'), marked(3000, idr)],
      units: ['unit 0 0001d0bb', 'key 3000 2601afaa'],
    },
    {
      name: 'parameter sets that change among the pictures win over those of the SDP (S21)',
      packets: [marked(0, idr), packet(3000, aggregate(vps, sps, pps)), marked(3000, idr)],
      units: ['key 0 2601afaa', 'key 3000 2601afaa'],
    },
    {
      name: 'an aggregation packet that is cut off costs its picture',
      packets: [marked(0, idr), marked(3000, `6001 0008 ${slice}`), marked(6000, slice)],
      units: ['key 0 2601afaa', 'damage: an aggregation packet is cut off', 'unit 6000 0201d0bb'],
    },
    {
      name: 'a byte stream put into a packet as it is gives its NAL units',
      packets: [marked(0, `00000001${vps}00000001${sps}00000001${pps}00000001${idr}`)],
      parameters: {},
      units: ['key 0 2601afaa'],
    },
    {
      name: 'payload content information cannot be read, and is told',
      packets: [marked(0, idr), marked(3000, '640101'), marked(6000, slice)],
      units: [
        'key 0 2601afaa',
        'damage: packets with payload content information (PACI) cannot be read',
        'unit 6000 0201d0bb',
      ],
    },
  ];

for (const { name, packets, units, parameters: given } of rows) {
  test(name, () => assert.deepEqual(short(run(packets, given)), units));
}

test('packets with any bytes never throw, leak, or give more than came', () => {
  const random = seededRandom(265);
  const heads = [
    hex('6001'),
    hex('6201'),
    hex('6201 93'),
    hex(idr),
    hex(slice),
    hex(aggregate(vps, sps, pps)),
    hex(''),
  ];
  for (let round = 0; round < 300; round++) {
    const packets = Array.from({ length: 40 }, () => {
      const rubbish = Buffer.from(Array.from({ length: Math.floor(random() * 30) }, () => random() * 256));
      const payload = Buffer.concat([heads[Math.floor(random() * heads.length)]!, rubbish]);
      return packet(Math.floor(random() * 4) * 3000, payload, {
        marker: random() < 0.4,
        lostBefore: random() < 0.1 ? 1 : 0,
      });
    });
    const { bytes } = run(packets, random() < 0.5 ? parameters : { 'sprop-max-don-diff': '2' });
    for (const unit of bytes) nalUnitsOf(unit);
  }
});

test('an access unit that grows without end is dropped, and memory stays bounded', () => {
  const format = { clockRate: 90_000, parameters: new Map(Object.entries(parameters)) };
  const depacketizer = new H265Depacketizer({ format, pool: new ChunkPool(), maxAccessUnitBytes: 10_000 });
  const reasons: string[] = [];
  for (let count = 0; count < 100; count++) {
    depacketizer.push(
      toRtpPacket(
        packet(0, Buffer.concat([hex(count === 0 ? '620193' : '620113'), Buffer.alloc(1_000, 0xaf)])),
        count,
      ),
      0,
    );
    for (let unit = depacketizer.next(); unit; unit = depacketizer.next()) {
      if (unit.kind === 'damage') reasons.push(unit.reason);
    }
  }
  assert.deepEqual(reasons, ['an access unit is longer than 10000 bytes']);
  depacketizer.close();
});
