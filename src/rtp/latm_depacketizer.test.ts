import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  lowComplexity,
  type MuxRecipe,
  muxConfigBytes,
  muxElement,
} from '../../test/fixtures/latm_elements.ts';
import type { PayloadFormat } from './depacketizer.ts';
import { createDepacketizer, whyUnsupported } from './depacketizers.ts';
import { depacketize, hex, marked, packet, type TestPacket } from './test_support.ts';

const outOfBand = { cpresent: '0', config: '400024203fc0' };
const recipe: MuxRecipe = { config: lowComplexity };

const described = (parameters: Record<string, string>, more: Partial<PayloadFormat> = {}): PayloadFormat => ({
  encoding: 'MP4A-LATM',
  clockRate: 44_100,
  channels: 2,
  parameters: new Map(Object.entries(parameters)),
  ...more,
});

const run = (packets: readonly TestPacket[], format = described(outOfBand)) =>
  depacketize((pool) => createDepacketizer('audio', format, pool), packets);

const short = ({ units, bytes }: ReturnType<typeof run>) =>
  units.map((unit, index) =>
    unit.kind === 'audioFrame'
      ? `${unit.rtpTimestamp} ${bytes[index]!.toString('hex')}`
      : `${unit.kind}: ${unit.kind === 'damage' ? unit.reason : ''}`,
  );

const long = 'ab'.repeat(300);
const frame = (...bytes: number[]) => Uint8Array.from(bytes);
const inBand = (config: 'whole' | 'same', ...frames: Uint8Array[]) => muxElement(recipe, frames, config);

const rows: { name: string; format?: PayloadFormat; packets: TestPacket[]; units: string[] }[] = [
  {
    name: 'an element with one frame',
    packets: [marked(0, '03 010203'), marked(1024, '02 0405')],
    units: ['0 010203', '1024 0405'],
  },
  {
    name: 'a length beyond a byte',
    packets: [marked(0, `ff2d ${long}`)],
    units: [`0 ${long}`],
  },
  {
    name: 'a length of 255, which needs a byte of 0 behind it',
    packets: [marked(0, `ff00 ${'ab'.repeat(255)}`)],
    units: [`0 ${'ab'.repeat(255)}`],
  },
  {
    name: 'an element over three packets, up to the marker',
    packets: [packet(0, '06 0102'), packet(0, '0304'), marked(0, '0506'), marked(1024, '01 07')],
    units: ['0 010203040506', '1024 07'],
  },
  {
    name: 'a length that is cut in two',
    packets: [packet(0, 'ff'), marked(0, `2d ${long}`)],
    units: [`0 ${long}`],
  },
  {
    name: 'no markers: an element ends where the time stamp changes, and with the session',
    packets: [packet(0, '03 0102'), packet(0, '03'), packet(1024, '01 07'), packet(2048, '01 08')],
    units: ['0 010203', '1024 07', '2048 08'],
  },
  {
    name: 'a part that is lost costs its element and is not joined',
    packets: [
      packet(0, '06 0102'),
      packet(0, '0304'),
      marked(0, '0506'),
      packet(1024, '04 0102'),
      { ...marked(1024, '05'), lostBefore: 1 },
      packet(2048, '04 0a0b'),
      marked(2048, '0c0d'),
    ],
    units: ['0 010203040506', 'damage: a packet was lost', '2048 0a0b0c0d'],
  },
  {
    name: 'the first part is lost, and the rest of it could be taken for an element',
    packets: [
      packet(0, '03 0102'),
      marked(0, '03'),
      { ...marked(1024, '01 07'), lostBefore: 1 },
      marked(2048, '01 08'),
    ],
    units: ['0 010203', 'damage: a packet was lost', '2048 08'],
  },
  {
    name: 'after a loss the next element is taken where none was ever in parts',
    packets: [marked(0, '01 07'), { ...marked(2048, '01 08'), lostBefore: 1 }],
    units: ['0 07', 'damage: a packet was lost', '2048 08'],
  },
  {
    name: 'an element that does not end where its packet ends',
    packets: [marked(0, '01 07'), marked(1024, '05 0102'), marked(2048, '01 08')],
    units: ['0 07', 'damage: an element is no LATM', '2048 08'],
  },
  {
    name: 'several elements in a packet',
    packets: [marked(0, '01 07 02 0809')],
    units: ['0 07', '1024 0809'],
  },
  {
    name: 'A1: several frames in an element, each at its own time by a clock of 90 kHz',
    format: described(
      { cpresent: '0', config: Buffer.from(muxConfigBytes({ ...recipe, frames: 3 })).toString('hex') },
      { clockRate: 90_000 },
    ),
    packets: [marked(1000, '01 07 01 08 01 09')],
    units: ['1000 07', '3090 08', '5180 09'],
  },
  {
    name: 'frames of no bytes take time and are none',
    format: described({
      cpresent: '0',
      config: Buffer.from(muxConfigBytes({ ...recipe, frames: 2 })).toString('hex'),
    }),
    packets: [marked(0, '00 01 08')],
    units: ['1024 08'],
  },
  {
    name: 'a config in band, and elements with the same one',
    format: described({ cpresent: '1' }),
    packets: [marked(0, inBand('whole', frame(1, 2))), marked(1024, inBand('same', frame(3, 0xff)))],
    units: ['0 0102', '1024 03ff'],
  },
  {
    name: 'elements in band before their config, by a clock that tells no rate',
    format: described({}, { clockRate: 90_000 }),
    packets: [marked(0, inBand('same', frame(1))), marked(2090, inBand('whole', frame(2)))],
    units: ['damage: a frame came before its config', '2090 02'],
  },
  {
    name: 'a config in band that the camera does not speak of',
    packets: [marked(0, inBand('whole', frame(1, 2))), marked(1024, inBand('same', frame(3)))],
    units: ['0 0102', '1024 03'],
  },
  {
    name: 'a config out of band though it is said to be in band',
    format: described({ cpresent: '1', config: '400024203fc0' }),
    packets: [marked(0, '03 010203'), marked(1024, '01 07')],
    units: ['0 010203', '1024 07'],
  },
  {
    name: 'an AudioSpecificConfig in place of a StreamMuxConfig',
    format: described({ cpresent: '0', config: '1210' }),
    packets: [marked(0, '03 010203')],
    units: ['0 010203'],
  },
  {
    name: 'no config at all: plain AAC of the rate and channels of rtpmap',
    format: described({ cpresent: '0', config: '' }),
    packets: [marked(0, '03 010203')],
    units: ['0 010203'],
  },
  {
    name: 'an element that never ends',
    packets: Array.from({ length: 80 }, () => packet(0, new Uint8Array(1000))),
    units: ['damage: an element is longer than 65536 bytes'],
  },
];

for (const { name, format, packets, units } of rows) {
  test(`LATM: ${name}`, () => {
    assert.deepEqual(short(run(packets, format)), units);
  });
}

test('LATM becomes AAC with its AudioSpecificConfig', () => {
  const { units } = run([marked(0, '01 07')]);
  assert.ok(units[0]?.kind === 'audioFrame');
  assert.deepEqual(units[0].track, {
    kind: 'audio',
    codec: 'aac',
    timescale: 44_100,
    config: Uint8Array.of(0x12, 0x10),
    sampleRate: 44_100,
    channels: 2,
    frameTicks: 1024,
    codecString: 'mp4a.40.2',
  });
});

test('LATM: a config in band that changes makes another track, the same one again does not', () => {
  const mono: MuxRecipe = { config: { bytes: hex('1208'), bits: 16 } };
  const { units } = run(
    [
      marked(0, inBand('whole', frame(1))),
      marked(1024, inBand('whole', frame(2))),
      marked(2048, muxElement(mono, [frame(3)], 'whole')),
    ],
    described({ cpresent: '1' }),
  );
  const tracks = units.map((unit) => unit.kind === 'audioFrame' && unit.track);
  assert.ok(tracks[0] === tracks[1] && tracks[1] !== tracks[2]);
});

test('S18: LATM is refused only where nothing tells what it is', () => {
  const reason = 'The camera sends AAC (MP4A-LATM) without a config that Nightjar can read.';
  for (const [format, expected] of [
    [described({ cpresent: '0', config: 'rubbish' }, { clockRate: 90_000 }), reason],
    [described({ cpresent: '0' }, { clockRate: 90_000 }), reason],
    [described({ cpresent: '0' }), undefined],
    [described({}, { clockRate: 90_000 }), undefined],
    [described(outOfBand, { clockRate: 90_000 }), undefined],
  ] as const) {
    assert.equal(whyUnsupported('audio', format), expected);
  }
});

test('LATM in parts of any size gives every frame as it was', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 300 }),
      fc.boolean(),
      fc.boolean(),
      (frames, partBytes, isInBand, marks) => {
        const packets = frames.flatMap((bytes, index) => {
          const element = isInBand
            ? inBand(index % 3 === 0 ? 'whole' : 'same', bytes)
            : muxElement(recipe, [bytes]);
          const parts: TestPacket[] = [];
          for (let at = 0; at < element.length; at += partBytes) {
            const isLast = at + partBytes >= element.length;
            const part = element.subarray(at, at + partBytes);
            parts.push(packet(index * 1024, part, { marker: marks && isLast }));
          }
          return parts;
        });
        const { units, bytes } = run(packets, described(isInBand ? { cpresent: '1' } : outOfBand));
        assert.deepEqual(
          units.map(({ kind }) => kind),
          frames.map(() => 'audioFrame'),
        );
        assert.deepEqual(
          bytes.map((each) => each.toString('hex')),
          frames.map((each) => Buffer.from(each).toString('hex')),
        );
      },
    ),
    { numRuns: 200, seed: 14 },
  );
});

test('LATM: rubbish is frames or damage, every loss is told, and nothing is left in memory', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          timestamp: fc.constantFrom(0, 1024, 2048),
          payload: fc.oneof(
            fc.uint8Array({ maxLength: 40 }),
            fc.constantFrom(inBand('whole', frame(1, 2)), inBand('same', frame(3)), hex('01 07')),
          ),
          marker: fc.boolean(),
          lostBefore: fc.constantFrom(0, 0, 0, 2),
        }),
        { maxLength: 40 },
      ),
      fc.constantFrom(outOfBand, { cpresent: '1' }, {}),
      (packets, parameters) => {
        const { units } = run(packets, described(parameters as Record<string, string>));
        const losses = packets.filter(({ lostBefore }) => lostBefore > 0).length;
        assert.ok(units.filter(({ kind }) => kind === 'damage').length >= losses);
      },
    ),
    { numRuns: 500, seed: 15 },
  );
});
