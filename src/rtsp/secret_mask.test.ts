import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import fc from 'fast-check';
import { messageText } from '../probe/transcript.ts';
import { masked } from './known_secrets.ts';
import { Headers, type RtspMessage } from './message.ts';
import { SecretMask } from './secret_mask.ts';

const username = 'joe';
const password = 'Tr1cky/p@ss wörd"&';
const mask = new SecretMask({ username, password });
const pair = Buffer.from(`${username}:${password}`, 'utf8');

/** Passwords of all kinds that people choose. */
const secrets: readonly string[] = [
  password,
  'correcthorse',
  'wrong',
  'camera',
  'Trackid1',
  'S3c,ret;x?y#z',
  "O'Brien<77>",
  'pä55/wö rt&',
  'Пароль1',
  'a b',
  '12345678',
  'x%41%2Fy',
  'C:\\new\\x"q',
  '&lt;amp;',
  '{host}{port}',
  '$&$1',
  'aaaaaaaa',
];

const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const each = (text: string, spell: (letter: string) => string) =>
  [...text].map((letter) => (/[a-z0-9]/i.test(letter) ? letter : spell(letter))).join('');
const percent = (text: string, encoding: 'utf8' | 'latin1') =>
  [...Buffer.from(text, encoding)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const hash = (name: string, text: string) => createHash(name).update(text, 'utf8').digest('hex');
const isLatin1 = (text: string) => /^[\0-\xff]*$/.test(text);

/** How a camera, a person or a program may write one. */
const spellings: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (text) => text,
  'one character a byte': bytesOf,
  'in capitals': (text) => text.toUpperCase(),
  'as what can be printed of it': (text) => bytesOf(text).replace(/[^\x20-\x7e]/g, '?'),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (text) => encodeURIComponent(text).toLowerCase(),
  'percent-encoded where it must be': encodeURI,
  'percent-encoded as a whole': (text) => percent(text, 'utf8'),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded Latin-1': (text) =>
    isLatin1(text) ? each(text, (letter) => percent(letter, 'latin1')) : encodeURIComponent(text),
  'as in a form': (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  'as JSON': (text) => JSON.stringify(text).slice(1, -1),
  'as JSON with slashes and letters escaped': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll('/', '\\/')
      .replace(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'as JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  'as XML': (text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  'as XML in numbers': (text) => each(text, (letter) => `&#${letter.codePointAt(0)};`),
  'as XML in hexadecimal numbers': (text) =>
    each(text, (letter) => `&#x${letter.codePointAt(0)!.toString(16)};`),
  'as XML, percent-encoded': (text) =>
    encodeURIComponent(each(text, (letter) => `&#${letter.codePointAt(0)};`)),
  'in Base64': (text) => Buffer.from(text, 'utf8').toString('base64'),
  'in Base64 with the name': (text) => Buffer.from(`${username}:${text}`, 'utf8').toString('base64'),
  'in Base64 of Latin-1 with the name': (text) =>
    Buffer.from(`${username}:${text}`, isLatin1(text) ? 'latin1' : 'utf8').toString('base64'),
  'in Base64, percent-encoded': (text) => encodeURIComponent(Buffer.from(text, 'utf8').toString('base64')),
  'in Base64 for URLs': (text) => Buffer.from(text, 'utf8').toString('base64url'),
  'in hexadecimal': (text) => Buffer.from(text, 'utf8').toString('hex'),
  'as MD5': (text) => hash('md5', text),
  'as SHA-1': (text) => hash('sha1', text),
  'as SHA-256 in capitals': (text) => hash('sha256', text).toUpperCase(),
};

/** Where one may stand in what a camera says. */
const surroundings: readonly (readonly [before: string, after: string])[] = [
  ['', ''],
  ['no entry for ', '.'],
  ['a=tool:', ''],
  ['rtsp://camera/x?q=', '&z=1'],
  ['rtsp://camera/x?password=', '&z=1'],
  ['rtsp://joe:', '@camera/x'],
  ['{"echo":"', '"}'],
  ['<Echo>', '</Echo>'],
  ["the user name or the password is wrong, '", "' that is"],
];

for (const [name, spell] of Object.entries(spellings)) {
  test(`no password survives ${name}, wherever it stands`, () => {
    for (const secret of secrets) {
      const known = new SecretMask({ username, password: secret });
      const text = spell(secret);
      for (const [before, after] of surroundings) {
        const bare = known.text(`${before}${after}`);
        const shown = known.text(`${before}${text}${after}`);
        assert(shown.includes(masked), `${before}${text}${after}`);
        // Nothing of it is left: what is shown is what stands around it.
        assert(shown.length <= bare.length + masked.length, `${before}${text}${after} is shown as ${shown}`);
      }
    }
  });
}

test('a short password is masked where it is a word', () => {
  const short = new SecretMask({ username, password: 'a1' });
  assert.equal(short.text('no a1, A1! but a12 and ba1'), 'no ***, ***! but a12 and ba1');
  assert.equal(new SecretMask({ username, password: '' }).text('no login'), 'no login');
});

test('a word of the protocol says nothing where every camera says it', () => {
  assert.equal(new SecretMask({ password: 'video' }).text('m=video 0 RTP/AVP 96'), 'm=video 0 RTP/AVP 96');
});

test('the beginning of a long text does not end in a part of a secret', () => {
  const known = new SecretMask({ username, password: 'correcthorse' });
  for (let before = 0; before < 40; before++) {
    const shown = known.beginning(`${' '.repeat(before)}${'correcthorse '.repeat(1_000)}`, 100);
    assert(shown.length <= 100);
    assert.match(shown, /^ *(?:\*\*\* )*\*{0,3}$/);
  }
});

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
  ['JSON in JSON', '{"x": "{\\"pwd\\":\\"s3cret\\"}"}', '{"x": "{\\"pwd\\":\\"***\\"}"}'],
  ['XML', '<t:Password Type="x">s3cret</t:Password>', '<t:Password Type="x">***</t:Password>'],
  ['the CGI of Foscam', 'rtsp://h/?loginuse=s3cret&loginpas=s3cret', 'rtsp://h/?loginuse=***&loginpas=***'],
  ['a pair', 'rtsp://h/?userpwd=joe:s3cret&x=1', 'rtsp://h/?userpwd=***&x=1'],
  ['short names', 'rtsp://h/?u=s3cret&p=s3cret&n=1', 'rtsp://h/?u=***&p=***&n=1'],
  ['short names of abbreviations', 'rtsp://h/?usr=s3cret&pwd=s3cret', 'rtsp://h/?usr=***&pwd=***'],
  ['a list', 'rtsp://h/?pass[]=s3cret&x=1', 'rtsp://h/?pass[]=***&x=1'],
  ['a query that is encoded', 'to=%3Fpassword%3Ds3cret%26x%3D1', 'to=%3Fpassword%3D***%26x%3D1'],
  [
    'an answer to a challenge',
    'Authorization: Digest username="s3cret", response="s3cret", cnonce="s3cret"',
    'Authorization: Digest username="***", response="***", cnonce="***"',
  ],
  ['an answer in JSON', '{"auth":"Digest response=\\"s3cret\\""}', '{"auth":"***"}'],
  ['an answer of Basic', 'authorization: Basic s3cret=', 'authorization: Basic ***'],
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
  for (const signs of [',', ';', '?', '#', '_b=']) {
    const url = `rtsp://h/11?password=Qwe${signs}rty77&x=1`;
    const known = new SecretMask({ url });
    assert.equal(known.text(url), 'rtsp://h/11?password=***&x=1');
    assert.equal(known.text(`no Qwe${signs}rty77`), 'no ***');
  }
});

/** A text of which each letter is spelt in one of the ways, and all of it in layers. */
const spelt = (secret: string, choices: readonly number[]) =>
  [...secret]
    .map((letter, index) => {
      const code = letter.codePointAt(0)!;
      return [
        letter,
        percent(letter, 'utf8'),
        `&#${code};`,
        `&#x${code.toString(16)};`,
        code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : letter,
        percent(letter, 'utf8').replaceAll('%', '%25'),
        bytesOf(letter),
      ][choices[index % choices.length]! % 7]!;
    })
    .join('');

test('no password of any letters survives in any mixture of spellings, at any place', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 4, maxLength: 24, unit: 'grapheme' }).filter((text) => !/[%&\\]/.test(text)),
      fc.array(fc.nat(6), { minLength: 1, maxLength: 8 }),
      fc.constantFrom(...surroundings),
      (letters, choices, [before, after]) => {
        const secret = `7Q${letters}`;
        const known = new SecretMask({ username: 'admin', password: secret });
        const text = `${before}${spelt(secret, choices)}${after}`;
        const shown = known.text(text);
        assert(
          shown.length <= known.text(before + after).length + masked.length,
          `${text} is shown as ${shown}`,
        );
        assert(shown.includes(masked), text);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('no password of any letters survives in a message of a camera that echoes it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6, maxLength: 24, unit: 'grapheme-ascii' }), (letters) => {
      const secret = `#7${letters}`;
      const any = new SecretMask({ username: 'admin', password: secret });
      const message: RtspMessage = {
        kind: 'response',
        status: 401,
        reason: `Wrong ${secret}`,
        headers: new Headers([
          ['X-Echo', secret],
          [`X-${secret}`, 'name'],
          ['Location', `rtsp://admin:${encodeURIComponent(secret)}@h/x?pwd=${encodeURIComponent(secret)}`],
          ['WWW-Authenticate', `Digest realm="${secret}", nonce="1"`],
          ['X-Basic', Buffer.from(`admin:${secret}`).toString('base64')],
        ]),
        body: Buffer.from(`s=x\r\na=tool:${secret}\r\n`),
      };
      const text = messageText(message, any);
      assert.equal(text.includes(secret), false, text);
      assert.equal(text.includes(encodeURIComponent(secret)), false, text);
      assert.equal((text.match(/\*\*\*/g) ?? []).length >= 7, true, text);
    }),
    { numRuns: 300 },
  );
});

test('hostile text takes no time to speak of', () => {
  const hostile = [
    ...['a', '/', ':', '@', '_', 'a=', 'ab://', 'ab://a:', '://', 'password', 'password=', '/aB1', '"', '\\'],
    ...[
      'k=\n',
      'x',
      `${'x'.repeat(60)}\n`,
      'ab://x:x:',
      'x:',
      'pw=_',
      'key:"',
      'key=\'a"',
      '"a\'',
      'cname:',
      '%',
    ],
    ...['%25', '&#', '&#0', '\\u', 'a-', 'a.', '_a', '=\\"', 'pw=\\"\\', 'Tr1cky/p@ss ', 'basic ', '\xc3'],
  ];
  const bytes = 65_536;
  const known = new SecretMask({ username, password: 'aaaaaaaaaaaaaaab' });
  const slow: string[] = [];
  for (const text of hostile) {
    for (const each of [mask, known]) {
      const whole = text.repeat(bytes / text.length);
      const beganMs = performance.now();
      each.text(whole);
      const tookMs = performance.now() - beganMs;
      // One that took the square of its length would take minutes.
      if (tookMs > 1_000) slow.push(`${JSON.stringify(text)}: ${tookMs} ms`);
    }
  }
  assert.deepEqual(slow, []);
});
