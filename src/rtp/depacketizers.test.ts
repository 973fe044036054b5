import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkPool } from '../media/sample_arena.ts';
import type { Depacketizer, PayloadFormat } from './depacketizer.ts';
import { createDepacketizer, whyUnsupported } from './depacketizers.ts';

function format(encoding: string, clockRate: number, parameters: Record<string, string> = {}): PayloadFormat {
  return { encoding, clockRate, channels: 1, parameters: new Map(Object.entries(parameters)) };
}

function make(kind: string, described: PayloadFormat): Depacketizer {
  assert.equal(whyUnsupported(kind, described), undefined);
  return createDepacketizer(kind, described, new ChunkPool());
}

test('G.711 of both laws has the QuickTime tag for its codec', () => {
  const [law, alaw] = [make('audio', format('PCMU', 8000)), make('audio', format('PCMA', 16_000))];
  assert.deepEqual(law.track, {
    kind: 'audio',
    codec: 'pcmu',
    timescale: 8000,
    sampleRate: 8000,
    channels: 1,
    bitsPerSample: 8,
    codecString: 'ulaw',
  });
  assert.deepEqual([alaw.track?.codecString, alaw.track?.timescale], ['alaw', 16_000]);
});

const supported: [string, PayloadFormat, string | undefined][] = [
  ['video', format('H264', 90_000), undefined],
  ['video', format('h264', 90_000, { 'packetization-mode': '1' }), undefined],
  ['video', format('JPEG', 90_000), undefined],
  ['audio', format('MPEG4-GENERIC', 48_000, { config: '1190' }), 'mp4a.40.2'],
  ['audio', format('MPEG4-GENERIC', 16_000), 'mp4a.40.2'],
  ['audio', format('MPEG4-GENERIC', 16_000, { config: 'rubbish', mode: 'AAC-hbr' }), 'mp4a.40.2'],
  ['audio', format('MPEG4-GENERIC', 90_000), undefined],
  ['audio', format('opus', 48_000), 'opus'],
  ['audio', format('L16', 44_100), 'twos'],
  ['audio', format('G722', 8000), 'g722'],
  ['audio', format('G726-16', 8000), 'g726'],
  ['audio', format('AAL2-G726-40', 8000), 'g726'],
];

for (const [kind, described, codecString] of supported) {
  const parameters = JSON.stringify(Object.fromEntries(described.parameters));
  test(`${kind} ${described.encoding}/${described.clockRate} ${parameters} is taken with track ${codecString}`, () => {
    assert.equal(make(kind, described).track?.codecString, codecString);
  });
}

const unsupported: [string, PayloadFormat, string][] = [
  ['video', format('VP8', 90_000), 'Nightjar cannot record video in the format VP8 yet.'],
  ['video', format('PCMU', 8000), 'Nightjar cannot record video in the format PCMU yet.'],
  ['audio', format('G723', 8000), 'Nightjar cannot record audio in the format G723 yet.'],
  ['audio', format('constructor', 8000), 'Nightjar cannot record audio in the format constructor yet.'],
  ['audio', { ...format('L16', 8000), channels: 99 }, 'Nightjar cannot record audio of 99 channels.'],
  ['video', format('H264', 0), 'The camera gives the video no clock rate.'],
  ['audio', format('PCMA', Number.NaN), 'The camera gives the audio no clock rate.'],
  [
    'video',
    format('H264', 90_000, { 'packetization-mode': '2' }),
    'The camera sends H.264 in the interleaved mode, which Nightjar cannot record.',
  ],
  [
    'audio',
    format('MPEG4-GENERIC', 8000, { mode: 'CELP-cbr' }),
    'Nightjar cannot record audio in the MPEG-4 mode celp-cbr.',
  ],
];

for (const [kind, described, reason] of unsupported) {
  test(`${kind} ${described.encoding} is refused in words: ${reason}`, () => {
    assert.equal(whyUnsupported(kind, described), reason);
  });
}

test('S15: AAC and H.264 of one payload type go each their own way', () => {
  const video = make('video', format('H264', 90_000));
  const audio = make('audio', format('MPEG4-GENERIC', 48_000, { config: '1190' }));
  assert.equal(video.track?.kind ?? 'unknown', 'unknown');
  assert.equal(audio.track?.kind, 'audio');
});

test('S18: broken audio parameters never throw', () => {
  for (const config of ['', 'zz', 'ff', 'ffffffffffff', '00'.repeat(100)]) {
    assert.ok(createDepacketizer('audio', format('MPEG4-GENERIC', 90_000, { config }), new ChunkPool()));
  }
});
