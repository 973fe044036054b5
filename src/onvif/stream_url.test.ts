import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NightjarError } from '../errors/nightjar_error.ts';
import { readStreamUrl } from './stream_url.ts';
import { escapeXml, readXml } from './xml_document.ts';

const media1 = (uri: string) =>
  readXml(
    `<Body><GetStreamUriResponse><MediaUri><Uri>${escapeXml(uri)}</Uri></MediaUri></GetStreamUriResponse></Body>`,
  );
const media2 = (uri: string) =>
  readXml(`<Body><GetStreamUriResponse><Uri>${escapeXml(uri)}</Uri></GetStreamUriResponse></Body>`);

const urls: [name: string, uri: string, url: string, replacedHost?: string][] = [
  [
    'a URL at the host that answered stays',
    'rtsp://10.0.0.5:8554/a?b=1&c=2',
    'rtsp://10.0.0.5:8554/a?b=1&c=2',
  ],
  [
    'O6: a host from behind a router is replaced, port and path stay',
    'rtsp://192.168.1.108:8554/a',
    'rtsp://10.0.0.5:8554/a',
    '192.168.1.108',
  ],
  ['O6: a host without a port is replaced', 'rtsp://192.168.1.108/a', 'rtsp://10.0.0.5/a', '192.168.1.108'],
  ['O6: an IPv6 host is replaced', 'rtsp://[fe80::1]:554/a', 'rtsp://10.0.0.5:554/a', 'fe80::1'],
  [
    'a host that would lead elsewhere is never asked',
    'rtsp://evil.example/a',
    'rtsp://10.0.0.5/a',
    'evil.example',
  ],
  ['credentials are split off', 'rtsp://admin:secret@10.0.0.5/a', 'rtsp://10.0.0.5/a'],
  ['rtsps stays', 'rtsps://10.0.0.5/a', 'rtsps://10.0.0.5/a'],
];
for (const [name, uri, url, replacedHost] of urls) {
  test(name, () => {
    for (const body of [media1(uri), media2(uri)]) {
      assert.deepEqual(readStreamUrl(body, '10.0.0.5'), {
        url,
        ...(replacedHost !== undefined && { replacedHost }),
      });
    }
  });
}

for (const uri of [
  '',
  'http://10.0.0.5/a',
  'rtsp://',
  'file:///etc/passwd',
  'rtsp://a\u0007b/',
  `rtsp://a/${'b'.repeat(5000)}`,
]) {
  test(`${JSON.stringify(uri.slice(0, 20))} is no stream`, () => {
    assert.throws(
      () => readStreamUrl(media1(uri), '10.0.0.5'),
      (error) => error instanceof NightjarError && error.code === 'onvif_malformed',
    );
  });
}
