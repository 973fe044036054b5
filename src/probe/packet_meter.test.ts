import assert from 'node:assert/strict';
import test from 'node:test';
import { formatRtpPacket } from '../rtp/packet.ts';
import { rtpTimestamp } from '../units/time.ts';
import { type PacketFigures, PacketMeter } from './packet_meter.ts';

interface Sent {
  readonly number: number;
  readonly atMs?: number;
  readonly ticks?: number;
  readonly ssrc?: number;
  readonly payloadType?: number;
}

function measure(sent: readonly Sent[]): PacketFigures {
  const meter = new PacketMeter({ payloadType: 96, clockRate: 90_000 });
  for (const { number, atMs = 0, ticks = 0, ssrc = 7, payloadType = 96 } of sent) {
    const packet = formatRtpPacket(
      { marker: false, payloadType, sequenceNumber: number & 0xffff, timestamp: rtpTimestamp(ticks), ssrc },
      8,
    );
    meter.take(packet, 0, packet.length, atMs);
  }
  return meter.figures;
}

const numbers = (...list: number[]): Sent[] => list.map((number) => ({ number }));

const cases: readonly [name: string, sent: Sent[], expected: Partial<PacketFigures>][] = [
  ['P9: the sequence numbers wrap', numbers(65_534, 65_535, 0, 1), { packets: 4, sequenceRestarts: 0 }],
  ['a packet is missing', numbers(1, 2, 4), { packets: 3, reordered: 0 }],
  ['P12: one packet overtakes another', numbers(1, 3, 2, 4), { packets: 4, reordered: 1, duplicates: 0 }],
  [
    'a packet comes twice, at once and later',
    numbers(1, 1, 2, 3, 2),
    { packets: 3, duplicates: 2, reordered: 0 },
  ],
  ['a late packet comes before the first wrap', numbers(0, 65_535, 1), { packets: 3, reordered: 1 }],
  [
    'the sequence begins anew',
    numbers(1, 2, 30_000, 30_001, 30_001),
    { packets: 4, sequenceRestarts: 1, duplicates: 1 },
  ],
  [
    'P7: another payload type reuses a number',
    [{ number: 1 }, { number: 2, payloadType: 50 }, { number: 2 }],
    { packets: 2, otherPackets: 1, duplicates: 0 },
  ],
  [
    'C23: packets of a dead session are among ours',
    [{ number: 900, ssrc: 8 }, ...numbers(...Array.from({ length: 20 }, (_, index) => index))],
    { packets: 20, otherPackets: 1, sequenceRestarts: 0 },
  ],
  [
    'another source takes over',
    [{ number: 1 }, { number: 900, ssrc: 8, atMs: 1500 }, { number: 901, ssrc: 8, atMs: 1510 }],
    { packets: 3, otherPackets: 0, sequenceRestarts: 1 },
  ],
];

for (const [name, sent, expected] of cases) {
  test(`counted right when ${name}`, () => {
    const figures = measure(sent);
    assert.deepEqual({ ...figures, ...expected }, figures);
  });
}

test('no jitter where packets come as they are stamped', () => {
  const even = Array.from({ length: 200 }, (_, number) => ({
    number,
    atMs: number * 40,
    ticks: number * 3600,
  }));
  assert.equal(measure(even).jitterMs, 0);
});

test('RFC 3550 A.8: packets that come 10 ms early and late in turn have a jitter of 20 ms', () => {
  const uneven = Array.from({ length: 400 }, (_, number) => ({
    number,
    atMs: number * 40 + (number % 2 === 0 ? 10 : -10),
    ticks: number * 3600,
  }));
  assert(Math.abs(measure(uneven).jitterMs - 20) < 0.01);
});

test('a wrap of the time stamp is no jitter', () => {
  const wrapping = [2 ** 32 - 3600, 0, 3600].map((ticks, number) => ({ number, atMs: number * 40, ticks }));
  assert.equal(measure(wrapping).jitterMs, 0);
});

test('bytes that are no RTP are counted and passed over', () => {
  const meter = new PacketMeter({ payloadType: 96, clockRate: 90_000 });
  assert.equal(meter.take(Buffer.from('nothing at all'), 0, 14, 0), false);
  assert.equal(meter.take(Buffer.alloc(3), 0, 3, 0), false);
  assert.equal(meter.figures.otherPackets, 2);
});
