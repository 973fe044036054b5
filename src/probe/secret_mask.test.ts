import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { Headers, type RtspMessage } from '../rtsp/message.ts';
import { masked, SecretMask } from './secret_mask.ts';
import { messageText } from './transcript.ts';

const username = 'joe';
const password = 'Tr1cky/p@ss wörd"&';
const mask = new SecretMask({ username, password });
const utf8 = Buffer.from(password, 'utf8');
const pair = Buffer.from(`${username}:${password}`, 'utf8');

/** How a camera, a person or a program may write the password above. */
const spellings: readonly [name: string, text: string][] = [
  ['as it is', password],
  ['one character a byte', utf8.toString('latin1')],
  ['percent-encoded', encodeURIComponent(password)],
  ['percent-encoded in lower case', encodeURIComponent(password).toLowerCase()],
  ['percent-encoded where it must be', encodeURI(password)],
  ['as in a form', encodeURIComponent(password).replaceAll('%20', '+')],
  ['as JSON', JSON.stringify(password).slice(1, -1)],
  ['as XML', password.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ['in Base64', utf8.toString('base64')],
  ['in Base64 with the name', pair.toString('base64')],
  ['in Base64 for URLs', utf8.toString('base64url')],
  ['in hexadecimal', utf8.toString('hex')],
  ['as MD5', createHash('md5').update(utf8).digest('hex')],
  ['as SHA-256 in capitals', createHash('sha256').update(utf8).digest('hex').toUpperCase()],
];

for (const [name, text] of spellings) {
  test(`the password does not survive ${name}, wherever it stands`, () => {
    for (const around of [
      `x ${text} y`,
      `X-Debug: ${text}`,
      `a=tool:${text}`,
      `rtsp://camera/x?q=${text}&z=1`,
    ]) {
      assert.equal(mask.text(around).includes(text), false, around);
      assert(mask.text(around).includes(masked));
    }
  });
}

/** Text with a secret that nobody gave: only its place tells. */
const places: readonly [name: string, text: string, shown: string][] = [
  ['user info of a URL', 'rtsp://admin:s3cret@10.0.0.5:554/live', 'rtsp://***@10.0.0.5:554/live'],
  ['user info with a slash', 'rtsp://admin:s3/cr?et@10.0.0.5/live', 'rtsp://***@10.0.0.5/live'],
  ['user info with an at sign', 'rtsp://admin:s3@cret@10.0.0.5/live', 'rtsp://***@10.0.0.5/live'],
  ['a name alone', 'rtsp://s3cret@10.0.0.5/live', 'rtsp://***@10.0.0.5/live'],
  ['several URLs', 'rtsp://a:s3cret@x/1,rtsp://b:s3cret@x/2', 'rtsp://***@x/2'],
  [
    'a query',
    'rtsp://h/11?user=admin&password=s3cret&channel=1',
    'rtsp://h/11?user=***&password=***&channel=1',
  ],
  ['a query in capitals', 'rtsp://h/11?USER=s3cret&PWD=s3cret', 'rtsp://h/11?USER=***&PWD=***'],
  ['a token', 'rtsp://h/live?token=s3cret#x', 'rtsp://h/live?token=***#x'],
  [
    'a longer name',
    'rtsp://h/live?access_token=s3cret;x-api-key=s3cret',
    'rtsp://h/live?access_token=***;x-api-key=***',
  ],
  [
    'XMeye',
    'rtsp://h/user=s3cret_password=s3cret_channel=1_stream=0.sdp?real_stream',
    'rtsp://h/user=***_password=***_channel=1_stream=0.sdp?real_stream',
  ],
  [
    'a path that is a secret, as of UniFi',
    'rtsps://h:7441/aB3dE5gH7jK9mN1p?enableSrtp',
    'rtsps://h:7441/***?enableSrtp',
  ],
  ['a UUID', 'rtsp://h/3f2504e0-4f89-11d3-9a0c-0305e82c3301/1', 'rtsp://h/***/1'],
  ['who made the session', 'o=s3cret 1 1 IN IP4 10.0.0.5', 'o=*** 1 1 IN IP4 10.0.0.5'],
  ['nobody who made it', 'o=- 1 1 IN IP4 10.0.0.5', 'o=- 1 1 IN IP4 10.0.0.5'],
  ['an address for mail', 's=x\ne=s3cret@example.org', 's=x\ne=***'],
  ['a key of SRTP', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:s3cret', 'a=crypto:***'],
  ['a key line', 'k=base64:s3cret', 'k=***'],
  ['the name of a source', 'a=ssrc:7 cname:s3cret@host', 'a=ssrc:7 cname:***'],
  ['a control with user info', 'a=control:rtsp://u:s3cret@h/trackID=1', 'a=control:rtsp://***@h/trackID=1'],
  ['JSON', '{"password": "s3cret", "x": 1}', '{"password": "***", "x": 1}'],
];

for (const [name, text, shown] of places) {
  test(`a secret does not survive in ${name}`, () => {
    const seen = new SecretMask({}).text(text);
    assert.equal(seen.includes('s3cret') || seen.includes('s3/cr') || seen.includes('cret@'), false, seen);
    assert(seen === shown || name === 'several URLs', seen);
  });
}

test('what helps stays: addresses, session ids, tracks, challenges', () => {
  const plain = [
    'rtsp://192.168.1.20:554/cam/realmonitor?channel=1&subtype=0&unicast=true',
    'rtsp://192.168.1.20/h264Preview_01_main',
    'rtsp://192.168.1.20/Streaming/Channels/101/trackID=1',
    'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QAH6xMIgUBf8sIAAADAAgAAAMBkHjBkIw=,aOhDFLIs',
    'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;config=1188;sizelength=13',
    'url=rtsp://h/trackID=0;seq=1;rtptime=2',
  ];
  for (const text of plain) assert.equal(mask.text(text), text);
  assert.equal(mask.field('Session', '0b25c79376dd7c21;timeout=60'), '0b25c79376dd7c21;timeout=60');
  assert.equal(
    mask.field('WWW-Authenticate', 'Digest realm="r", nonce="abc", qop="auth"'),
    'Digest realm="r", nonce="abc", qop="auth"',
  );
});

test('of an Authorization only what nobody can guess the password from stays', () => {
  const digest =
    'Digest username="joe", realm="r", nonce="n", uri="rtsp://joe:Tr1cky@h/x?token=t0ken", response="0123456789abcdef0123456789abcdef", algorithm=MD5, qop=auth, nc=00000001, cnonce="c", opaque="o"';
  assert.equal(
    mask.field('Authorization', digest),
    'Digest username="***", realm="r", nonce="n", uri="rtsp://***@h/x?token=***", response="***", algorithm=MD5, qop=auth, nc=00000001, cnonce="***", opaque="***"',
  );
  assert.equal(mask.field('authorization', `Basic ${pair.toString('base64')}`), 'Basic ***');
  assert.equal(mask.field('Proxy-Authorization', 'Bearer abc.def'), 'Bearer ***');
  assert.equal(mask.field('Authorization', 'abc.def'), '***');
  assert.equal(mask.field('Set-Cookie', 'id=1'), '***');
  assert.equal(mask.field('X-Auth-Token', 'abc'), '***');
  assert.equal(mask.field('Authentication-Info', 'rspauth="abc"'), '***');
});

test('secrets that the given URL has among its parameters are masked elsewhere too', () => {
  const found = new SecretMask({ url: 'rtsp://h/11?user=admin77&password=hunter%2F2' });
  assert.equal(found.text('X-Echo: hunter/2, HUNTER%2f2, admin77'), 'X-Echo: ***, ***, ***');
});

test('a sentence of ours keeps its words, also when one of them is the password', () => {
  const found = new SecretMask({ username: 'joe', password: 'wrong' });
  assert.equal(
    found.sentence('401; the password is wrong, rtsp://joe:wrong@h'),
    '401; the password is wrong, rtsp://***@h',
  );
  assert.equal(found.text('X-Echo: wrong'), 'X-Echo: ***');
  assert.equal(new SecretMask({ password: 'video' }).text('m=video 0'), 'm=video 0');
});

test('no password of any letters survives in a message of a camera that echoes it in its usual places', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6, maxLength: 24, unit: 'grapheme-ascii' }), (letters) => {
      const secret = `#7${letters}`;
      const any = new SecretMask({ username: 'admin', password: secret });
      const encoded = encodeURIComponent(secret);
      const message: RtspMessage = {
        kind: 'response',
        status: 200,
        reason: `OK ${secret}`,
        headers: new Headers([
          ['Content-Base', `rtsp://admin:${encoded}@10.0.0.5/live?pwd=${encoded}`],
          ['X-Debug', `${Buffer.from(`admin:${secret}`).toString('base64')} ${encoded}`],
          ['Authorization', `Basic ${Buffer.from(`admin:${secret}`).toString('base64')}`],
        ]),
        body: Buffer.from(`s=${encoded}\r\na=control:rtsp://admin:${encoded}@h/trackID=1\r\n`),
      };
      const shown = messageText(message, any);
      assert.equal(shown.includes(secret), false, shown);
      assert.equal(shown.includes(encoded), false, shown);
      assert.equal(shown.includes(Buffer.from(`admin:${secret}`).toString('base64')), false, shown);
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('hostile text takes no time to speak of', () => {
  const hostile = [
    'a',
    '/',
    ':',
    '@',
    '_',
    'a=',
    'ab://',
    'ab://a:',
    'password',
    'password=',
    '/aB1',
    '"',
    '\\',
    'k=\n',
  ];
  const beganMs = performance.now();
  for (const text of hostile) mask.text(text.repeat(65_536 / text.length));
  assert(performance.now() - beganMs < 5_000, `${performance.now() - beganMs} ms`);
});
