import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Device } from '../../src/api/contract/device.ts';
import { inputOf } from './camera_form.ts';
import { formOfDevice, modelOf, profileLine, proposalOf } from './proposal.ts';

const device: Device = {
  address: '192.168.1.20',
  name: 'IPC-1',
  media: 'media2',
  profiles: [
    {
      token: 'p1',
      name: 'Profile_1',
      role: 'main',
      url: 'rtsp://192.168.1.20/1',
      codec: 'H264',
      width: 2560,
      height: 1440,
      framesPerSecond: 25,
      bitsPerSecond: 4_000_000,
      audio: 'AAC',
    },
    { token: 'p2', name: 'Profile_2', role: 'sub', url: 'rtsp://192.168.1.20/2', codec: 'H264' },
    { token: 'p3', name: 'Profile_3', url: 'rtsp://192.168.1.20/3', codec: 'JPEG' },
  ],
  notes: [],
};

test('what the server proposes is chosen at first', () => {
  assert.deepEqual(proposalOf(device), { main: 'p1', sub: 'p2' });
  const unproposed = { ...device, profiles: device.profiles.slice(2) };
  assert.deepEqual(proposalOf(unproposed), { main: 'p3', sub: undefined });
  assert.deepEqual(proposalOf({ ...device, profiles: [] }), { main: undefined, sub: undefined });
});

test('the chosen profiles become the streams of the camera', () => {
  const typed = { name: 'Gate', username: 'viewer', password: 'secret' };
  assert.deepEqual(inputOf(formOfDevice(device, { main: 'p1', sub: undefined }, typed)), {
    ...typed,
    address: '192.168.1.20',
    streams: [{ role: 'main', url: 'rtsp://192.168.1.20/1', record: true }],
  });
});

test('a profile is told by what it sends', () => {
  const lines = device.profiles.map((profile) => profileLine(profile).replaceAll('\u202f', ' '));
  assert.deepEqual(lines, [
    'Profile_1 · 2560 × 1440 · H.264 + AAC · 25 fps · 4 Mbit/s',
    'Profile_2 · H.264',
    'Profile_3 · MJPEG',
  ]);
});

test('the maker is said once', () => {
  assert.equal(modelOf({ manufacturer: 'Reolink', model: 'RLC-810A' }), 'Reolink RLC-810A');
  assert.equal(modelOf({ manufacturer: 'HIKVISION', model: 'Hikvision DS-2' }), 'Hikvision DS-2');
  assert.equal(modelOf({ model: 'X1' }), 'X1');
  assert.equal(modelOf({}), undefined);
});
