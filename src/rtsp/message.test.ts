import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  contentLength,
  formatRequest,
  formatResponse,
  Headers,
  maximumFields,
  noBody,
  parseHead,
  parseStartLine,
  sequenceNumberOf,
} from './message.ts';

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

test('a request is written as RFC 2326 shows it', () => {
  const bytes = formatRequest({
    method: 'SETUP',
    url: 'rtsp://camera/live/track1',
    headers: new Headers([
      ['CSeq', '3'],
      ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'],
    ]),
    body: noBody,
  });
  assert.equal(
    latin1(bytes),
    'SETUP rtsp://camera/live/track1 RTSP/1.0\r\nCSeq: 3\r\n' +
      'Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n',
  );
});

test('a body brings its own Content-Length, whatever the headers say', () => {
  const bytes = formatResponse({
    status: 200,
    reason: 'OK',
    headers: new Headers([['content-length', '99']]),
    body: Buffer.from('v=0\r\n'),
  });
  assert.equal(latin1(bytes), 'RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nv=0\r\n');
});

test('C6: Cseq in odd casing, trailing blanks and no CSeq at all are accepted', () => {
  const odd = parseHead('RTSP/1.0 200 OK\r\nCseq: 7 \t\r\nSESSION :  abc  \r\n\r\n');
  assert.ok(odd);
  assert.equal(sequenceNumberOf(odd), 7);
  assert.equal(odd.headers.get('session'), 'abc');
  const none = parseHead('RTSP/1.0 200 OK\r\nPublic: OPTIONS\r\n\r\n');
  assert.ok(none);
  assert.equal(sequenceNumberOf(none), undefined);
});

test('C7: bare LF line ends and empty header values are accepted', () => {
  const head = parseHead('RTSP/1.0 200 OK\nCSeq: 1\nContent-Base:\nServer: x\n\n');
  assert.deepEqual(head && [...head.headers], [
    ['CSeq', '1'],
    ['Content-Base', ''],
    ['Server', 'x'],
  ]);
});

for (const [name, line, expected] of [
  ['a reason of several words', 'RTSP/1.0 404 Stream Not Found', { status: 404, reason: 'Stream Not Found' }],
  ['no reason', 'RTSP/1.0 200', { status: 200, reason: '' }],
  ['another version and blanks', 'rtsp/2.0  454  Gone \r', { status: 454, reason: 'Gone' }],
] as const) {
  test(`a status line with ${name} is read`, () => {
    assert.deepEqual(parseStartLine(line), { kind: 'response', ...expected });
  });
}

for (const line of [
  '',
  'HTTP/1.1 200 OK',
  'SSH-2.0-OpenSSH_9.2',
  'GET / HTTP/1.1',
  'RTSP/1.0',
  'RTSP/1.0 20 OK',
]) {
  test(`the line "${line}" does not begin a message of RTSP`, () => {
    assert.equal(parseStartLine(line), undefined);
  });
}

test('what a camera puts into a nonce or a session id can be sent back, control characters left out', () => {
  const message = parseHead('RTSP/1.0 200 OK\r\nSession: a\0b\rc\x7f;timeout=\x0160\r\nX: caf\xe9\td\r\n');
  assert.ok(message);
  assert.deepEqual(
    [...message.headers],
    [
      ['Session', 'abc;timeout=60'],
      ['X', 'caf\xe9\td'],
    ],
  );
  formatRequest({ method: 'PLAY', url: 'rtsp://camera/', headers: message.headers, body: noBody });
});

test('folded lines are joined, and lines without a name are dropped', () => {
  const head = parseHead('RTSP/1.0 200 OK\r\nPublic: OPTIONS,\r\n  PLAY\r\nrubbish\r\n: nameless\r\n\r\n');
  assert.deepEqual(head && [...head.headers], [['Public', 'OPTIONS, PLAY']]);
});

for (const [value, length] of [
  ['12', 12],
  ['', 0],
  ['-3', 0],
  ['12 bytes', 0],
  ['9'.repeat(400), Number.POSITIVE_INFINITY],
] as const) {
  test(`Content-Length "${value.slice(0, 10)}" announces ${length} bytes`, () => {
    assert.equal(contentLength(new Headers([['Content-Length', value]])), length);
  });
}

test('a line end inside a field, a method or a URL is refused instead of becoming another field', () => {
  const plain = { method: 'OPTIONS', url: 'rtsp://camera/', headers: new Headers(), body: noBody };
  const injected = 'x\r\nAuthorization: y';
  assert.throws(() => formatRequest({ ...plain, method: 'PLAY\r\nX' }), RangeError);
  assert.throws(() => formatRequest({ ...plain, url: `rtsp://camera/${injected}` }), RangeError);
  assert.throws(() => formatRequest({ ...plain, headers: new Headers([['Session', injected]]) }), RangeError);
  assert.throws(() => formatRequest({ ...plain, headers: new Headers([[injected, 'x']]) }), RangeError);
  assert.throws(() => formatResponse({ ...plain, status: 200, reason: injected }), RangeError);
  assert.throws(() => formatResponse({ ...plain, status: 20, reason: 'OK' }), RangeError);
});

const token = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/)
  .filter((name) => !/^content-length$/i.test(name));
const value = fc.stringMatching(/^[\x20-\x7e\xa1-\xff]{0,60}$/).map((text) => text.trim());
const fields = fc.array(fc.tuple(token, value), { maxLength: 12 });

test('requests survive the round trip', () => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^[A-Z_]{1,32}$/),
      fc.stringMatching(/^[\x21-\x7e]{1,60}$/),
      fields,
      (method, url, headers) => {
        const bytes = formatRequest({ method, url, headers: new Headers(headers), body: noBody });
        const parsed = parseHead(latin1(bytes));
        assert.ok(parsed?.kind === 'request');
        assert.deepEqual([parsed.method, parsed.url, [...parsed.headers]], [method, url, headers]);
      },
    ),
  );
});

test('responses survive the round trip', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), value, fields, (status, reason, headers) => {
      const bytes = formatResponse({ status, reason, headers: new Headers(headers), body: noBody });
      const parsed = parseHead(latin1(bytes));
      assert.ok(parsed?.kind === 'response');
      assert.deepEqual([parsed.status, parsed.reason, [...parsed.headers]], [status, reason, headers]);
    }),
  );
});

test('of more header fields than any message has the first are read', () => {
  const fields = Array.from({ length: 2 * maximumFields }, (_, index) => `X-${index}: ${index}`);
  const message = parseHead(`RTSP/1.0 200 OK\r\nCSeq: 1\r\n${fields.join('\r\n')}\r\n\r\n`)!;
  assert.equal([...message.headers].length, maximumFields);
  assert.equal(message.headers.get('CSeq'), '1');
});
