import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { Depacketizer } from './depacketizer.ts';
import { createDepacketizer } from './depacketizers.ts';
import { H265InterleavedDepacketizer } from './h265_interleaved_depacketizer.ts';
import { depacketize, hex, nalUnitsOf, packet, seededRandom, type TestPacket } from './test_support.ts';

const base64 = (text: string) => hex(text).toString('base64');
const parameters = {
  'sprop-vps': base64('40010c01ffff01600000030090000003000003003c959409'),
  'sprop-sps': base64('42010101600000030090000003000003003ca00a480b9c9596565924caf0168080000003008000000c84'),
  'sprop-pps': base64('4401c172b46240'),
  'sprop-max-don-diff': '8',
  'sprop-depack-buf-nalus': '4',
};

function make(pool: ChunkPool): Depacketizer {
  const format = {
    encoding: 'H265',
    clockRate: 90_000,
    channels: 1,
    parameters: new Map(Object.entries(parameters)),
  };
  return createDepacketizer('video', format, pool);
}

const don = (number: number) => (number & 0xffff).toString(16).padStart(4, '0');
const length = (unit: string) => hex(unit).length.toString(16).padStart(4, '0');
/** The first slice of a picture, its number in the last byte. */
const key = '2601af01';
const slice = (number: number) => `0201d0${number.toString(16).padStart(2, '0')}`;
const part = (number: number) => `020150${number.toString(16).padStart(2, '0')}`;
const single = (timestamp: number, number: number, unit: string, more = {}): TestPacket =>
  packet(timestamp, `${unit.slice(0, 4)}${don(number)}${unit.slice(4)}`, more);

function run(packets: readonly TestPacket[]): string[] {
  const { units, bytes } = depacketize(make, packets);
  return units.map((unit, index) => {
    if (unit.kind === 'damage') return `damage: ${unit.reason}`;
    const nalUnits = nalUnitsOf(bytes[index]!).map((each) => each.toString('hex'));
    return `${unit.kind === 'accessUnit' && unit.keyFrame ? 'key ' : ''}${unit.rtpTimestamp} ${nalUnits.join()}`;
  });
}

const inOrder = [`key 0 ${key}`, `3000 ${slice(2)}`, `6000 ${slice(3)}`];

const rows: readonly [name: string, packets: readonly TestPacket[], expected: readonly string[]][] = [
  [
    'NAL units that come in decoding order',
    [single(0, 1, key), single(3000, 2, slice(2)), single(6000, 3, slice(3))],
    inOrder,
  ],
  [
    'NAL units that come in another order',
    [single(6000, 3, slice(3)), single(0, 1, key), single(3000, 2, slice(2))],
    inOrder,
  ],
  [
    'numbers that wrap',
    [single(6000, 1, slice(3)), single(0, 0xffff, key), single(3000, 0, slice(2))],
    inOrder,
  ],
  [
    'slices of two pictures in turns',
    [
      single(0, 1, key),
      single(3000, 3, slice(3)),
      single(6000, 5, slice(5)),
      single(0, 2, part(2)),
      single(3000, 4, part(4)),
    ],
    [`0 ${key},${part(2)}`, `3000 ${slice(3)},${part(4)}`, `6000 ${slice(5)}`],
  ],
  [
    'an aggregate whose numbers have holes',
    [
      packet(3000, `6001 ${don(2)} ${length(slice(2))}${slice(2)} 01 ${length(part(4))}${part(4)}`),
      single(3000, 3, part(3)),
      single(0, 1, key),
    ],
    [`key 0 ${key}`, `3000 ${slice(2)},${part(3)},${part(4)}`],
  ],
  [
    'fragments, with the number in the first one',
    [
      single(3000, 2, slice(2)),
      packet(0, `6201 93 ${don(1)} af`),
      packet(0, '6201 13 02'),
      packet(0, '6201 53 03'),
    ],
    ['key 0 2601af0203', `3000 ${slice(2)}`],
  ],
  [
    'a loss costs all pictures that are under way, and nothing of it is written as if whole',
    [
      single(0, 1, key),
      single(6000, 3, slice(3)),
      single(9000, 9, key, { lostBefore: 1 }),
      single(12_000, 10, slice(10)),
    ],
    ['damage: a packet was lost', `key 9000 ${key}`, `12000 ${slice(10)}`],
  ],
  [
    'payload content information is refused in words',
    [packet(0, '6401 0000 01'), single(3000, 1, key)],
    ['damage: packets with payload content information (PACI) cannot be read', `key 3000 ${key}`],
  ],
];

for (const [name, packets, expected] of rows) {
  test(name, () => assert.deepEqual(run(packets), expected));
}

test('formats without a buffer of NAL units go the short way', () => {
  const format = { encoding: 'H265', clockRate: 90_000, channels: 1 };
  const of = (given: Record<string, string>) =>
    depacketize((pool) => {
      const made = createDepacketizer(
        'video',
        { ...format, parameters: new Map(Object.entries(given)) },
        pool,
      );
      interleaved.push(made instanceof H265InterleavedDepacketizer);
      return made;
    }, []);
  const interleaved: boolean[] = [];
  of({ 'sprop-max-don-diff': '1' });
  of({ 'sprop-depack-buf-nalus': '1' });
  of({ 'sprop-max-don-diff': 'many', 'sprop-depack-buf-nalus': '1' });
  of(parameters);
  assert.deepEqual(interleaved, [false, false, false, true]);
});

test('what was sent in any order that the buffer allows is decoded in its own', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 60 }), fc.nat(0xffff), (choices, first) => {
      const waiting = Array.from({ length: choices.length }, (_, index) => index);
      const held: number[] = [];
      // At most four may come before one that is decoded before them.
      const sent = choices.map((choice) => {
        const ahead = held.filter((each) => each > waiting[0]!).length;
        const [picked] = waiting.splice(Math.min(choice, 4 - ahead, waiting.length - 1), 1);
        held.push(picked!);
        return picked!;
      });
      const units = run(
        sent.map((index) => single(index * 3000, first + index, index === 0 ? key : slice(index))),
      );
      assert.deepEqual(
        units,
        choices.map((_, index) => (index === 0 ? `key 0 ${key}` : `${index * 3000} ${slice(index)}`)),
      );
    }),
    { seed: 7798, numRuns: 300 },
  );
});

test('no bytes throw or hold memory', () => {
  const random = seededRandom(7798);
  const heads = ['6001', '6201', '6201 93', key, slice(1), '6401', ''].map(hex);
  for (let round = 0; round < 200; round++) {
    const packets = Array.from({ length: 40 }, () => {
      const rubbish = Buffer.from(Array.from({ length: Math.floor(random() * 20) }, () => random() * 256));
      const payload = Buffer.concat([heads[Math.floor(random() * heads.length)]!, rubbish]);
      const lostBefore = random() < 0.05 ? 1 : 0;
      return packet(Math.floor(random() * 4) * 3000, payload, { marker: random() < 0.4, lostBefore });
    });
    run(packets);
  }
});
