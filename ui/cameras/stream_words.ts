import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { bitRate, frameRate, pictureSize } from '../messages/format.ts';
import { message } from '../messages/message.ts';

/**
 * How much a state concerns a person: 'alarm' needs one now, 'caution' may pass by itself. 'unknown' while the server
 * cannot be asked.
 */
export type Concern = 'fine' | 'waiting' | 'idle' | 'caution' | 'alarm' | 'unknown';

/** Nothing but a person ends these. */
const needPerson: ReadonlySet<string> = new Set<NonNullable<StreamAnswer['errorCode']>>([
  'camera_authentication',
  'camera_authentication_unsupported',
  'camera_path_not_found',
  'codec_unsupported',
  'sdp_no_video',
  'recordings_unwritable',
  'recordings_missing',
  'recordings_of_another',
  'disk_full',
  'disk_failed',
]);

/** A camera that restarts is back by then; one that is not needs somebody. */
const patienceMs = 120_000;

export function concernOf(stream: StreamAnswer, nowMs: number): Concern {
  switch (stream.state) {
    case 'recording':
      return 'fine';
    case 'needs-address':
      return 'alarm';
    case 'stopped':
    case 'paused':
      return 'idle';
    case 'connecting':
      return 'waiting';
    case 'backing_off': {
      const lasts = nowMs - (stream.lastFootageMs ?? stream.sinceMs) > patienceMs;
      return lasts || needPerson.has(stream.errorCode ?? '') ? 'alarm' : 'caution';
    }
  }
}

const gravity: readonly Concern[] = ['unknown', 'idle', 'fine', 'waiting', 'caution', 'alarm'];

/** The stream of a camera that concerns a person most; of equals the main stream. */
export function gravest(
  camera: CameraAnswer,
  nowMs: number,
): { stream: StreamAnswer; concern: Concern } | undefined {
  return camera.streams
    .map((stream) => ({ stream, concern: concernOf(stream, nowMs) }))
    .toSorted((a, b) => gravity.indexOf(b.concern) - gravity.indexOf(a.concern))[0];
}

/** How the cameras do, all in all: `2 cameras, all recording`; `known` is whether their states are still theirs. */
export function camerasSummary(list: readonly CameraAnswer[], nowMs: number, known: boolean): string {
  const concerns = list.map((camera) => gravest(camera, nowMs)?.concern);
  const concerned = concerns.filter((concern) => concern === 'caution' || concern === 'alarm').length;
  const count = list.length;
  if (!known) return message('cameras.unknown', { count });
  if (concerned > 0) return message('cameras.not-recording', { count, concerned });
  const all = concerns.every((concern) => concern === 'fine');
  return message(all ? 'cameras.all-recording' : 'cameras.count', { count });
}

const codecNames: readonly [RegExp, string][] = [
  [/^avc[13]/i, 'H.264'],
  [/^(hvc1|hev1)/i, 'H.265'],
  [/^av01/i, 'AV1'],
  [/^mp4a\.40/i, 'AAC'],
  [/^mp4a\.6b/i, 'MP3'],
  [/^opus/i, 'Opus'],
  [/^(ulaw|pcmu)/i, 'G.711 µ-law'],
  [/^(alaw|pcma)/i, 'G.711 A-law'],
  [/^(ipcm|fpcm|sowt|twos)/i, 'PCM'],
  [/^g\.?722$/i, 'G.722'],
  [/^g\.?726$/i, 'G.726'],
  [/^h\.?264$/i, 'H.264'],
  [/^h\.?265$/i, 'H.265'],
  [/^(m?jpeg)$/i, 'MJPEG'],
  [/^(aac|mp4a-latm|mpeg4-generic)$/i, 'AAC'],
  [/^(g\.?711)$/i, 'G.711'],
];

/** The name people know a codec by, of an RFC 6381 string or of what a device calls it. */
export function codecName(codec: string): string {
  return codecNames.find(([known]) => known.test(codec))?.[1] ?? codec;
}

/** What is known of a stream, briefly: `1280 × 720`, `H.264 + AAC`, `25 fps`, `1.9 Mbit/s`. */
export function streamFacts(stream: {
  codecs?: readonly string[];
  width?: number | undefined;
  height?: number | undefined;
  framesPerSecond?: number | undefined;
  bitsPerSecond?: number | undefined;
}): string[] {
  const { codecs = [], width, height, framesPerSecond, bitsPerSecond } = stream;
  return [
    ...(width && height ? [pictureSize(width, height)] : []),
    ...(codecs.length > 0 ? [codecs.map(codecName).join(' + ')] : []),
    ...(framesPerSecond ? [frameRate(framesPerSecond)] : []),
    ...(bitsPerSecond ? [bitRate(bitsPerSecond)] : []),
  ];
}
