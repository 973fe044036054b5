import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Camera } from '../index/cameras.ts';
import { unixMillis } from '../units/time.ts';
import { isHostOfCamera, isOfCamera } from './kept_credentials.ts';

const camera = (urls: readonly string[], address?: string): Camera => ({
  id: 'c',
  name: 'Gate',
  address,
  password: 'secret',
  createdMs: unixMillis(0),
  streams: urls.map((url, at) => ({
    id: `${at}`,
    role: at === 0 ? 'main' : 'sub',
    url,
    transport: 'auto',
    record: true,
  })),
});

const urls: readonly [name: string, known: Camera, url: string, answer: boolean][] = [
  ['another path of a stream', camera(['rtsp://cam:8554/a']), 'rtsp://cam:8554/b?c=1', true],
  ['the usual port, written out', camera(['rtsp://cam/a']), 'rtsp://CAM:554/a', true],
  [
    'the host and port of the second stream',
    camera(['rtsp://cam/a', 'rtsp://sub:1/b']),
    'rtsp://sub:1/',
    true,
  ],
  ['another host', camera(['rtsp://cam/a']), 'rtsp://evil/a', false],
  ['a host that begins alike', camera(['rtsp://cam/a']), 'rtsp://cam.evil/a', false],
  ['another name of the same host', camera(['rtsp://localhost/a']), 'rtsp://127.0.0.1/a', false],
  ['another port', camera(['rtsp://cam/a']), 'rtsp://cam:8554/a', false],
  [
    'the host of one stream with the port of the other',
    camera(['rtsp://a:1/', 'rtsp://b:2/']),
    'rtsp://a:2/',
    false,
  ],
  ['a host as credentials of another', camera(['rtsp://cam/a']), 'rtsp://cam@evil/a', false],
  ['no encryption where there was some', camera(['rtsps://cam:322/a']), 'rtsp://cam:322/a', false],
  ['the host of the address', camera(['rtsp://10.0.0.1/a'], 'cam.local'), 'rtsp://cam.local/a', true],
  ['the host of an address with port and path', camera(['rtsp://x/'], 'cam:80/onvif'), 'rtsp://cam/a', true],
  ['the host of an address of IPv6', camera(['rtsp://x/'], '[fe80::1]:80'), 'rtsp://[fe80::1]/a', true],
  ['the host of a bare address of IPv6', camera(['rtsp://x/'], 'fe80::1'), 'rtsp://[FE80::1]/a', true],
  ['another port at the host of the address', camera(['rtsp://x/'], 'cam'), 'rtsp://cam:9000/a', false],
  ['no encryption at the host of the address', camera(['rtsps://cam/'], 'cam'), 'rtsp://cam/a', false],
  ['a camera of which no URL is known', camera([''], 'cam'), 'rtsp://cam/a', false],
  ['no URL', camera(['']), '', false],
];

for (const [name, known, url, answer] of urls) {
  test(`${name} is ${answer ? '' : 'not '}of the camera`, () => {
    assert.equal(isOfCamera(known, url), answer);
  });
}

const addresses: readonly [address: string, answer: boolean][] = [
  ['cam.local', true],
  ['CAM.local:8080/onvif', true],
  ['10.0.0.1', true],
  ['10.0.0.10', false],
  ['evil', false],
];

for (const [address, answer] of addresses) {
  test(`the address ${address} ${answer ? 'has' : 'has not'} a host of the camera`, () => {
    assert.equal(isHostOfCamera(camera(['rtsp://10.0.0.1:8554/a'], 'cam.local'), address), answer);
  });
}
