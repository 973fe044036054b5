import assert from 'node:assert/strict';
import test from 'node:test';
import type { DeliveryFindings, ProbeReport } from '../probe/probe_report.ts';
import { unixMillis } from '../units/time.ts';
import { probeText } from './probe_text.ts';
import { wrap } from './wrapped_text.ts';

const delivery: DeliveryFindings = {
  medium: 'video',
  packets: 1200,
  bytes: 1_000_000,
  packetsLost: 2,
  duplicates: 0,
  reordered: 3,
  late: 0,
  sequenceRestarts: 1,
  otherPackets: 0,
  jitterMs: 1.2,
  burstMs: 1600,
  timestampStrays: 0,
  timelineBreaks: 0,
  rtcpPackets: 4,
};
const report: ProbeReport = {
  startedMs: unixMillis(Date.UTC(2026, 0, 31, 12)),
  url: 'rtsp://192.168.1.20/stream1',
  server: 'Hipcam RealServer/V1.0',
  transport: 'udp',
  failedAttempts: [{ transport: 'tcp', code: 'no_packets', message: 'm' }],
  timing: { connectedMs: 3, describedMs: 20, playingMs: 41, firstPacketMs: 44, firstKeyFrameMs: 90 },
  offered: [
    { kind: 'video', formats: ['H264/90000'], recorded: true },
    { kind: 'application', formats: [], recorded: false, reason: 'no format of it can be read' },
  ],
  observedMs: 5000,
  video: {
    codec: 'h264',
    codecString: 'avc1.64001f',
    width: 1920,
    height: 1080,
    framesPerSecond: 25,
    bitsPerSecond: 4_100_000,
    peakBitsPerSecond: 5_000_000,
    frames: 125,
    framesBefore: 0,
    keyFrames: 3,
    keyFrameIntervalMs: 2000,
    keyFrameIntervalsMs: { min: 1900, median: 2000, max: 2100 },
    reorderDepth: 0,
    reorderedFrames: 0,
    sizeChanges: 0,
  },
  delivery: [delivery],
  packets: 1200,
  packetsLost: 2,
  damagedUnits: 1,
  framingBytesLost: 0,
  clock: { senderReports: 2, offsetMs: -7_380_000, spreadMs: 3 },
  authentication: ['Digest MD5'],
  notes: ['The camera broke the framing of its data.'],
  advice: [
    { code: 'clock_off', level: 'caution', text: `The clock is off. ${'Set it. '.repeat(14).trim()}` },
  ],
  dialogue: [
    { atMs: 3, kind: 'sent', text: 'OPTIONS rtsp://192.168.1.20/stream1 RTSP/1.0\nCSeq: 1' },
    { atMs: 1020, kind: 'received', text: 'RTSP/1.0 200 OK\nCSeq: 1' },
  ],
};

test('a report reads from what was said to what to do', () => {
  assert.equal(
    probeText(report, '1.2.3'),
    `Nightjar 1.2.3, 2026-01-31 12:00:00 UTC
rtsp://192.168.1.20/stream1

Dialogue, without secrets

   0.003 > OPTIONS rtsp://192.168.1.20/stream1 RTSP/1.0
         > CSeq: 1
   1.020 < RTSP/1.0 200 OK
         < CSeq: 1

Findings

  camera      Hipcam RealServer/V1.0
  login       Digest MD5
  transport   udp; before: tcp failed (no_packets)
  offers      video H264/90000
  offers      application in no known format, not recorded: no format of it can be read
  video       h264 avc1.64001f, 1920x1080, 25 frames/s, 4.1 Mbit/s, 5.0 Mbit/s in the busiest second
  key frames  every 2.0 s (1.9 s to 2.1 s), 3 seen; no B-frames, reorder depth 0 stated
  start       connected 3, described 20, playing 41, first packet 44, first key frame 90 (ms)
  video in    1200 packets, 2 lost, 3 out of order, 1 restart of the sequence, jitter 1.2 ms, began
              1.6 s in the past, RTCP
  damage      1 picture or sound came in broken
  clock       2 h 3 min behind ours, by 2 sender reports; drift not measurable in so short a time
  note        The camera broke the framing of its data.

Advice

  ! The clock is off. Set it. Set it. Set it. Set it. Set it. Set it. Set it. Set it. Set it. Set
    it. Set it. Set it. Set it. Set it.

It can be recorded.
`,
  );
});

test('a report on a camera that was not reached is short', () => {
  const { video: _, server: __, ...rest } = report;
  const text = probeText(
    {
      ...rest,
      timing: {},
      offered: [],
      delivery: [],
      damagedUnits: 0,
      notes: [],
      advice: [],
      authentication: [],
      failedAttempts: [],
      transport: 'tcp',
      clock: { senderReports: 0 },
      dialogue: [],
      error: { code: 'camera_refused', message: 'rtsp://192.168.1.20/stream1: refused.', advice: 'Check.' },
    },
    '1.2.3',
  );
  assert.equal(
    text,
    `Nightjar 1.2.3, 2026-01-31 12:00:00 UTC
rtsp://192.168.1.20/stream1

Dialogue, without secrets


Findings

  transport   tcp, failed (camera_refused)

It cannot be recorded: rtsp://192.168.1.20/stream1: refused. (camera_refused)
`,
  );
});

test('lines are cut between words, and a word is never', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('rtsp://a-long-word x', 5), ['rtsp://a-long-word', 'x']);
  assert.deepEqual(wrap('', 5), ['']);
});
