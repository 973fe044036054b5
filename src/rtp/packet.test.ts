import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { formatRtpPacket, parseRtpPacket } from './packet.ts';
import { hex } from './test_support.ts';

const arrival = unixMillis(1);

const good: { name: string; packet: string; payload: string }[] = [
  { name: 'nothing but a header', packet: '8060 0001 00000002 00000003', payload: '' },
  { name: 'a payload', packet: '8060 0001 00000002 00000003 aabb', payload: 'aabb' },
  { name: 'P8: two CSRCs', packet: '8260 0001 00000002 00000003 11111111 22222222 aabb', payload: 'aabb' },
  {
    name: 'P8: a header extension',
    packet: '9060 0001 00000002 00000003 bede0001 10ff0000 aabb',
    payload: 'aabb',
  },
  {
    name: 'P8: an empty header extension',
    packet: '9060 0001 00000002 00000003 bede0000 aabb',
    payload: 'aabb',
  },
  { name: 'P8: padding', packet: 'a060 0001 00000002 00000003 aabb 000003', payload: 'aabb' },
  { name: 'P8: nothing but padding', packet: 'a060 0001 00000002 00000003 00000004', payload: '' },
  { name: 'P8: a padding of 0', packet: 'a060 0001 00000002 00000003 aa00', payload: 'aa00' },
  {
    name: 'P8: all of it',
    packet: 'b160 0001 00000002 00000003 11111111 bede0001 10ff0000 aabb 0002',
    payload: 'aabb',
  },
];

for (const { name, packet, payload } of good) {
  test(`a packet with ${name} is parsed`, () => {
    const bytes = Buffer.concat([hex('ffff'), hex(packet), hex('ffff')]);
    const parsed = parseRtpPacket(bytes, 2, bytes.length - 2, arrival);
    assert.ok(parsed);
    assert.equal(bytes.subarray(parsed.payloadStart, parsed.payloadEnd).toString('hex'), payload);
    assert.deepEqual(
      [
        parsed.payloadType,
        parsed.sequenceNumber,
        parsed.timestamp,
        parsed.ssrc,
        parsed.marker,
        parsed.arrivalMs,
      ],
      [96, 1, 2, 3, false, 1],
    );
  });
}

const bad: { name: string; packet: string }[] = [
  { name: 'too short', packet: '8060 0001 00000002 000003' },
  { name: 'of another version', packet: '4060 0001 00000002 00000003 aabb' },
  { name: 'shorter than its CSRCs', packet: '8260 0001 00000002 00000003 11111111' },
  { name: 'shorter than the header of its extension', packet: '9060 0001 00000002 00000003 bede' },
  { name: 'shorter than its extension', packet: '9060 0001 00000002 00000003 bede0002 10ff0000' },
  { name: 'shorter than its padding', packet: 'a060 0001 00000002 00000003 aa04' },
];

for (const { name, packet } of bad) {
  test(`a packet that is ${name} is no packet`, () => {
    const bytes = hex(packet);
    assert.equal(parseRtpPacket(bytes, 0, bytes.length, arrival), undefined);
  });
}

test('a header extension is found behind the CSRCs, and is empty where there is none', () => {
  for (const [packet, extension] of [
    ['9160 0001 00000002 00000003 11111111 ffd80001 ffc00011 aabb', 'ffd80001ffc00011'],
    ['8160 0001 00000002 00000003 11111111 aabb', ''],
  ] as const) {
    const bytes = hex(packet);
    const parsed = parseRtpPacket(bytes, 0, bytes.length, arrival)!;
    assert.equal(bytes.toString('hex', parsed.extensionStart, parsed.payloadStart), extension);
  }
});

test('what is formatted is parsed the same', () => {
  const u16 = fc.integer({ min: 0, max: 0xffff });
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.integer({ min: 0, max: 127 }),
      u16,
      u32,
      u32,
      (marker, payloadType, sequenceNumber, time, ssrc) => {
        const timestamp = rtpTimestamp(time);
        const bytes = formatRtpPacket({ marker, payloadType, sequenceNumber, timestamp, ssrc }, 5);
        const expected = { marker, payloadType, sequenceNumber, timestamp, ssrc, arrivalMs: arrival };
        assert.deepEqual(parseRtpPacket(bytes, 0, 17, arrival), {
          ...expected,
          bytes,
          extensionStart: 12,
          payloadStart: 12,
          payloadEnd: 17,
        });
      },
    ),
  );
});

test('any bytes are a packet within their bounds, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const parsed = parseRtpPacket(bytes, 0, bytes.length, arrival);
      if (parsed) assert.ok(parsed.payloadStart >= 12 && parsed.payloadStart <= parsed.payloadEnd);
      if (parsed) assert.ok(parsed.payloadEnd <= bytes.length);
    }),
    { numRuns: 500, seed: 1 },
  );
});
