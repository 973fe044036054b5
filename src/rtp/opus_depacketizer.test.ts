import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PayloadFormat } from './depacketizer.ts';
import { createDepacketizer } from './depacketizers.ts';
import { depacketize, packet, type TestPacket } from './test_support.ts';

const described = (
  more: Partial<PayloadFormat> = {},
  parameters: Record<string, string> = {},
): PayloadFormat => ({
  encoding: 'OPUS',
  clockRate: 48_000,
  channels: 2,
  parameters: new Map(Object.entries(parameters)),
  ...more,
});

const run = (packets: readonly TestPacket[], format = described()) =>
  depacketize((pool) => createDepacketizer('audio', format, pool), packets);

const short = ({ units, bytes }: ReturnType<typeof run>) =>
  units.map((unit, index) =>
    unit.kind === 'audioFrame'
      ? `${unit.rtpTimestamp}+${unit.durationTicks} ${bytes[index]!.toString('hex')}`
      : `${unit.kind}: ${unit.kind === 'damage' ? unit.reason : ''}`,
  );

const rows: { name: string; packets: TestPacket[]; units: string[] }[] = [
  {
    name: 'each packet is a frame that lasts as long as its first byte says',
    packets: [packet(0, '08aabb'), packet(960, '18cc'), packet(3840, '80dd')],
    units: ['0+960 08aabb', '960+2880 18cc', '3840+120 80dd'],
  },
  {
    name: 'a packet without frames is left out and counted',
    packets: [packet(0, '08aabb'), packet(960, '0b00'), packet(1920, '08cc')],
    units: ['0+960 08aabb', 'damage: a packet is no Opus', '1920+960 08cc'],
  },
  {
    name: 'a loss is told',
    packets: [
      packet(0, '08aa'),
      packet(1920, '08bb', { lostBefore: 1 }),
      packet(9600, '08cc', { lostBefore: 7 }),
    ],
    units: [
      '0+960 08aa',
      'damage: a packet was lost',
      '1920+960 08bb',
      'damage: 7 packets were lost',
      '9600+960 08cc',
    ],
  },
  { name: 'a packet of nothing is nothing', packets: [packet(0, '')], units: [] },
];

for (const { name, packets, units } of rows) {
  test(`Opus: ${name}`, () => {
    assert.deepEqual(short(run(packets)), units);
  });
}

const tracks: [name: string, PayloadFormat, channels: number][] = [
  ['as RFC 7587 has it', described(), 2],
  ['S23: with a clock of 16 kHz and one channel', described({ clockRate: 16_000, channels: 1 }), 2],
  ['S23: with a clock of 8 kHz', described({ clockRate: 8000 }), 2],
  ['that the camera calls stereo', described({}, { 'sprop-stereo': '1' }), 2],
  ['that the camera calls mono', described({}, { 'sprop-stereo': '0' }), 1],
];

for (const [name, format, channels] of tracks) {
  test(`Opus ${name} ticks 48,000 times a second and decodes to ${channels} channels`, () => {
    const [unit] = run([packet(0, '08aa')], format).units;
    assert.ok(unit?.kind === 'audioFrame');
    assert.deepEqual(unit.track, {
      kind: 'audio',
      codec: 'opus',
      timescale: 48_000,
      sampleRate: 48_000,
      channels,
      codecString: 'opus',
    });
  });
}

test('Opus: rubbish is frames as they came, or damage', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 30 }), (payloads) => {
      const { units, bytes } = run(payloads.map((payload, index) => packet(index * 960, payload)));
      const sent = payloads.filter(({ length }) => length > 0);
      assert.equal(units.length, sent.length);
      for (const [index, unit] of units.entries()) {
        if (unit.kind === 'audioFrame') assert.deepEqual([...bytes[index]!], [...sent[index]!]);
      }
    }),
    { numRuns: 500, seed: 8 },
  );
});
