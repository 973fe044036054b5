import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraAnswer, StreamAnswer } from '../../src/api/contract/camera.ts';
import { camerasSummary, codecName, concernOf, gravest, streamFacts } from './stream_words.ts';

const now = 1_795_356_000_000;

const stream = (changes: Partial<StreamAnswer> = {}): StreamAnswer => ({
  id: 's1',
  role: 'main',
  url: 'rtsp://192.168.1.20/a',
  transport: 'auto',
  record: true,
  state: 'recording',
  stateReason: 'It is recorded.',
  sinceMs: now - 60_000,
  codecs: ['avc1.64001f', 'mp4a.40.2'],
  bitsPerSecond: 1_934_000,
  framesPerSecond: 25,
  ...changes,
});

const camera = (...streams: StreamAnswer[]): CameraAnswer => ({
  id: 'c1',
  name: 'Garage',
  hasPassword: true,
  createdMs: now,
  storageRoot: 'default',
  streams,
});

for (const [name, changes, concern] of [
  ['a stream that is recorded is fine', {}, 'fine'],
  [
    'one that just lost its camera may come back by itself',
    { state: 'backing_off', errorCode: 'camera_unreachable' },
    'caution',
  ],
  [
    'one without its camera for minutes needs a person, however often the state changed since',
    { state: 'backing_off', errorCode: 'camera_unreachable', sinceMs: now, lastFootageMs: now - 180_000 },
    'alarm',
  ],
  [
    'a wrong password needs a person at once',
    { state: 'backing_off', errorCode: 'camera_authentication' },
    'alarm',
  ],
  ['a stream without an address needs a person', { state: 'needs-address' }, 'alarm'],
  ['one that connects is awaited', { state: 'connecting' }, 'waiting'],
  ["one that is not to be recorded is nobody's concern", { state: 'stopped', record: false }, 'idle'],
] as [string, Partial<StreamAnswer>, string][]) {
  test(name, () => assert.equal(concernOf(stream(changes), now), concern));
}

test('a camera is judged by its stream that concerns most', () => {
  const lost = stream({ id: 's2', role: 'sub', state: 'backing_off', errorCode: 'camera_timeout' });
  assert.equal(gravest(camera(stream(), lost), now)?.stream.id, 's2');
  assert.equal(gravest(camera(stream(), stream({ id: 's2', state: 'stopped' })), now)?.stream.id, 's1');
  assert.equal(gravest(camera(), now), undefined);
});

test('all cameras together are summed up by what concerns most', () => {
  const lost = stream({ state: 'backing_off', errorCode: 'camera_timeout' });
  assert.equal(camerasSummary([camera(stream())], now, true), '1 camera, recording');
  assert.equal(camerasSummary([camera(stream()), camera(lost)], now, true), '2 cameras, 1 not recording');
  assert.equal(camerasSummary([camera(stream({ state: 'connecting' }))], now, true), '1 camera');
  assert.equal(camerasSummary([camera(stream())], now, false), '1 camera, state not known now');
});

test('codecs have the names that people know', () => {
  const named = [
    'avc1.64001f',
    'hvc1.1.6.L93.B0',
    'mp4a.40.2',
    'ulaw',
    'H264',
    'JPEG',
    'MP4A-LATM',
    'vp9x',
  ].map(codecName);
  assert.deepEqual(named, ['H.264', 'H.265', 'AAC', 'G.711 µ-law', 'H.264', 'MJPEG', 'AAC', 'vp9x']);
});

test('facts that are not known are left out', () => {
  const plain = (facts: string[]) => facts.map((fact) => fact.replaceAll('\u202f', ' '));
  assert.deepEqual(plain(streamFacts(stream({ width: 1280, height: 720 }))), [
    '1280 × 720',
    'H.264 + AAC',
    '25 fps',
    '1.9 Mbit/s',
  ]);
  assert.deepEqual(streamFacts({ codecs: [], bitsPerSecond: 0 }), []);
});
