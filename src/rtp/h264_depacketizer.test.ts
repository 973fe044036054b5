import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseH264Sps } from '../media/h264_sps.ts';
import { ChunkPool } from '../media/sample_arena.ts';
import { writePps, writeSlice, writeSps } from '../media/test_support.ts';
import type { H264Track } from '../media/track.ts';
import { H264Depacketizer } from './h264_depacketizer.ts';
import {
  depacketize,
  hex,
  marked,
  nalUnitsOf,
  packet,
  seededRandom,
  type TestPacket,
  toRtpPacket,
  WatchedPool,
} from './test_support.ts';

// Made by x264: 322 x 182 with B-frames, and 1920 x 1080 baseline.
const sps = '6764000dacd305467889b011000003000100000300320f142938';
const pps = '68ef8fcb';
const largeSps = '6742c028da01e0089f97011000000300100000030320f1832a';
const largePps = '68ce0fc8';
/** The same as `sps` with another frame rate: only num_units_in_tick and time_scale differ. */
const otherRateSps = '6764000dacd305467889b0110000030001000003003c0f142938';
const sprop = `${base64(sps)},${base64(pps)}`;

// The second byte tells whether a slice is the first one of its picture.
const idr = '6588aa';
const idrPart = '6544ab';
const slice = '419abb';
const slicePart = '4144bc';
const sei = '0605ffee';
const delimiter = '0910';

function base64(text: string): string {
  return hex(text).toString('base64');
}

function run(
  packets: readonly TestPacket[],
  parameters: Record<string, string> = { 'sprop-parameter-sets': sprop },
) {
  const format = { clockRate: 90_000, parameters: new Map(Object.entries(parameters)) };
  return depacketize((pool) => new H264Depacketizer({ format, pool, maxAccessUnitBytes: 100_000 }), packets);
}

/** Units in short: `key 0 6588aa,6544ab` with time stamp and NAL units, or `damage: why`. */
function short({ units, bytes }: ReturnType<typeof run>): string[] {
  return units.map((unit, index) => {
    if (unit.kind === 'damage') return `damage: ${unit.reason}`;
    assert.equal(unit.kind, 'accessUnit');
    const nalUnits = nalUnitsOf(bytes[index]!).map((nalUnit) => nalUnit.toString('hex'));
    const type = unit.kind === 'accessUnit' && unit.keyFrame ? 'key' : 'unit';
    return `${type} ${unit.rtpTimestamp} ${nalUnits.join()}`;
  });
}

const stap = (...nalUnits: string[]) =>
  `78${nalUnits.map((unit) => hex(unit).length.toString(16).padStart(4, '0') + unit).join('')}`;

const annexB = '00000001';

const rows: { name: string; packets: TestPacket[]; units: string[] }[] = [
  {
    name: 'single, aggregated and fragmented NAL units become access units of length-prefixed NAL units',
    packets: [
      packet(0, stap(delimiter, sps, pps, sei)),
      packet(0, '7c85 88aa'),
      packet(0, '7c05 01'),
      marked(0, '7c45 02'),
      marked(3000, slice),
    ],
    units: ['key 0 0605ffee,6588aa0102', 'unit 3000 419abb'],
  },
  {
    name: 'a loss after a whole picture costs what was begun behind its marker, and nothing else',
    packets: [
      marked(0, `${idr}010203`),
      packet(0, '7c86 0102'),
      packet(3600, slice, { lostBefore: 1 }),
      marked(7200, slice),
    ],
    units: ['key 0 6588aa010203', 'damage: a packet was lost', 'unit 3600 419abb', 'unit 7200 419abb'],
  },
  {
    name: 'V1: a camera that never sets the marker bit still gives whole access units',
    packets: [packet(0, idr), packet(0, idrPart), packet(3000, slice), packet(6000, slice)],
    units: ['key 0 6588aa,6544ab', 'unit 3000 419abb', 'unit 6000 419abb'],
  },
  {
    name: 'V2: an access unit does not end at a marker on parameter sets',
    packets: [marked(0, sps), marked(0, pps), marked(0, idr), marked(3000, slice)],
    units: ['key 0 6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'V3: an access unit does not end at a marker on SEI',
    packets: [packet(0, stap(sps, pps)), marked(0, sei), marked(0, idr), marked(3000, slice)],
    units: ['key 0 0605ffee,6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'V3: SEI with a marker behind the slices goes to the next access unit',
    packets: [packet(0, idr), marked(0, sei), packet(3000, slice), marked(3000, sei), marked(6000, slice)],
    units: ['key 0 6588aa', 'unit 3000 0605ffee,419abb', 'unit 6000 0605ffee,419abb'],
  },
  {
    name: 'V4: a time stamp that changes after the parameter sets does not tear the access unit',
    packets: [marked(0, idr), packet(2000, sps), packet(2000, pps), packet(2000, sei), marked(3000, idr)],
    units: ['key 0 6588aa', 'key 3000 0605ffee,6588aa'],
  },
  {
    name: 'V4: parameter sets with the time stamp of the picture before them belong to the next one',
    packets: [packet(0, idr), packet(0, sps), packet(0, pps), packet(0, sei), packet(3000, slice)],
    units: ['key 0 6588aa', 'unit 3000 0605ffee,419abb'],
  },
  {
    name: 'V5: a picture goes on after its marker when no first slice intervenes',
    packets: [marked(0, idr), marked(0, idrPart), marked(3000, slice), marked(3000, slicePart)],
    units: ['key 0 6588aa,6544ab', 'unit 3000 419abb,4144bc'],
  },
  {
    name: 'V5: a first slice after the marker begins a picture though the time stamp stays',
    packets: [marked(0, idr), marked(0, slice), marked(0, slice)],
    units: ['key 0 6588aa', 'unit 0 419abb', 'unit 0 419abb'],
  },
  {
    name: 'V6: a fragment with start and end both set is a whole NAL unit',
    packets: [marked(0, '7cc5 88aa'), marked(3000, '5cc1 9abb')],
    units: ['key 0 6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'V7: the reserved bit of a fragment is ignored',
    packets: [packet(0, '7ca5 88aa'), packet(0, '7c25 01'), marked(0, '7c65 02')],
    units: ['key 0 6588aa0102'],
  },
  {
    name: 'V8: a NAL unit has the type of its first fragment',
    packets: [packet(0, '7c85 88aa'), packet(0, '7c01 01'), marked(0, '5c41 02')],
    units: ['key 0 6588aa0102'],
  },
  {
    name: 'V9: an empty fragment is ignored, wherever it comes',
    packets: [
      packet(0, '7c05'),
      packet(0, '7c'),
      packet(0, '7c85'),
      packet(0, '7c05 88aa'),
      packet(0, '7c05'),
      packet(0, '7c05 01'),
      marked(0, '7c45'),
    ],
    units: ['key 0 6588aa01'],
  },
  {
    name: 'V10: a fragment without an end is closed by the next NAL unit',
    packets: [packet(0, '7c85 88aa'), packet(0, '7c05 01'), packet(0, '7c85 44ab'), marked(0, '7c45 02')],
    units: ['key 0 6588aa01,6544ab02'],
  },
  {
    name: 'V10: a fragment without an end is closed by the next time stamp',
    packets: [packet(0, '7c85 88aa'), packet(0, '7c05 01'), marked(3000, slice)],
    units: ['key 0 6588aa01', 'unit 3000 419abb'],
  },
  {
    name: 'V11: start codes inside a single NAL unit packet split it',
    packets: [marked(0, sps + annexB + pps + annexB + idr), marked(3000, slice)],
    units: ['key 0 6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'V11: a packet that begins with a start code is split too',
    packets: [marked(0, annexB + sps + annexB + pps + annexB + idr), marked(3000, `000001${slice}`)],
    units: ['key 0 6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'V11: start codes inside an aggregation packet split its NAL units',
    packets: [marked(0, stap(sps + annexB + pps, idr + annexB + idrPart))],
    units: ['key 0 6588aa,6544ab'],
  },
  {
    name: 'V11: start codes inside and across fragments split the NAL unit',
    packets: [
      packet(0, `7c87${sps.slice(2)}00`),
      packet(0, `7c07000001${pps}0000`),
      packet(0, `7c0701${idr}`),
      marked(0, `7c47${annexB}${idrPart}`),
    ],
    units: ['key 0 6588aa,6544ab'],
  },
  {
    name: 'V12: zeros after a NAL unit are stripped',
    packets: [
      packet(0, `${idr}0000`),
      packet(0, stap(`${idrPart}000000`)),
      packet(3000, '7c8188ab'),
      marked(3000, '7c410000'),
    ],
    units: ['key 0 6588aa,6544ab', 'unit 3000 6188ab'],
  },
  {
    name: 'V14: zero padding in an aggregation packet is skipped',
    packets: [marked(0, `${stap(sps, pps, idr)}0000000000`), marked(3000, `780000${stap(slice).slice(2)}`)],
    units: ['key 0 6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'V17: a picture of IDR and other slices is not a key frame',
    packets: [
      packet(0, idr),
      marked(0, slicePart),
      packet(3000, slice),
      marked(3000, idrPart),
      marked(6000, idr),
    ],
    units: ['unit 0 6588aa,4144bc', 'unit 3000 419abb,6544ab', 'key 6000 6588aa'],
  },
  {
    name: 'an intra picture announced by a recovery point is a key frame',
    packets: [packet(0, '060601c480'), marked(0, '6188aa'), marked(3000, slice)],
    units: ['key 0 060601c480,6188aa', 'unit 3000 419abb'],
  },
  {
    name: 'a recovery point behind other messages counts, and for its own picture alone',
    packets: [
      marked(0, idr),
      packet(3000, '060502aabb0601c480'),
      marked(3000, '6188aa'),
      marked(6000, '6188aa'),
    ],
    units: ['key 0 6588aa', 'key 3000 060502aabb0601c480,6188aa', 'unit 6000 6188aa'],
  },
  {
    name: 'V17: a picture of intra and other slices is not a key frame, whatever is announced',
    packets: [packet(0, '060601c480'), packet(0, '6188aa'), marked(0, slicePart)],
    units: ['unit 0 060601c480,6188aa,4144bc'],
  },
  {
    name: 'a picture from which the image recovers bit by bit is not a key frame',
    packets: [packet(0, '0606022a4080'), marked(0, '6188aa')],
    units: ['unit 0 0606022a4080,6188aa'],
  },
  {
    name: 'a recovery point that is cut off announces nothing',
    packets: [packet(0, '0606'), marked(0, '6188aa'), packet(3000, '06ffff'), marked(3000, '6188aa')],
    units: ['unit 0 0606,6188aa', 'unit 3000 06ffff,6188aa'],
  },
  {
    name: 'delimiters, filler and ends of sequence are left out, also at the marker',
    packets: [
      packet(0, delimiter),
      packet(0, idr),
      packet(0, '0a'),
      marked(0, '0cffff80'),
      marked(3000, slice),
    ],
    units: ['key 0 6588aa', 'unit 3000 419abb'],
  },
  {
    name: 'P11: a picture with a hole is dropped and reported, and what follows goes on',
    packets: [
      packet(0, '7c8588aa'),
      packet(0, '7c0501', { lostBefore: 2 }),
      marked(0, '7c4502'),
      marked(3000, slice),
    ],
    units: ['damage: 2 packets were lost', 'unit 3000 419abb'],
  },
  {
    name: 'P11: a picture whose beginning was lost is dropped with the loss reported once',
    packets: [
      marked(0, idr),
      packet(3000, '5c01bb', { lostBefore: 1 }),
      marked(3000, '5c41cc'),
      marked(6000, slice),
    ],
    units: ['key 0 6588aa', 'damage: a packet was lost', 'unit 6000 419abb'],
  },
  {
    name: 'P11: a picture whose first slice was lost is dropped',
    packets: [marked(0, idr), packet(3000, slicePart, { lostBefore: 1 }), marked(6000, slice)],
    units: ['key 0 6588aa', 'damage: a packet was lost', 'unit 6000 419abb'],
  },
  {
    name: 'P11: whole pictures on both sides of a loss are kept',
    packets: [marked(0, idr), packet(6000, slice, { lostBefore: 5 }), marked(9000, slice)],
    units: ['key 0 6588aa', 'damage: 5 packets were lost', 'unit 6000 419abb', 'unit 9000 419abb'],
  },
  {
    name: 'P11: without a marker the end of a picture may be what was lost',
    packets: [packet(0, idr), packet(3000, slice, { lostBefore: 1 }), packet(6000, slice)],
    units: ['damage: a packet was lost', 'unit 3000 419abb', 'unit 6000 419abb'],
  },
  {
    name: 'a session that is joined in the middle of a picture begins with the next one',
    packets: [packet(0, '7c0501'), marked(0, '7c4502'), marked(3000, slice)],
    units: ['unit 3000 419abb'],
  },
  {
    name: 'a fragment without its beginning spoils the picture though no packet is missing',
    packets: [marked(0, idr), packet(3000, slice), marked(3000, '5c4102'), marked(6000, slice)],
    units: [
      'key 0 6588aa',
      'damage: a fragment came without the beginning of its NAL unit',
      'unit 6000 419abb',
    ],
  },
  {
    name: 'an aggregation packet that is cut off spoils the picture',
    packets: [marked(0, idr), marked(3000, '78 0003 419abb 0009 41'), marked(6000, slice)],
    units: ['key 0 6588aa', 'damage: an aggregation packet is cut off', 'unit 6000 419abb'],
  },
  {
    name: 'packets of the interleaved mode are reported, packets of undefined types ignored',
    packets: [
      marked(0, idr),
      marked(3000, '1d85000188aa'),
      marked(6000, '1e00'),
      packet(6000, ''),
      marked(6000, slice),
    ],
    units: ['key 0 6588aa', 'damage: packets of type 29 need the interleaved mode', 'unit 6000 419abb'],
  },
  {
    name: 'the last picture of a session is whole when its marker came, also at the end of fragments',
    packets: [marked(0, idr), packet(3000, '5c819abb'), packet(3000, '5c01cc'), marked(3000, '5c41dd')],
    units: ['key 0 6588aa', 'unit 3000 419abbccdd'],
  },
  {
    name: 'the session may end within a picture, which is not written as if it were whole',
    packets: [marked(0, idr), packet(3000, '5c819a')],
    units: ['key 0 6588aa', 'damage: the session ended within a picture'],
  },
  {
    name: 'the session may end before the marker of a picture',
    packets: [marked(0, idr), packet(3000, slice)],
    units: ['key 0 6588aa', 'damage: the session ended before the end of a picture'],
  },
];

for (const { name, packets, units } of rows) {
  test(name, () => assert.deepEqual(short(run(packets)), units));
}

const tracks = (result: ReturnType<typeof run>) =>
  result.units.map((unit) => (unit.kind === 'accessUnit' ? unit.track : undefined)) as (
    | H264Track
    | undefined
  )[];

test('V13: rubbish after the SPS is kept and does not hide the size of the picture', () => {
  const rubbish = `${sps}deadbeef`;
  const [track] = tracks(run([packet(0, rubbish), packet(0, pps), marked(0, idr)], {}));
  assert.deepEqual([track?.width, track?.height], [322, 182]);
  assert.equal(Buffer.from(track!.sps).toString('hex'), rubbish);
});

test('V18: parameter sets that change mid-stream give a new track from the same picture on', () => {
  const before = [packet(0, stap(sps, pps)), marked(0, idr), marked(3000, slice)];
  const after = [packet(6000, stap(largeSps, largePps)), marked(6000, idr), marked(9000, slice)];
  const result = run([...before, ...after]);
  assert.deepEqual(
    tracks(result).map((track) => track?.width),
    [322, 322, 1920, 1920],
  );
  const [first, second, third, fourth] = tracks(result);
  assert.ok(first === second && third === fourth);
});

test('V18: parameter sets behind the slices hold from the next picture on', () => {
  const result = run([packet(0, idr), packet(0, largeSps), packet(0, largePps), packet(3000, idr)]);
  assert.deepEqual(
    tracks(result).map((track) => track?.width),
    [322, 1920],
  );
});

test('V19: parameter sets that mean the same to a decoder do not change the track', () => {
  assert.equal(parseH264Sps(hex(otherRateSps)).vui?.timing?.timeScale, 60);
  const variants = [sps, `${sps}00`, otherRateSps, `${sps}abcd`, sps];
  const packets = variants.flatMap((variant, index) => [
    packet(index * 3000, stap(variant, pps)),
    marked(index * 3000, idr),
  ]);
  const all = tracks(run(packets));
  assert.equal(all.length, variants.length);
  for (const track of all) assert.ok(track === all[0]);
});

for (const value of [undefined, '', ',', 'rubbish', '!!!', base64('ffffffff'), base64(sps)]) {
  test(`S19: with sprop-parameter-sets ${JSON.stringify(value)} pictures wait for in-band parameter sets`, () => {
    const parameters = value === undefined ? {} : { 'sprop-parameter-sets': value };
    const packets = [marked(0, idr), packet(3000, stap(sps, pps)), marked(3000, idr)];
    const result = run(packets, parameters as Record<string, string>);
    assert.deepEqual(short(result), ['damage: a picture came before its parameter sets', 'key 3000 6588aa']);
    assert.equal(tracks(result)[1]?.width, 322);
  });
}

for (const [name, value] of [
  ['four bytes', `${base64(annexB + sps)},${base64(annexB + pps)}`],
  ['three bytes', `${base64(`000001${sps}`)}, ${base64(`000001${pps}`)}`],
  ['and both sets in one value', base64(annexB + sps + annexB + pps)],
] as const) {
  test(`S20: start codes of ${name} inside sprop-parameter-sets are stripped`, () => {
    const [track] = tracks(run([marked(0, idr)], { 'sprop-parameter-sets': value }));
    assert.equal(Buffer.from(track!.sps).toString('hex'), sps);
    assert.deepEqual(
      track!.pps.map((one) => Buffer.from(one).toString('hex')),
      [pps],
    );
  });
}

test('S21: in-band parameter sets win over those of the session description', () => {
  const result = run([packet(0, largeSps), packet(0, largePps), marked(0, idr)]);
  assert.equal(tracks(result)[0]?.width, 1920);
});

test('S21: in-band parameter sets that cannot be read do not replace good ones', () => {
  const result = run([packet(0, '6764'), packet(0, '68'), marked(0, idr)]);
  assert.equal(tracks(result)[0]?.width, 322);
});

test('several SPS are told apart by the slices that use them', () => {
  const sets = [
    writeSps({ id: 0 }),
    writePps(0, 0),
    writeSps({ id: 1, widthInMacroblocks: 40 }),
    writePps(1, 1),
  ];
  for (const [ppsId, width] of [
    [0, 320],
    [1, 640],
  ] as const) {
    const result = run([...sets.map((one) => packet(0, one)), marked(0, writeSlice(5, ppsId))], {});
    assert.equal(tracks(result)[0]?.width, width);
  }
});

test('a marker that was right for a while passes the picture on at once, until it is wrong', () => {
  const pool = new ChunkPool();
  const format = { clockRate: 90_000, parameters: new Map([['sprop-parameter-sets', sprop]]) };
  const depacketizer = new H264Depacketizer({ format, pool });
  const taken = () => {
    const unit = depacketizer.next();
    return unit?.kind === 'accessUnit' ? unit.rtpTimestamp : unit?.kind;
  };
  const push = (timestamp: number, payload: string) => {
    depacketizer.push(toRtpPacket(marked(timestamp, payload)), 0);
    return taken();
  };
  assert.equal(push(0, idr), undefined);
  for (let index = 1; index <= 15; index++) assert.equal(push(index, slice), index - 1);
  assert.equal(push(16, slice), 15);
  assert.equal(taken(), 16);
  assert.equal(push(17, slice), 17);
  assert.equal(push(17, slicePart), 'damage');
  assert.equal(push(18, slice), undefined);
  assert.equal(push(18, slicePart), undefined);
  assert.equal(push(19, slice), 18);
});

test('a marker that was wrong once is never believed again', () => {
  const pool = new ChunkPool();
  const format = { clockRate: 90_000, parameters: new Map([['sprop-parameter-sets', sprop]]) };
  const depacketizer = new H264Depacketizer({ format, pool });
  depacketizer.push(toRtpPacket(marked(0, idr)), 0);
  depacketizer.push(toRtpPacket(marked(0, idrPart)), 0);
  for (let index = 1; index <= 40; index++) {
    depacketizer.push(toRtpPacket(marked(index, slice)), 0);
    const unit = depacketizer.next();
    assert.equal(unit?.kind === 'accessUnit' && unit.rtpTimestamp, index - 1);
    assert.equal(depacketizer.next(), undefined);
  }
});

test('V3: a trusted marker is not trusted on SEI between the slices of a picture', () => {
  const before = [marked(0, idr), ...Array.from({ length: 20 }, (_, index) => marked(index + 1, slice))];
  const result = run([
    ...before,
    packet(100, slice),
    marked(100, sei),
    marked(100, slicePart),
    marked(101, slice),
  ]);
  assert.deepEqual(short(result).slice(-2), ['unit 100 419abb,0605ffee,4144bc', 'unit 101 419abb']);
});

test('units that nobody fetched are released when the depacketizer is closed', () => {
  const pool = new WatchedPool();
  const format = { clockRate: 90_000, parameters: new Map([['sprop-parameter-sets', sprop]]) };
  const depacketizer = new H264Depacketizer({ format, pool });
  for (let index = 0; index < 5; index++) depacketizer.push(toRtpPacket(marked(index, idr)), 0);
  depacketizer.close();
  assert.equal(pool.holders, 0);
});

test('an access unit beyond its bound in bytes is dropped, and the next one is whole', () => {
  const fragment = Buffer.concat([hex('5c01'), Buffer.alloc(60_000, 0x55)]);
  const result = run([
    marked(0, idr),
    packet(3000, '5c819a'),
    packet(3000, fragment),
    packet(3000, fragment),
    packet(3000, fragment),
    marked(3000, '5c4102'),
    marked(6000, slice),
  ]);
  assert.deepEqual(short(result), [
    'key 0 6588aa',
    'damage: an access unit is longer than 100000 bytes',
    'unit 6000 419abb',
  ]);
});

test('an access unit beyond its bound in NAL units is dropped, and the next one is whole', () => {
  const many = Array.from({ length: 1100 }, () => packet(3000, slicePart));
  const stream = annexB + Array.from({ length: 1100 }, () => slicePart).join('000001');
  const result = run([
    marked(0, idr),
    packet(3000, slice),
    ...many,
    marked(6000, slice),
    marked(9000, slice + stream),
    marked(12_000, slice),
  ]);
  const reason = 'damage: an access unit has more than 1024 NAL units';
  assert.deepEqual(short(result), ['key 0 6588aa', reason, 'unit 6000 419abb', reason, 'unit 12000 419abb']);
});

test('any bytes give units that are sound, with bounded memory and nothing leaked', () => {
  const random = seededRandom(20_260_101);
  const pieces = [
    sps,
    pps,
    idr,
    idrPart,
    slice,
    slicePart,
    sei,
    delimiter,
    annexB,
    '7c85',
    '7c05',
    '7c45',
    '78',
    '0000',
  ];
  const pick = () => pieces[Math.floor(random() * pieces.length)]!;
  for (let round = 0; round < 300; round++) {
    let timestamp = 0;
    const packets = Array.from({ length: 40 }, () => {
      if (random() < 0.3) timestamp += 3000;
      const parts = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
        random() < 0.2
          ? Math.floor(random() * 2 ** 32)
              .toString(16)
              .padStart(8, '0')
          : pick(),
      );
      const lostBefore = random() < 0.1 ? 1 + Math.floor(random() * 3) : 0;
      return packet(timestamp, parts.join(''), { marker: random() < 0.3, lostBefore });
    });
    const { units, bytes } = run(packets, random() < 0.5 ? {} : { 'sprop-parameter-sets': sprop });
    units.forEach((unit, index) => {
      if (unit.kind !== 'accessUnit') return;
      const nalUnits = nalUnitsOf(bytes[index]!);
      const types = nalUnits.map((nalUnit) => nalUnit[0]! & 0x1f);
      assert.ok(types.some((type) => type === 1 || type === 2 || type === 5));
      assert.ok(!types.some((type) => type === 0 || type === 7 || type === 8 || type === 9 || type > 23));
      if (unit.keyFrame) assert.ok(types.includes(5) && !types.includes(1));
      for (const nalUnit of nalUnits) assert.ok(nalUnit.length >= 2 && nalUnit.at(-1) !== 0);
    });
  }
});
