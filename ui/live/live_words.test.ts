import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { LiveView } from './live_session.ts';
import { wordsOf } from './live_words.ts';
import { streamsToTry } from './stream_choice.ts';

const nowMs = 1_795_356_000_000;
const known = { name: 'Garage', ageMs: 4_300, pictureMs: nowMs - 4_300, nowMs };
const plain = (value: unknown) => JSON.stringify(value)?.replaceAll('\u202f', ' ');

for (const [name, view, pattern] of [
  ['a picture that plays needs no words', { kind: 'playing' }, undefined],
  ['a stalled one says for how long', { kind: 'stalled' }, /stands still for 4 s/],
  [
    'a camera that is away says why',
    { kind: 'waiting', reason: 'It does not answer.' },
    /"No picture since .*"text":"It does not answer."/,
  ],
  [
    'a codec is named as people know it',
    { kind: 'unplayable', mimeType: 'video/mp4; codecs="hvc1.1.6"' },
    /cannot play H\.265/,
  ],
  ['a refusal has its reason', { kind: 'refused', reason: 'There is no camera.' }, /There is no camera\./],
  ['a decoder that gives up is said', { kind: 'undecodable' }, /cannot be decoded/],
] as [string, LiveView, RegExp | undefined][]) {
  test(name, () => {
    const words = wordsOf(view, known);
    if (pattern) assert.match(plain(words) ?? '', pattern);
    else assert.equal(words, undefined);
  });
}

test('tiles take the sub stream, the large picture the main stream, and what has a picture goes first', () => {
  const camera = (main: object, sub: object) =>
    ({
      streams: [
        { role: 'main', record: true, state: 'recording', ...main },
        { role: 'sub', record: true, state: 'recording', ...sub },
      ],
    }) as unknown as CameraAnswer;
  const roles = (large: boolean, main = {}, sub = {}) =>
    streamsToTry(camera(main, sub), large).map(({ role }) => role);
  assert.deepEqual(roles(false), ['sub', 'main']);
  assert.deepEqual(roles(true), ['main', 'sub']);
  assert.deepEqual(roles(false, {}, { state: 'backing_off' }), ['main', 'sub']);
  assert.deepEqual(roles(false, {}, { state: 'stopped', record: false }), ['sub', 'main']);
});
