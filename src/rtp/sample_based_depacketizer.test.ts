import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PayloadFormat } from './depacketizer.ts';
import { createDepacketizer } from './depacketizers.ts';
import { depacketize, packet, type TestPacket } from './test_support.ts';

interface Described {
  readonly encoding: string;
  readonly clockRate?: number;
  readonly channels?: number;
}

function run({ encoding, clockRate = 8000, channels = 1 }: Described, packets: readonly TestPacket[]) {
  const format: PayloadFormat = { encoding, clockRate, channels, parameters: new Map() };
  return depacketize((pool) => createDepacketizer('audio', format, pool), packets);
}

const short = ({ units, bytes }: ReturnType<typeof run>) =>
  units.map((unit, index) =>
    unit.kind === 'audioFrame'
      ? `${unit.rtpTimestamp}+${unit.durationTicks} ${bytes[index]!.toString('hex')}`
      : `${unit.kind}: ${unit.kind === 'damage' ? unit.reason : ''}`,
  );

const ms20 = 'ab'.repeat(160);

const rows: { name: string; described: Described; packets: TestPacket[]; units: string[] }[] = [
  {
    name: 'G.711 of 20 ms is a frame as it is',
    described: { encoding: 'PCMU' },
    packets: [packet(0, ms20), packet(160, ms20)],
    units: [`0+160 ${ms20}`, `160+160 ${ms20}`],
  },
  {
    name: 'A4: G.711 of odd lengths is put together while the time stamps go on',
    described: { encoding: 'PCMA' },
    packets: [packet(0, 'aa'), packet(1, 'aabbcc'), packet(4, ''), packet(4, 'dd'), packet(9, 'ee')],
    units: ['0+5 aaaabbccdd', '9+1 ee'],
  },
  {
    name: 'what lies on both sides of a loss is not joined',
    described: { encoding: 'PCMU' },
    packets: [packet(0, 'aa'), packet(1, 'bb', { lostBefore: 2 })],
    units: ['0+1 aa', 'damage: 2 packets were lost', '1+1 bb'],
  },
  {
    name: 'time stamps that wrap go on',
    described: { encoding: 'PCMU' },
    packets: [packet(2 ** 32 - 1, 'aa'), packet(0, 'bb')],
    units: [`${2 ** 32 - 1}+2 aabb`],
  },
  {
    name: 'L16 in stereo has four bytes to a tick',
    described: { encoding: 'L16', clockRate: 44_100, channels: 2 },
    packets: [packet(0, '0102 0304 0506 0708'), packet(2, '090a 0b0c'), packet(9, '0d0e 0f10')],
    units: ['0+3 0102030405060708090a0b0c', '9+1 0d0e0f10'],
  },
  {
    name: 'what is behind the last whole sample of L16 is left out and counted',
    described: { encoding: 'L16', clockRate: 16_000, channels: 2 },
    packets: [packet(0, '01020304 050607'), packet(2, '0102'), packet(3, '01020304')],
    units: [
      '0+1 01020304',
      'damage: a packet ends within a sample',
      'damage: a packet ends within a sample',
      '3+1 01020304',
    ],
  },
  {
    name: 'G.722 has a byte to a tick of its clock of 8 kHz',
    described: { encoding: 'G722' },
    packets: [packet(0, ms20), packet(160, 'aabb'), packet(162, 'cc')],
    units: [`0+160 ${ms20}`, '160+3 aabbcc'],
  },
  {
    name: 'G.722 whose clock is said to be 16 kHz has a byte to two ticks',
    described: { encoding: 'G722', clockRate: 16_000 },
    packets: [packet(0, 'aabb'), packet(4, 'cc')],
    units: ['0+6 aabbcc'],
  },
  {
    name: 'G.726 of 32 kbit/s has two samples to a byte, in the order of the file',
    described: { encoding: 'G726-32' },
    packets: [packet(0, '2143'), packet(4, '65')],
    units: ['0+6 123456'],
  },
  {
    name: 'G.726 in the order of AAL2 stays as it is',
    described: { encoding: 'AAL2-G726-32' },
    packets: [packet(0, '1234')],
    units: ['0+4 1234'],
  },
  {
    name: 'G721 is G.726 of 32 kbit/s',
    described: { encoding: 'G721' },
    packets: [packet(0, '2143')],
    units: ['0+4 1234'],
  },
  {
    name: 'G.726 of 24 kbit/s that ends within a byte is a frame by itself',
    described: { encoding: 'G726-24' },
    packets: [packet(0, '88c6fa'), packet(8, '88c6fa88'), packet(18, '88c6fa')],
    units: ['0+18 05397705397704', '18+8 053977'],
  },
  {
    name: 'G.726 of 40 kbit/s has eight samples to five bytes',
    described: { encoding: 'G726-40' },
    packets: [packet(0, '410c52cc41'), packet(8, '41')],
    units: ['0+9 08864298e808'],
  },
];

for (const { name, described, packets, units } of rows) {
  test(name, () => {
    assert.deepEqual(short(run(described, packets)), units);
  });
}

const encodings: readonly [Described, bitsPerTick: number][] = [
  [{ encoding: 'PCMU' }, 8],
  [{ encoding: 'L16', clockRate: 44_100, channels: 2 }, 32],
  [{ encoding: 'G722' }, 8],
  [{ encoding: 'G726-16' }, 2],
  [{ encoding: 'G726-24' }, 3],
  [{ encoding: 'AAL2-G726-40' }, 5],
  [{ encoding: 'G726-32', channels: 2 }, 8],
];

test('of whole packets every byte is delivered once, and each frame begins where the one before ends', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...encodings),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      ([described, bitsPerTick], groups, start) => {
        let ticks = start;
        let total = 0;
        // Eight ticks fill whole bytes of any encoding.
        const packets = groups.map((count) => {
          const made = packet(ticks >>> 0, new Uint8Array(count * bitsPerTick).fill(count));
          ticks += count * 8;
          total += count * bitsPerTick;
          return made;
        });
        const { units, bytes } = run(described, packets);
        let next = start;
        for (const unit of units) {
          assert.ok(unit.kind === 'audioFrame');
          assert.equal(unit.rtpTimestamp, next >>> 0);
          next += unit.durationTicks;
        }
        assert.equal(next, ticks);
        assert.equal(
          bytes.reduce((sum, { length }) => sum + length, 0),
          total,
        );
        // So that an hour has no more than 180,000 frames: all but the last have 20 ms.
        const least = (described.clockRate ?? 8000) / 50;
        for (const unit of units.slice(0, -1))
          assert.ok(unit.kind === 'audioFrame' && unit.durationTicks >= least);
      },
    ),
    { numRuns: 300, seed: 6 },
  );
});

test('rubbish is frames or damage, with bytes no more than there were', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...encodings),
      fc.array(
        fc.record({
          timestamp: fc.oneof(fc.constantFrom(0, 8, 16), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
          payload: fc.uint8Array({ maxLength: 40 }),
          lostBefore: fc.constantFrom(0, 0, 0, 1, 9),
        }),
        { maxLength: 40 },
      ),
      ([described], packets) => {
        const { units, bytes } = run(described, packets);
        const delivered = bytes.reduce((sum, { length }) => sum + length, 0);
        assert.ok(delivered <= packets.reduce((sum, { payload }) => sum + payload.length, 0));
        const losses = packets.filter(({ lostBefore }) => lostBefore > 0).length;
        assert.ok(units.filter(({ kind }) => kind === 'damage').length >= losses);
        for (const unit of units) if (unit.kind === 'audioFrame') assert.ok(unit.durationTicks >= 1);
      },
    ),
    { numRuns: 500, seed: 7 },
  );
});
