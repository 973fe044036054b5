import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NightjarError } from '../errors/nightjar_error.ts';
import { defaultPath, formatDeviceAddress, parseDeviceAddress, replyingAddress } from './device_address.ts';

const written: [text: string, host: string, port: number | undefined, path: string][] = [
  ['192.168.1.20', '192.168.1.20', undefined, defaultPath],
  [' Camera.local ', 'camera.local', undefined, defaultPath],
  ['10.0.0.5:8000', '10.0.0.5', 8000, defaultPath],
  ['http://10.0.0.5:8000/', '10.0.0.5', 8000, defaultPath],
  ['10.0.0.5/onvif/services', '10.0.0.5', undefined, '/onvif/services'],
];
for (const [text, host, port, path] of written) {
  test(`${JSON.stringify(text)} is an address`, () => {
    assert.deepEqual(parseDeviceAddress(text), { host, ...(port !== undefined && { port }), path });
  });
}

for (const text of [
  '',
  ' ',
  'a b',
  'a:0',
  'a:65536',
  'a:b',
  'user@host',
  'https://a',
  'a/ b',
  '[::1]',
  'a\r\nb',
  '-a',
  `${'a'.repeat(300)}`,
]) {
  test(`${JSON.stringify(text.slice(0, 20))} is no address`, () => {
    assert.throws(
      () => parseDeviceAddress(text),
      (error) =>
        error instanceof NightjarError && error.code === 'request_invalid' && error.place.field === 'address',
    );
  });
}

const replies: [name: string, urls: string[], address: string][] = [
  [
    'O3: its own address among several is taken',
    ['http://169.254.3.4/onvif/device_service', 'http://10.0.0.5:8000/onvif/device_service'],
    '10.0.0.5:8000',
  ],
  [
    'O3: a wrong host is replaced by the one that replied, port and path stay',
    ['http://192.168.1.108:8899/onvif/services'],
    '10.0.0.5:8899/onvif/services',
  ],
  ['a host that it names alone is never asked', ['http://evil.example/onvif/device_service'], '10.0.0.5'],
  [
    'an IPv6 address beside it is passed over',
    ['http://[fe80::1]:81/x', 'http://10.0.0.7:82/onvif/device_service'],
    '10.0.0.5:82',
  ],
  ['no address at all leads to the usual one', [], '10.0.0.5'],
  [
    'what is no HTTP address leads to the usual one',
    ['https://10.0.0.5/a', 'ftp://10.0.0.5', 'x', 'http://', 'file:///etc/passwd'],
    '10.0.0.5',
  ],
];
for (const [name, urls, address] of replies) {
  test(name, () => assert.equal(formatDeviceAddress(replyingAddress('10.0.0.5', urls)), address));
}

test('a written address leads back to what it was made of', () => {
  for (const text of ['a', 'a:81', 'a/b', 'a:81/b?c']) {
    assert.equal(formatDeviceAddress(parseDeviceAddress(text)), text);
  }
});
