import assert from 'node:assert/strict';
import test from 'node:test';
import { adviceFor, type ProbeCircumstances, type ProbeFacts } from './advice.ts';
import { lasting } from './amount_words.ts';
import type { AudioFindings, DeliveryFindings, VideoFindings } from './probe_report.ts';

const video: VideoFindings = {
  codec: 'h264',
  codecString: 'avc1.64001f',
  width: 1920,
  height: 1080,
  framesPerSecond: 25,
  bitsPerSecond: 4_000_000,
  peakBitsPerSecond: 5_000_000,
  frames: 250,
  framesBefore: 0,
  keyFrames: 6,
  keyFrameIntervalMs: 2000,
  keyFrameIntervalsMs: { min: 2000, median: 2000, max: 2000 },
  reorderedFrames: 0,
  sizeChanges: 0,
};
const audio: AudioFindings = {
  codec: 'aac',
  codecString: 'mp4a.40.2',
  sampleRate: 16_000,
  channels: 1,
  bitsPerSecond: 32_000,
  peakBitsPerSecond: 33_000,
  frames: 156,
};
const delivery: DeliveryFindings = {
  medium: 'video',
  packets: 4000,
  bytes: 5_000_000,
  packetsLost: 0,
  duplicates: 0,
  reordered: 0,
  late: 0,
  sequenceRestarts: 0,
  otherPackets: 0,
  jitterMs: 3,
  burstMs: 0,
  timestampStrays: 0,
  timelineBreaks: 0,
  rtcpPackets: 4,
};
/** Of a camera that nothing is to be said of. */
const fine: ProbeFacts = {
  url: 'rtsp://camera/1',
  transport: 'tcp',
  failedAttempts: [],
  timing: {},
  offered: [{ kind: 'video', formats: ['H264/90000'], recorded: true }],
  observedMs: 10_000,
  video,
  audio,
  delivery: [delivery],
  packets: 4000,
  packetsLost: 0,
  damagedUnits: 0,
  framingBytesLost: 0,
  clock: { senderReports: 3, offsetMs: 200, spreadMs: 3 },
  authentication: ['Digest SHA-256', 'Digest MD5'],
  notes: [],
};
const usual: ProbeCircumstances = { scheme: 'rtsp', withPassword: true };

const failing = (code: NonNullable<ProbeFacts['error']>['code'], more: Partial<ProbeFacts> = {}) => ({
  error: { code, message: 'm', advice: 'a' },
  ...more,
});
const videoIs = (change: Partial<VideoFindings>) => ({ video: { ...video, ...change } });
const arrives = (change: Partial<DeliveryFindings>) => ({ delivery: [{ ...delivery, ...change }] });
const hours = 3_600_000;

const cases: readonly [
  name: string,
  facts: Partial<ProbeFacts>,
  code: string,
  text: RegExp,
  around?: Partial<ProbeCircumstances>,
][] = [
  [
    'a password is needed',
    failing('camera_authentication'),
    'password_missing',
    /--username and --password/,
    { withPassword: false },
  ],
  ['the password is wrong', failing('camera_authentication'), 'password_wrong', /lock an account/],
  ['another service answers', failing('rtsp_malformed'), 'not_rtsp', /port 554/],
  ['the path is unknown', failing('camera_path_not_found'), 'path_unknown', /nightjar discover/],
  [
    'no multicast comes',
    failing('no_packets', { transport: 'multicast', packets: 0 }),
    'multicast_unreachable',
    /IGMP/,
  ],
  ['nothing comes', failing('no_packets', { packets: 0 }), 'nothing_sent', /Restart it/],
  ['nothing comes any more', failing('no_packets'), 'stopped_sending', /^The camera sent 4000 packets/],
  ['no key frame comes', failing('no_key_frame'), 'no_key_frame', /to 2 s \(50 frames\)/],
  [
    'C34: nothing comes over TCP, but UDP works',
    { transport: 'udp', failedAttempts: [{ transport: 'tcp', code: 'no_packets', message: 'm' }] },
    'tcp_silent',
    /sends nothing over TCP, and works over UDP/,
  ],
  [
    'C34: TCP is refused, but UDP works',
    {
      transport: 'udp',
      failedAttempts: [{ transport: 'tcp', code: 'camera_transport_unsupported', message: 'm' }],
    },
    'tcp_silent',
    /refuses TCP, and works over UDP/,
  ],
  ['packets are lost over UDP', { transport: 'udp', packetsLost: 100 }, 'loss_over_udp', /^2\.4 % .*use TCP/],
  ['P11: packets are lost over TCP', { packetsLost: 1000 }, 'loss_over_tcp', /^20 % .*drops them itself/],
  ['C24: the framing is broken', { framingBytesLost: 333 }, 'framing_lost', /333 bytes .*--transport udp/],
  [
    'V22: smart coding',
    videoIs({ keyFrameIntervalsMs: { min: 1000, median: 3000, max: 9000 } }),
    'smart_coding',
    /from 1\.0 s to 9\.0 s: smart coding/,
  ],
  [
    'key frames are far apart',
    videoIs({ keyFrameIntervalsMs: { min: 12_000, median: 12_000, max: 12_000 } }),
    'key_frames_far_apart',
    /every 12\.0 s.*to 2 s \(50 frames\)/,
  ],
  [
    'no second key frame comes in the time',
    (() => {
      const { keyFrameIntervalMs: _, keyFrameIntervalsMs: __, ...rest } = video;
      return { video: { ...rest, keyFrames: 1 } };
    })(),
    'key_frames_far_apart',
    /less often than every 10\.0 s/,
  ],
  [
    'every picture is a key frame',
    videoIs({ keyFrames: 250, keyFrameIntervalsMs: { min: 40, median: 40, max: 40 } }),
    'key_frames_too_often',
    /costs much room/,
  ],
  ['H.265', videoIs({ codec: 'h265' }), 'h265', /sub stream send H\.264/],
  ['Motion JPEG', videoIs({ codec: 'jpeg' }), 'motion_jpeg', /choose H\.264/],
  ['V20: B-frames', videoIs({ reorderedFrames: 80 }), 'b_frames', /live pictures later/],
  ['5 frames a second', videoIs({ framesPerSecond: 5 }), 'few_frames', /^5 frames a second/],
  ['V18: the size of the picture changes', videoIs({ sizeChanges: 1 }), 'size_changes', /changed once/],
  ['G.711', { audio: { ...audio, codec: 'pcma' } }, 'audio_unplayable', /G\.711 A-law.*choose AAC/],
  [
    'sound is left out',
    {
      offered: [
        ...fine.offered,
        { kind: 'audio', formats: ['OPUS/48000/2'], recorded: false, reason: 'cannot be recorded yet' },
      ],
    },
    'audio_left_out',
    /cannot be recorded yet/,
  ],
  ['no sound comes', { audio: { ...audio, frames: 0 } }, 'audio_silent', /microphone/],
  [
    'O2: the clock is hours off',
    { clock: { senderReports: 3, offsetMs: -2 * hours } },
    'clock_off',
    /is 2 h behind.*NTP.*time zone/,
  ],
  [
    'the clock is minutes off',
    { clock: { senderReports: 3, offsetMs: 180_000 } },
    'clock_off',
    /is 3 min ahead.*NTP server\.$/,
  ],
  [
    'the clock was never set',
    { clock: { senderReports: 3, offsetMs: -1.7e12 } },
    'clock_never_set',
    /was never set/,
  ],
  [
    'the media clock drifts',
    { clock: { senderReports: 3, drift: { ppm: -450, uncertaintyPpm: 80 } } },
    'clock_drifts',
    /450 ppm too slow, 38\.9 s a day/,
  ],
  ['no RTCP', arrives({ rtcpPackets: 0 }), 'no_rtcp', /no RTCP/],
  ['P10: time stamps jump', arrives({ timestampStrays: 2 }), 'time_stamps', /jump/],
  ['much jitter', arrives({ jitterMs: 180.4 }), 'jitter', /jitter 180 ms/],
  [
    'P12: packets overtake each other',
    { transport: 'udp', ...arrives({ reordered: 400 }) },
    'packets_reordered',
    /^400 packets/,
  ],
  ['Digest with MD5 alone', { authentication: ['Digest MD5'] }, 'weak_authentication', /MD5 alone/],
  ['Basic alone', { authentication: ['Basic'] }, 'weak_authentication', /readable by anybody/],
];

for (const [name, facts, code, text, around] of cases) {
  test(`advice when ${name}`, () => {
    const advice = adviceFor({ ...fine, ...facts }, { ...usual, ...around });
    assert.deepEqual(
      advice.map((each) => each.code),
      [code],
    );
    assert.match(advice[0]!.text, text);
    assert.match(advice[0]!.text, /[.]$/);
  });
}

const silent: readonly [name: string, facts: Partial<ProbeFacts>, around?: Partial<ProbeCircumstances>][] = [
  ['a camera that does all well', {}],
  ['one packet lost of many', { packetsLost: 1, packets: 9000 }],
  ['a short look without RTCP', { ...arrives({ rtcpPackets: 0 }), observedMs: 3000 }],
  ['a short look with one key frame', { ...videoIs({ keyFrames: 1 }), observedMs: 3000 }],
  ['weak authentication on an encrypted connection', { authentication: ['Basic'] }, { scheme: 'rtsps' }],
  ['weak authentication that was not needed', { authentication: [] }, { withPassword: false }],
  [
    'a drift within its uncertainty',
    { clock: { senderReports: 1, drift: { ppm: 500, uncertaintyPpm: 400 } } },
  ],
  [
    'a camera that was not reached',
    { ...failing('camera_unreachable'), delivery: [], packets: 0, offered: [] },
  ],
];

for (const [name, facts, around] of silent) {
  test(`no advice for ${name}`, () => {
    assert.deepEqual(adviceFor({ ...fine, ...facts }, { ...usual, ...around }), []);
  });
}

test('what matters most comes first', () => {
  const levels = adviceFor(
    { ...fine, ...videoIs({ codec: 'h265', reorderedFrames: 1 }), packetsLost: 500 },
    usual,
  ).map(({ level }) => level);
  assert.deepEqual(levels, ['problem', 'caution', 'hint']);
});

test('lengths of time are told in two units at most', () => {
  const told = [5_000, 119_000, 180_000, 7_200_000, 7_380_000, 3 * 86_400_000].map(lasting);
  assert.deepEqual(told, ['5 s', '119 s', '3 min', '2 h', '2 h 3 min', '3 days']);
});

test('a camera that sends nothing over TCP is not told to use TCP when packets are lost', () => {
  const failedAttempts = [{ transport: 'tcp', code: 'no_packets', message: 'm' }] as const;
  const advice = adviceFor({ ...fine, transport: 'udp', packetsLost: 100, failedAttempts }, usual);
  assert.deepEqual(
    advice.map(({ code }) => code),
    ['loss_over_udp', 'tcp_silent'],
  );
  assert.match(advice[0]!.text, /try --transport http or websocket/);
});
