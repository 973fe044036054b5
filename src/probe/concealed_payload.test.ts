import assert from 'node:assert/strict';
import test from 'node:test';
import { formatRtpPacket } from '../rtp/packet.ts';
import { rtpTimestamp } from '../units/time.ts';
import { concealedPayload } from './concealed_payload.ts';

const headerBytes = 12;

function conceal(encoding: string, payload: Uint8Array): string {
  const header = { marker: true, payloadType: 96, sequenceNumber: 7, timestamp: rtpTimestamp(8), ssrc: 9 };
  const packet = formatRtpPacket(header, payload.length);
  packet.set(payload, headerBytes);
  const before = Buffer.from(packet);
  const concealed = Buffer.from(concealedPayload(encoding, packet));
  assert.deepEqual(packet, before, 'the packet that came is not changed');
  assert.deepEqual(concealed.subarray(0, headerBytes), before.subarray(0, headerBytes));
  assert.equal(concealed.length, before.length);
  return concealed.toString('hex', headerBytes);
}

const bytes = (...parts: (number[] | number)[]) => Buffer.from(parts.flat());
const secret = (count: number) => Array.from({ length: count }, () => 0x41);
const kept = (count: number) => '41'.repeat(count);
const gone = (count: number) => 'ff'.repeat(count);

const cases: readonly [name: string, encoding: string, payload: Buffer, shown: string][] = [
  ['a slice of H.264', 'H264', bytes(0x65, secret(40)), `65${kept(15)}${gone(25)}`],
  ['a parameter set of H.264', 'H264', bytes(0x67, secret(40)), `67${kept(40)}`],
  ['the first fragment of a slice', 'H264', bytes(0x7c, 0x85, secret(40)), `7c85${kept(16)}${gone(24)}`],
  ['a later fragment of a slice', 'H264', bytes(0x7c, 0x45, secret(40)), `7c45${gone(40)}`],
  [
    'an aggregate of a set and a slice',
    'H264',
    bytes(0x78, 0, 3, 0x67, 1, 2, 0, 21, 0x61, secret(20)),
    `78000367010200${'15'}61${kept(15)}${gone(5)}`,
  ],
  ['a slice of H.265', 'H265', bytes(0x26, 1, secret(40)), `2601${kept(14)}${gone(26)}`],
  ['a set of H.265', 'H265', bytes(0x42, 1, secret(40)), `4201${kept(40)}`],
  ['a later fragment of H.265', 'H265', bytes(0x62, 1, 0x13, secret(9)), `620113${gone(9)}`],
  ['an SEI of H.264', 'H264', bytes(0x06, 5, 20, secret(20), 0x80), `060514${gone(21)}`],
  [
    'an SEI with a long type and size',
    'H264',
    bytes(0x06, 255, 1, 255, 9, secret(40)),
    `06ff01ff09${gone(40)}`,
  ],
  ['an SEI without an end', 'H264', bytes(0x06, 255, 255), '06ffff'],
  ['the first fragment of an SEI', 'H264', bytes(0x7c, 0x86, 5, 20, secret(20)), `7c860514${gone(20)}`],
  ['a later fragment of an SEI', 'H264', bytes(0x7c, 0x46, secret(20)), `7c46${gone(20)}`],
  ['a later fragment of a parameter set', 'H264', bytes(0x7c, 0x47, secret(20)), `7c47${kept(20)}`],
  ['a unit that no standard knows', 'H264', bytes(0x7e, secret(20)), `7e${gone(20)}`],
  ['an SEI of H.265', 'H265', bytes(0x4e, 1, 5, 20, secret(20)), `4e010514${gone(20)}`],
  ['an SEI of H.265 behind the picture', 'H265', bytes(0x50, 1, 5, 20, secret(20)), `50010514${gone(20)}`],
  [
    'the first fragment of an SEI of H.265',
    'H265',
    bytes(0x62, 1, 0xa7, 5, 9, secret(9)),
    `6201a70509${gone(9)}`,
  ],
  ['sound', 'PCMA', bytes(secret(40)), `${kept(16)}${gone(24)}`],
  [
    'an aggregate that lies about its lengths',
    'H264',
    bytes(0x78, 0xff, 0xff, 0x61, secret(20)),
    `78ffff61${kept(15)}${gone(5)}`,
  ],
  ['no payload', 'H264', Buffer.alloc(0), ''],
];

for (const [name, encoding, payload, shown] of cases) {
  test(`what is left of ${name}`, () => assert.equal(conceal(encoding, payload), shown));
}

test('what is no RTP is passed on as it is', () => {
  assert.deepEqual(concealedPayload('H264', Buffer.from('no')), Buffer.from('no'));
});
