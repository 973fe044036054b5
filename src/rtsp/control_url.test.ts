import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controlBase, joinControl } from './control_url.ts';
import { Headers } from './message.ts';

const ours = 'rtsp://10.0.0.5:8554/live/main';

const bases: readonly [name: string, fields: Record<string, string>, base: string][] = [
  [
    'Content-Base is the base',
    { 'Content-Base': 'rtsp://10.0.0.5:8554/live/' },
    'rtsp://10.0.0.5:8554/live/',
  ],
  [
    'Content-Base comes before Content-Location',
    { 'Content-Location': 'rtsp://10.0.0.5:8554/b/', 'content-base': 'rtsp://10.0.0.5:8554/a/' },
    'rtsp://10.0.0.5:8554/a/',
  ],
  ['Content-Location comes before the request', { 'Content-Location': '/b/' }, 'rtsp://10.0.0.5:8554/b/'],
  ["the request's URL is the base when there is nothing else", {}, ours],
  ['an empty Content-Base is none', { 'Content-Base': ' ' }, ours],
  ['S2: a base without scheme', { 'Content-Base': '192.168.1.20:554/live/' }, 'rtsp://10.0.0.5:8554/live/'],
  [
    'S2: a base that begins with slashes',
    { 'Content-Base': '//192.168.1.20/live/' },
    'rtsp://10.0.0.5:8554/live/',
  ],
  ['S2: the scheme twice', { 'Content-Base': 'rtsp://rtsp://10.0.0.5/live/' }, 'rtsp://10.0.0.5:8554/live/'],
  [
    'S2: an IPv6 address without brackets',
    { 'Content-Base': 'rtsp://fe80::1:554/live/' },
    'rtsp://10.0.0.5:8554/live/',
  ],
  [
    'S2: another host, without the port',
    { 'Content-Base': 'rtsp://192.168.1.20/live/' },
    'rtsp://10.0.0.5:8554/live/',
  ],
  ['S2: credentials in the base', { 'Content-Base': 'rtsp://a:b@cam/live/' }, 'rtsp://10.0.0.5:8554/live/'],
  ['S2: a host alone', { 'Content-Base': 'rtsp://cam' }, 'rtsp://10.0.0.5:8554'],
  [
    'S3: a base with a query keeps it',
    { 'Content-Base': 'rtsp://cam/live?channel=1&x=/' },
    'rtsp://10.0.0.5:8554/live?channel=1&x=/',
  ],
  ['a base that is a word is a path', { 'Content-Base': 'live/' }, 'rtsp://10.0.0.5:8554/live/'],
];

for (const [name, fields, base] of bases) {
  test(name, () => {
    assert.equal(controlBase(ours, new Headers(Object.entries(fields))), base);
  });
}

test('an absolute control of the session is the base when no header names one', () => {
  assert.equal(controlBase(ours, new Headers(), 'rtsp://cam/other/'), 'rtsp://10.0.0.5:8554/other/');
  const headers = new Headers([['Content-Base', '/base/']]);
  assert.equal(controlBase(ours, headers, 'rtsp://cam/other/'), 'rtsp://10.0.0.5:8554/base/');
  assert.equal(controlBase(ours, new Headers(), '*'), ours);
});

const joins: readonly [name: string, base: string, control: string | undefined, url: string][] = [
  ['a relative control is joined with a slash', 'rtsp://h/live', 'trackID=1', 'rtsp://h/live/trackID=1'],
  ['no second slash is added', 'rtsp://h/live/', 'trackID=1', 'rtsp://h/live/trackID=1'],
  ['`*` is the base itself', 'rtsp://h/live/', '*', 'rtsp://h/live/'],
  ['no control is the base itself', 'rtsp://h/live', undefined, 'rtsp://h/live'],
  ['an empty control is the base itself', 'rtsp://h/live', ' ', 'rtsp://h/live'],
  [
    'S3: behind a query, by concatenation',
    'rtsp://h/cam?channel=1&subtype=0',
    'trackID=1',
    'rtsp://h/cam?channel=1&subtype=0/trackID=1',
  ],
  [
    'S4: a control that begins with a slash is not taken from the root',
    'rtsp://h/live',
    '/trackID=1',
    'rtsp://h/live/trackID=1',
  ],
  ['S4: nor does it double the slash', 'rtsp://h/', '/media/1/video/1', 'rtsp://h/media/1/video/1'],
  [
    'an absolute control keeps our host and port',
    'rtsp://h:8554/live',
    'rtsp://192.168.0.2/live/1?x',
    'rtsp://h:8554/live/1?x',
  ],
  ['a control that is a query follows at once', 'rtsp://h/live', '?ctype=video', 'rtsp://h/live?ctype=video'],
  ['blanks in a control are encoded', 'rtsp://h/live', 'track 1', 'rtsp://h/live/track%201'],
];

for (const [name, base, control, url] of joins) {
  test(name, () => {
    assert.equal(joinControl(base, control), url);
  });
}
