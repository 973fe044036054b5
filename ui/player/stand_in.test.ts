import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { codecName, StandIns } from './stand_in.ts';

const cameraOf = (...streams: readonly { id: string; record: boolean }[]) =>
  ({ streams }) as unknown as CameraAnswer;
const main = { id: 'main', record: true };
const sub = { id: 'sub', record: true };

test('another recorded stream stands in', () => {
  const camera = cameraOf(main, sub);
  assert.equal(new StandIns().for(camera, camera.streams[0]!)?.id, 'sub');
});

test('one that is not recorded does not', () => {
  const camera = cameraOf(main, { ...sub, record: false });
  assert.equal(new StandIns().for(camera, camera.streams[0]!), undefined);
});

test('where none can be played, it does not go round in a circle', () => {
  const camera = cameraOf(main, sub);
  const standIns = new StandIns();
  assert.equal(standIns.for(camera, camera.streams[0]!)?.id, 'sub');
  assert.equal(standIns.for(camera, camera.streams[1]!), undefined);
});

test('who chose a stream is shown why it cannot be played', () => {
  const camera = cameraOf(main, sub);
  const standIns = new StandIns();
  standIns.insistOn('main');
  assert.equal(standIns.for(camera, camera.streams[0]!), undefined);
});

test('codecs have the names that people know', () => {
  assert.equal(codecName(['hvc1.1.6.L93.B0', 'mp4a.40.2']), 'H.265');
  assert.equal(codecName(['avc1.64001f']), 'H.264');
  assert.equal(codecName(['jpeg']), 'MJPEG');
  assert.equal(codecName(['av01.0.04M.08']), 'av01.0.04M.08');
  assert.equal(codecName([]), '');
});
