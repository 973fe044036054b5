import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtspMedia } from '../rtsp/client.ts';
import type { PlaybackAnswer, PlaybackWish } from '../rtsp/session_state.ts';
import { unixMillis } from '../units/time.ts';
import { ReplayTime } from './replay_time.ts';

const noon = unixMillis(Date.UTC(2026, 0, 31, 12));
const now = unixMillis(Date.UTC(2026, 1, 1));
const video = { index: 0, format: { clockRate: 90_000 } } as RtspMedia;
const audio = { index: 1, format: { clockRate: 8_000 } } as RtspMedia;

/** An RTP packet within other bytes. */
function packet(rtpTimestamp: number, options: { ntpMs?: number; extension?: number; words?: number } = {}) {
  const { ntpMs, extension = 0xabac, words = 3 } = options;
  const bytes = Buffer.alloc(7 + 12 + 8 + 4 + 12);
  bytes[7] = ntpMs === undefined ? 0x80 : 0x92;
  bytes.writeUInt32BE(rtpTimestamp >>> 0, 11);
  if (ntpMs === undefined) return { bytes, start: 7, end: 19 };
  // Two contributing sources stand before the extension.
  bytes.writeUInt16BE(extension, 27);
  bytes.writeUInt16BE(words, 29);
  const seconds = Math.floor(ntpMs / 1000) + 2_208_988_800;
  bytes.writeUInt32BE(seconds % 2 ** 32, 31);
  bytes.writeUInt32BE(Math.floor(((ntpMs % 1000) / 1000) * 2 ** 32), 35);
  return { bytes, start: 7, end: bytes.length };
}

type Packet = readonly [media: RtspMedia, packet: ReturnType<typeof packet>, afterMs: number];

const clock: PlaybackWish = { range: { unit: 'clock', start: noon } };

const stories: readonly [
  name: string,
  wish: PlaybackWish,
  answer: PlaybackAnswer,
  fromMs: number,
  packets: Packet[],
][] = [
  [
    'footage begins with the instant that was asked for, and time passes as the time stamps do',
    clock,
    {},
    noon,
    [
      [video, packet(-90), 0],
      [audio, packet(77), 0],
      [video, packet(3_510), 40],
      [video, packet(1_710), 20],
      [audio, packet(8_077), 1000],
    ],
  ],
  [
    'footage begins with the instant that the camera says it plays from',
    clock,
    { range: { unit: 'clock', start: unixMillis(noon - 1500) } },
    noon - 1500,
    [[video, packet(5), 0]],
  ],
  [
    'a fast forward has its own time from its begin on',
    clock,
    { scale: 2 },
    noon,
    [
      [video, packet(0, { ntpMs: noon + 500 }), 500],
      [video, packet(3_600, { ntpMs: noon + 580 }), 540],
    ],
  ],
  [
    'a part of a file has no time but that of its arrival',
    { range: { unit: 'npt', start: 10 } },
    { range: { unit: 'npt', start: 9 } },
    now,
    [
      [video, packet(1), 0],
      [video, packet(3_601), 40],
      [audio, packet(9), 0],
    ],
  ],
  [
    'the instants of ONVIF count for more than anything, also over a gap of the archive',
    clock,
    {},
    noon,
    [
      [video, packet(0, { ntpMs: noon + 250 }), 250],
      [video, packet(0), 250],
      [video, packet(3_600), 290],
      [video, packet(7_200, { ntpMs: noon + 60_000, extension: 0xabad }), 60_000],
      [video, packet(10_800), 60_040],
    ],
  ],
  [
    'the year 2040 is told from 1904',
    clock,
    {},
    Date.UTC(2040, 0, 1),
    [[video, packet(0, { ntpMs: Date.UTC(2040, 0, 1) }), 0]],
  ],
  [
    'other extensions, short ones and packets that are none say nothing',
    clock,
    {},
    noon,
    [
      [video, packet(0, { ntpMs: 5, extension: 0xbede }), 0],
      [video, packet(3_600, { ntpMs: 5, words: 2 }), 40],
      [video, { bytes: Buffer.alloc(4), start: 0, end: 4 }, 40],
    ],
  ],
];

for (const [name, wish, answer, fromMs, packets] of stories) {
  test(name, () => {
    const time = new ReplayTime(wish);
    for (const [media, each, afterMs] of packets)
      assert.equal(time.of(media, each, answer, now) - fromMs, afterMs);
  });
}
