import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseRtspUrl, splitCredentials, withoutSrtp } from './url.ts';

const splits: readonly [given: string, url: string, username?: string, password?: string][] = [
  ['rtsp://camera/live', 'rtsp://camera/live'],
  ['  RTSP://Camera:8554/Live?a=1 ', 'rtsp://camera:8554/Live?a=1'],
  ['rtsp://admin:secret@192.168.1.10:554/', 'rtsp://192.168.1.10:554/', 'admin', 'secret'],
  ['rtsp://admin@camera', 'rtsp://camera', 'admin'],
  ['rtsp://admin:@camera', 'rtsp://camera', 'admin', ''],
  ['rtsp://us%40er:p%3Aw%2F@camera/x', 'rtsp://camera/x', 'us@er', 'p:w/'],
  ['rtsp://admin:100%@camera/x', 'rtsp://camera/x', 'admin', '100%'],
  ['rtsp://admin:p@ss@camera/x@y', 'rtsp://camera/x@y', 'admin', 'p@ss'],
  ['rtsp://admin:p/w#1?@camera:554/x', 'rtsp://camera:554/x', 'admin', 'p/w#1?'],
  ['rtsp://camera/a@b', 'rtsp://camera/a@b'],
  ['rtsp://[fe80::1%25eth0]:554/x', 'rtsp://[fe80::1%25eth0]:554/x'],
  ['rtsp://camera/Küche 1', 'rtsp://camera/K%C3%BCche%201'],
  ['rtsps://bücher.example/x', 'rtsps://xn--bcher-kva.example/x'],
];

for (const [given, url, username, password] of splits) {
  test(`${given} is taken apart`, () => {
    assert.deepEqual(splitCredentials(given), {
      url,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
  });
}

const refused: readonly [given: string, why: RegExp][] = [
  ['', /must begin with rtsp:/],
  ['http://joe:hunter2@camera/', /must begin with rtsp:/],
  ['rtsp://', /a host must follow/],
  ['rtsp:///path', /a host must follow/],
  ['rtsp://joe:hunter2@', /a host must follow/],
  ['rtsp://camera:99999/', /port must be 1 to 65535, not 99999/],
  ['rtsp://camera:0/', /port must be 1 to 65535, not 0/],
  ['rtsp://joe:hunter2@cam era/', /a host must follow/],
  [`rtsp://joe:hunter2@camera/${'x'.repeat(4096)}`, /longer than 4096/],
];

for (const [given, why] of refused) {
  test(`"${given.slice(0, 40)}" is refused without being repeated`, () => {
    assert.throws(
      () => splitCredentials(given),
      (error) =>
        error instanceof NightjarError &&
        error.code === 'request_invalid' &&
        why.test(error.message) &&
        !error.message.includes('hunter2'),
    );
  });
}

test('the port of an address is the one it names, or that of its scheme', () => {
  const ports = ['rtsp://h/', 'rtsps://h/', 'rtsp://h:8554/'].map((url) => parseRtspUrl(url).port);
  assert.deepEqual(ports, [554, 322, 8554]);
});

test('an IPv6 address loses its brackets for the connection and keeps them in the origin', () => {
  const { host, origin, path } = parseRtspUrl('rtsp://joe:x@[::1]:8554/live?x');
  assert.deepEqual([host, origin, path], ['::1', 'rtsp://[::1]:8554', '/live?x']);
});

for (const [url, expected] of [
  ['rtsps://h:7441/abc?enableSrtp', 'rtsps://h:7441/abc'],
  ['rtsps://h/abc?enableSrtp=1&x=2', 'rtsps://h/abc?x=2'],
  ['rtsps://h/abc?x=2&EnableSRTP', 'rtsps://h/abc?x=2'],
  ['rtsps://h/abc?x=2?y', 'rtsps://h/abc?x=2?y'],
  ['rtsps://h/enableSrtp', 'rtsps://h/enableSrtp'],
] as const) {
  test(`C35: ${url} asks for no encrypted media`, () => assert.equal(withoutSrtp(url), expected));
}
