import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatReceiverReport, parseRtcp } from './rtcp.ts';
import { hex } from './test_support.ts';

const parse = (text: string) => {
  const bytes = hex(text);
  return parseRtcp(bytes, 0, bytes.length);
};

const senderReport = '80c80006 00000001 e7f1a800 80000000 00015f90 00000064 00010000';
const description = '81ca0003 00000001 0103636d 31000000';
const goodbye = '81cb0001 00000001';
const block = '00000002 40 fffffe 00010005 00000007 a8008000 00010000';

test('a sender report maps wall clock to media time', () => {
  const [report] = parse(senderReport);
  assert.deepEqual(report, {
    kind: 'senderReport',
    ssrc: 1,
    // 0xe7f1a800 s after 1900, and a half.
    sentMs: (0xe7f1a800 - 2_208_988_800) * 1000 + 500,
    ntpMiddle: 0xa8008000,
    rtpTimestamp: 90_000,
    packetCount: 100,
    octetCount: 65_536,
    blocks: [],
  });
});

test('NTP time goes on after its seconds wrapped in 2036', () => {
  const [report] = parse('80c80006 00000001 00000001 00000000 00000000 00000000 00000000');
  assert.equal(report?.kind === 'senderReport' && report.sentMs, Date.UTC(2036, 1, 7, 6, 28, 17));
});

test('a compound gives all its packets, with their report blocks', () => {
  const packets = parse(`${senderReport} 81c90007 00000003 ${block} ${description} ${goodbye}`);
  assert.deepEqual(
    packets.map((packet) => packet.kind),
    ['senderReport', 'receiverReport', 'sourceDescription', 'goodbye'],
  );
  assert.deepEqual(packets[1], {
    kind: 'receiverReport',
    ssrc: 3,
    blocks: [
      {
        ssrc: 2,
        fractionLost: 64,
        totalLost: -2,
        highestSequenceNumber: 65_541,
        jitter: 7,
        lastSenderReport: 0xa8008000,
        delaySinceLastSenderReport: 65_536,
      },
    ],
  });
  assert.deepEqual(packets[2], { kind: 'sourceDescription', sources: [{ ssrc: 1, canonicalName: 'cm1' }] });
  assert.deepEqual(packets[3], { kind: 'goodbye', ssrcs: [1] });
});

const tolerated: { name: string; bytes: string; kinds: string[] }[] = [
  { name: 'nothing', bytes: '', kinds: [] },
  {
    name: 'P8: padding at the end',
    bytes: `${senderReport} a1cb0002 00000001 00000004`,
    kinds: ['senderReport', 'goodbye'],
  },
  {
    name: 'P17: a description without its terminator',
    bytes: `${senderReport} 81ca0002 00000001 0104636d`,
    kinds: ['senderReport'],
  },
  { name: 'a packet type of its own', bytes: `80cc0001 00000001 ${goodbye}`, kinds: ['goodbye'] },
  { name: 'a report that is cut off', bytes: `${goodbye} ${senderReport.slice(0, -18)}`, kinds: ['goodbye'] },
  {
    name: 'report blocks that are missing',
    bytes: senderReport.replace('80c8', '83c8'),
    kinds: ['senderReport'],
  },
  { name: 'rubbish behind', bytes: `${goodbye} deadbeef`, kinds: ['goodbye'] },
  {
    name: 'a goodbye shorter than its count',
    bytes: `83cb0001 00000001 ${senderReport}`,
    kinds: ['senderReport'],
  },
];

for (const { name, bytes, kinds } of tolerated) {
  test(`RTCP with ${name} gives what can be read`, () => {
    assert.deepEqual(
      parse(bytes).map((packet) => packet.kind),
      kinds,
    );
  });
}

test('a receiver report is read back as it was written, with its description', () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const blocks = fc.array(
    fc.record(
      {
        ssrc: u32,
        fractionLost: fc.integer({ min: 0, max: 255 }),
        totalLost: fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }),
        highestSequenceNumber: u32,
        jitter: u32,
        lastSenderReport: u32,
        delaySinceLastSenderReport: u32,
      },
      { noNullPrototype: true },
    ),
    { maxLength: 31 },
  );
  fc.assert(
    fc.property(u32, fc.string({ maxLength: 60 }), blocks, (ssrc, canonicalName, reportBlocks) => {
      const bytes = formatReceiverReport({ ssrc, canonicalName, blocks: reportBlocks });
      assert.equal(bytes.length % 4, 0);
      assert.deepEqual(parseRtcp(bytes, 0, bytes.length), [
        { kind: 'receiverReport', ssrc, blocks: reportBlocks },
        { kind: 'sourceDescription', sources: [{ ssrc, canonicalName }] },
      ]);
    }),
  );
});

test('any bytes give a bounded list of packets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, sound) => {
      for (let at = 0; sound && at + 4 <= bytes.length; at += 8) {
        bytes.set([0x80 | (bytes[at]! & 0x1f), 200 + (bytes[at + 1]! & 3), 0, bytes[at + 3]! & 7], at);
      }
      assert.ok(parseRtcp(bytes, 0, bytes.length).length <= 32);
    }),
    { numRuns: 500, seed: 1 },
  );
  const many = hex(goodbye.repeat(100));
  assert.equal(parseRtcp(many, 0, many.length).length, 32);
});
