import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudioFacts, Media, VideoFacts } from './media.ts';
import { verdict } from './verdict.ts';

const frames = Array.from({ length: 50 }, (_, index) => `picture ${index}`);
const coded = Array.from({ length: 2000 }, (_, index) => String.fromCharCode(index)).join('');
const video: VideoFacts = { codec: 'h264', frames, frameSeconds: 0.04 };
const audio: AudioFacts = {
  codec: 'pcm_alaw',
  sampleRate: 8000,
  channels: 1,
  coded,
  charactersPerSecond: 1000,
  afterVideoS: 0,
};
const sent: Media = { video, audio, complaints: '' };
const withVideo = (change: Partial<VideoFacts>): Media => ({ ...sent, video: { ...video, ...change } });
const withAudio = (change: Partial<AudioFacts>): Media => ({ ...sent, audio: { ...audio, ...change } });

const whole: readonly [name: string, recorded: Media, faults: readonly string[]][] = [
  ['what was sent', sent, []],
  ['a complaint', { ...sent, complaints: 'bad\nworse\n' }, ['ffmpeg complains: bad']],
  ['no video', { ...sent, video: undefined }, ['there is no video']],
  ['no sound', { ...sent, audio: undefined }, ['there is no sound']],
  ['another video codec', withVideo({ codec: 'hevc' }), ['the video is hevc instead of h264']],
  [
    'another sampling rate',
    withAudio({ sampleRate: 16_000 }),
    ['the sound is pcm_alaw 16000 Hz 1 channels instead of pcm_alaw 8000 Hz 1 channels'],
  ],
  ['the last picture missing', withVideo({ frames: frames.slice(0, 49) }), ['49 of 50 pictures']],
  [
    'the first picture missing',
    withVideo({ frames: frames.slice(1) }),
    ['picture 0 of 49 is not number 0 of those sent', '49 of 50 pictures'],
  ],
  [
    'a picture that is another',
    withVideo({ frames: frames.with(4, 'grey') }),
    ['picture 4 of 50 is not number 4 of those sent'],
  ],
  [
    'a byte of sound that is another',
    withAudio({ coded: `${coded.slice(0, 200)}?${coded.slice(201)}` }),
    ['the sound (2000 of 2000) is not a piece of what was sent'],
  ],
  ['a little less sound', withAudio({ coded: coded.slice(100), afterVideoS: 0.1 }), []],
  [
    'much less sound',
    withAudio({ coded: coded.slice(0, 1650) }),
    ['0.35 s of sound are missing, 0.00 s of them at the beginning'],
  ],
  ['sound that is too late', withAudio({ afterVideoS: 0.25 }), ['the sound is 250 ms late']],
  ['sound that is too early', withAudio({ coded: coded.slice(250) }), ['the sound is -250 ms late']],
];

for (const [name, recorded, faults] of whole) {
  test(`of a whole clip, ${name}`, () => {
    assert.deepEqual(verdict(sent, recorded, { whole: true }).faults, faults);
  });
}

test('of a clip that began before the recording, one piece is enough', () => {
  const recorded: Media = {
    ...withAudio({ coded: coded.slice(120), afterVideoS: 0 }),
    video: { ...video, frames: frames.slice(3, 40) },
  };
  assert.deepEqual(verdict(sent, recorded, { whole: false }).faults, []);
});

test('of a clip that was cut off, the last pictures may come before B-frames that are shown before them', () => {
  const upTo = (...last: string[]) => withVideo({ frames: [...frames.slice(0, 40), ...last] });
  assert.deepEqual(verdict(sent, upTo('picture 42'), { whole: false }).faults, []);
  assert.deepEqual(verdict(sent, upTo('picture 41', 'picture 42'), { whole: false }).faults, []);
  assert.equal(verdict(sent, upTo('picture 42', 'picture 41'), { whole: false }).faults.length, 1);
  assert.equal(verdict(sent, upTo('picture 41', 'picture 43'), { whole: false }).faults.length, 1);
  assert.equal(verdict(sent, upTo('picture 43'), { whole: false }).faults.length, 1);
  assert.equal(verdict(sent, upTo('picture 42'), { whole: true }).faults.length, 2);
});

const parts: readonly [name: string, recorded: Media, faults: readonly string[]][] = [
  ['too few pictures', withVideo({ frames: frames.slice(0, 19) }), ['19 of 50 pictures']],
  [
    'less sound than pictures',
    withAudio({ coded: coded.slice(0, 1600) }),
    ['0.40 s of sound are missing, 0.00 s of them at the beginning'],
  ],
];

for (const [name, recorded, faults] of parts) {
  test(`of a clip that began before the recording, ${name} is a fault`, () => {
    assert.deepEqual(verdict(sent, recorded, { whole: false }).faults, faults);
  });
}

test('sound that nobody sent is told', () => {
  assert.deepEqual(verdict({ ...sent, audio: undefined }, sent, { whole: true }).faults, [
    'there is pcm_alaw, which nobody sent',
  ]);
});
