import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rtpTimestamp, unixMillis } from '../units/time.ts';
import { formatRtpPacket } from './packet.ts';
import { RtpReceiver } from './receiver.ts';
import { parseRtcp } from './rtcp.ts';
import { hex } from './test_support.ts';

interface Sent {
  sequence: number;
  payloadType?: number;
  ssrc?: number;
  atMs?: number;
  timestamp?: number;
}

const startMs = 1_000_000;

function receiver(announcedSsrc?: number): RtpReceiver {
  const base = { payloadType: 96, clockRate: 90_000, reporterSsrc: 77, canonicalName: 'nightjar' };
  return new RtpReceiver(announcedSsrc === undefined ? base : { ...base, announcedSsrc });
}

function send(to: RtpReceiver, sent: Sent): string {
  const { sequence, payloadType = 96, ssrc = 1, atMs = 0, timestamp = 0 } = sent;
  const header = {
    marker: false,
    payloadType,
    sequenceNumber: sequence,
    timestamp: rtpTimestamp(timestamp),
    ssrc,
  };
  const bytes = formatRtpPacket(header, 10);
  const received = to.accept(bytes, 0, bytes.length, unixMillis(startMs + atMs));
  if (received === undefined) return 'dropped';
  return received.lostBefore === 0
    ? `${received.packet.sequenceNumber}`
    : `${received.packet.sequenceNumber} lost ${received.lostBefore}`;
}

const rows: {
  name: string;
  sent: Sent[];
  accepted: string[];
  stats: Partial<RtpReceiver['stats']>;
  announced?: number;
}[] = [
  {
    name: 'packets in order are passed on',
    sent: [{ sequence: 5 }, { sequence: 6 }, { sequence: 7 }],
    accepted: ['5', '6', '7'],
    stats: { packets: 3, payloadBytes: 30, lost: 0 },
  },
  {
    name: 'P4: any first sequence number will do',
    sent: [{ sequence: 0 }, { sequence: 1 }],
    accepted: ['0', '1'],
    stats: { lost: 0, sequenceRestarts: 0 },
  },
  {
    name: 'P7: packets of another payload type do not disturb the sequence',
    sent: [
      { sequence: 5 },
      { sequence: 6, payloadType: 50 },
      { sequence: 6 },
      { sequence: 9000, payloadType: 50 },
      { sequence: 7 },
    ],
    accepted: ['5', 'dropped', '6', 'dropped', '7'],
    stats: { otherPayloadType: 2, lost: 0, duplicates: 0 },
  },
  {
    name: 'P6: the first SSRC is adopted, whatever was announced',
    sent: [
      { sequence: 5, ssrc: 9 },
      { sequence: 6, ssrc: 9 },
    ],
    accepted: ['5', '6'],
    stats: { foreignSsrc: 0 },
    announced: 8,
  },
  {
    name: 'packets of a dead session among ours are dropped',
    sent: [{ sequence: 5 }, { sequence: 900, ssrc: 2 }, { sequence: 6 }, { sequence: 901, ssrc: 2 }],
    accepted: ['5', 'dropped', '6', 'dropped'],
    stats: { foreignSsrc: 2, lost: 0 },
  },
  {
    name: 'the announced SSRC wins when a dead session came first',
    sent: [
      { sequence: 900, ssrc: 2 },
      { sequence: 5, ssrc: 1 },
      { sequence: 901, ssrc: 2 },
      { sequence: 6, ssrc: 1 },
    ],
    accepted: ['900', '5 lost 1', 'dropped', '6'],
    stats: { foreignSsrc: 1, sequenceRestarts: 1, lost: 0 },
    announced: 1,
  },
  {
    name: 'another SSRC is adopted when ours has been silent',
    sent: [
      { sequence: 5 },
      { sequence: 900, ssrc: 2, atMs: 999 },
      { sequence: 901, ssrc: 2, atMs: 1000 },
      { sequence: 902, ssrc: 2, atMs: 1001 },
    ],
    accepted: ['5', 'dropped', '901 lost 1', '902'],
    stats: { foreignSsrc: 1, sequenceRestarts: 1 },
  },
  {
    name: 'P9: sequence numbers wrap',
    sent: [{ sequence: 65_534 }, { sequence: 65_535 }, { sequence: 0 }, { sequence: 2 }],
    accepted: ['65534', '65535', '0', '2 lost 1'],
    stats: { lost: 1, sequenceRestarts: 0 },
  },
  {
    name: 'P11: lost packets are counted, also over the wrap',
    sent: [{ sequence: 65_530 }, { sequence: 10 }],
    accepted: ['65530', '10 lost 15'],
    stats: { lost: 15 },
  },
  {
    name: 'duplicates and late packets are dropped',
    sent: [{ sequence: 5 }, { sequence: 5 }, { sequence: 8 }, { sequence: 6 }, { sequence: 9 }],
    accepted: ['5', 'dropped', '8 lost 2', 'dropped', '9'],
    stats: { duplicates: 1, late: 1, lost: 2 },
  },
  {
    name: 'a big jump is a sequence that starts again, not thousands of lost packets',
    sent: [{ sequence: 5 }, { sequence: 30_000 }, { sequence: 30_001 }, { sequence: 3 }, { sequence: 4 }],
    accepted: ['5', '30000 lost 1', '30001', '3 lost 1', '4'],
    stats: { lost: 0, sequenceRestarts: 2 },
  },
  {
    name: 'a gap of 3,000 is a loss, one more is a new sequence',
    sent: [{ sequence: 0 }, { sequence: 3000 }, { sequence: 6001 }],
    accepted: ['0', '3000 lost 2999', '6001 lost 1'],
    stats: { lost: 2999, sequenceRestarts: 1 },
  },
];

for (const { name, sent, accepted, stats, announced } of rows) {
  test(name, () => {
    const to = receiver(announced);
    assert.deepEqual(
      sent.map((one) => send(to, one)),
      accepted,
    );
    for (const [key, value] of Object.entries(stats))
      assert.equal(to.stats[key as keyof typeof stats], value, key);
  });
}

const stranger = {
  payloadType: 96,
  clockRate: 90_000,
  reporterSsrc: 77,
  canonicalName: 'nightjar',
  strangers: new Set([9]),
};

test('C23: a source that sent before anybody asked gives way to one that did not', () => {
  const to = new RtpReceiver(stranger);
  const sent = [
    { sequence: 700, ssrc: 9 },
    { sequence: 701, ssrc: 9, atMs: 40 },
    { sequence: 5, atMs: 50 },
    { sequence: 702, ssrc: 9, atMs: 80 },
    { sequence: 6, atMs: 90 },
  ];
  assert.deepEqual(
    sent.map((one) => send(to, one)),
    ['dropped', 'dropped', '5', 'dropped', '6'],
  );
  assert.equal(to.stats.foreignSsrc, 3);
});

test('C23: a source that sent before anybody asked is taken after a second without another', () => {
  const to = new RtpReceiver(stranger);
  const sent = [
    { sequence: 700, ssrc: 9 },
    { sequence: 701, ssrc: 9, atMs: 999 },
    { sequence: 702, ssrc: 9, atMs: 1_000 },
    { sequence: 703, ssrc: 9, atMs: 1_040 },
  ];
  assert.deepEqual(
    sent.map((one) => send(to, one)),
    ['dropped', 'dropped', '702', '703'],
  );
});

test('a malformed packet is counted and dropped', () => {
  const to = receiver();
  assert.equal(to.accept(hex('8060'), 0, 2, unixMillis(0)), undefined);
  assert.equal(to.stats.malformed, 1);
});

const senderReport = (ssrc: string) => hex(`80c80006 ${ssrc} e7f1a800 80000000 00015f90 00000064 00010000`);

test('P5: RTCP of another SSRC is ignored and counted', () => {
  const to = receiver();
  send(to, { sequence: 5, ssrc: 1 });
  to.acceptRtcp(senderReport('00000002'), 0, 28, unixMillis(startMs));
  to.acceptRtcp(hex('81cb0001 00000002'), 0, 8, unixMillis(startMs));
  assert.equal(to.senderClock, undefined);
  assert.equal(to.saidGoodbye, false);
  assert.equal(to.stats.foreignRtcp, 2);
});

test('P13: a sender report is a fact about the camera and changes nothing else', () => {
  const to = receiver();
  send(to, { sequence: 5 });
  to.acceptRtcp(senderReport('00000001'), 0, 28, unixMillis(startMs + 20));
  assert.equal(to.senderClock?.rtpTimestamp, 90_000);
  assert.equal(to.senderClock?.arrivalMs, startMs + 20);
  assert.equal(send(to, { sequence: 6 }), '6');
});

test('a sender report before the first packet is one of the source that sends it', () => {
  const to = receiver();
  to.acceptRtcp(senderReport('00000001'), 0, 28, unixMillis(startMs));
  send(to, { sequence: 5, ssrc: 1 });
  assert.equal(to.senderClock?.rtpTimestamp, 90_000);
  assert.equal(to.stats.foreignRtcp, 0);
});

test('a sender report before the first packet of another source is foreign', () => {
  const to = receiver();
  to.acceptRtcp(senderReport('00000002'), 0, 28, unixMillis(startMs));
  send(to, { sequence: 5, ssrc: 1 });
  assert.equal(to.senderClock, undefined);
  assert.equal(to.stats.foreignRtcp, 1);
});

test('P15: RTCP on the RTP channel is told apart', () => {
  const to = receiver();
  send(to, { sequence: 5 });
  assert.equal(to.accept(senderReport('00000001'), 0, 28, unixMillis(startMs)), undefined);
  assert.equal(to.senderClock?.rtpTimestamp, 90_000);
  assert.equal(to.stats.malformed + to.stats.otherPayloadType, 0);
});

test('a goodbye of ours is remembered until packets come again', () => {
  const to = receiver();
  send(to, { sequence: 5 });
  to.acceptRtcp(hex('81cb0001 00000001'), 0, 8, unixMillis(startMs));
  assert.equal(to.saidGoodbye, true);
  send(to, { sequence: 6, atMs: 501 });
  assert.equal(to.saidGoodbye, false);
});

test('P12: a goodbye that overtakes the last packets holds', () => {
  const to = receiver();
  send(to, { sequence: 5 });
  to.acceptRtcp(hex('81cb0001 00000001'), 0, 8, unixMillis(startMs));
  send(to, { sequence: 6, atMs: 40 });
  assert.equal(to.saidGoodbye, true);
});

test('S15: two tracks with one payload type have a receiver each', () => {
  const video = receiver();
  const audio = receiver();
  assert.equal(send(video, { sequence: 100, ssrc: 1 }), '100');
  assert.equal(send(audio, { sequence: 7, ssrc: 2 }), '7');
  assert.equal(send(video, { sequence: 101, ssrc: 1 }), '101');
  assert.equal(send(audio, { sequence: 8, ssrc: 2 }), '8');
  assert.deepEqual(
    [video.stats.lost, video.stats.foreignSsrc, audio.stats.lost, audio.stats.foreignSsrc],
    [0, 0, 0, 0],
  );
});

function reportOf(from: RtpReceiver, atMs: number) {
  const bytes = from.receiverReport(unixMillis(startMs + atMs));
  const [report] = parseRtcp(bytes, 0, bytes.length);
  assert.equal(report?.kind, 'receiverReport');
  return report?.kind === 'receiverReport' ? report : undefined;
}

test('a sender report without a clock says nothing of time', () => {
  const to = receiver();
  send(to, { sequence: 1 });
  const report = senderReport('00000001');
  report.fill(0, 8, 16);
  to.acceptRtcp(report, 0, report.length, unixMillis(startMs));
  assert.equal(to.senderClock, undefined);
});

test('a receiver report tells loss, highest sequence number, jitter and the last sender report', () => {
  const to = receiver();
  assert.deepEqual(reportOf(to, 0)?.blocks, []);
  send(to, { sequence: 65_534 });
  to.acceptRtcp(senderReport('00000001'), 0, 28, unixMillis(startMs));
  send(to, { sequence: 65_535, atMs: 40, timestamp: 3600 });
  // 16 ms late: 1,440 ticks, a sixteenth of which is jitter.
  send(to, { sequence: 1, atMs: 96, timestamp: 7200 });
  assert.deepEqual(reportOf(to, 500), {
    kind: 'receiverReport',
    ssrc: 77,
    blocks: [
      {
        ssrc: 1,
        fractionLost: 64,
        totalLost: 1,
        highestSequenceNumber: 65_537,
        jitter: 90,
        lastSenderReport: 0xa8008000,
        delaySinceLastSenderReport: 32_768,
      },
    ],
  });
  send(to, { sequence: 2, atMs: 120, timestamp: 10_800 });
  assert.equal(reportOf(to, 600)?.blocks[0]?.fractionLost, 0);
});

test('P9: a time stamp that wraps is no jitter', () => {
  const to = receiver();
  send(to, { sequence: 1, timestamp: 2 ** 32 - 3600 });
  send(to, { sequence: 2, timestamp: 0, atMs: 40 });
  send(to, { sequence: 3, timestamp: 3600, atMs: 80 });
  assert.equal(reportOf(to, 80)?.blocks[0]?.jitter, 0);
});

test('the clock of a source is forgotten with the source', () => {
  const to = receiver();
  send(to, { sequence: 5 });
  to.acceptRtcp(senderReport('00000001'), 0, 28, unixMillis(startMs));
  send(to, { sequence: 5, ssrc: 2, atMs: 5000 });
  assert.equal(to.senderClock, undefined);
});

test('P9: counting losses over any number of wraps gives what was left out', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 65_535 }), gaps, (first, steps) => {
      const to = receiver();
      send(to, { sequence: first });
      let sequence = first;
      let lost = 0;
      for (const step of steps) {
        sequence += step;
        lost += step - 1;
        assert.notEqual(send(to, { sequence: sequence & 0xffff }), 'dropped');
      }
      assert.equal(to.stats.lost, lost);
      assert.equal(reportOf(to, 0)?.blocks[0]?.highestSequenceNumber, sequence);
    }),
    { numRuns: 30 },
  );
});
