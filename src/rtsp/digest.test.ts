import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { basicAuthorization, type DigestChallenge, digestAuthorization, parseChallenges } from './digest.ts';

interface KnownAnswer {
  name: string;
  challenge: string;
  username: string;
  password: string;
  method?: string;
  uri: string;
  cnonce?: string;
  response: string;
}

const knownAnswers: readonly KnownAnswer[] = [
  {
    name: 'C2: the example of RFC 2069, as its erratum 749 corrects it: no qop, no algorithm',
    challenge:
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    username: 'Mufasa',
    password: 'CircleOfLife',
    uri: '/dir/index.html',
    response: '1949323746fe6a43ef61f9606e7febea',
  },
  {
    name: 'the example of RFC 2617 section 3.5',
    challenge:
      'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    username: 'Mufasa',
    password: 'Circle Of Life',
    uri: '/dir/index.html',
    cnonce: '0a4f113b',
    response: '6629fae49393a05397450978507c4ef1',
  },
  ...(
    [
      ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
      ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    ] as const
  ).map(([algorithm, response]) => ({
    name: `the example of RFC 7616 section 3.9.1 for ${algorithm}`,
    challenge: `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    username: 'Mufasa',
    password: 'Circle of Life',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    response,
  })),
  // The next ones are what curl 7.88 answers.
  {
    name: 'MD5-sess as curl answers it',
    challenge: 'Digest realm="gate", nonce="n1", algorithm=MD5-sess, qop="auth", opaque="o"',
    username: 'admin',
    password: 'pass',
    uri: '/live',
    cnonce: 'MjQ2MzBlY2E4ZTFmNmMyYjUzMWQ0ZWQ5ZjMxMGM1MjE=',
    response: '48467849f15fce84a3f0c6d0b8111d1b',
  },
  {
    name: 'SHA-256-sess as curl answers it',
    challenge: 'Digest realm="gate", nonce="n1", algorithm=SHA-256-sess, qop="auth", opaque="o"',
    username: 'admin',
    password: 'pass',
    uri: '/live',
    cnonce: 'YTk4Y2Y3YWI0Nzg2NDEwZGU1YzI2MWFmMTJlMjVjMjM=',
    response: '5cc7cd93e10166f4cae86f15627fcf6f348ae947e45353daf0b8d78237be7b61',
  },
  {
    name: 'SHA-256 without qop as curl answers it',
    challenge: 'Digest realm="gate", nonce="n1", algorithm=SHA-256, opaque="o"',
    username: 'admin',
    password: 'pass',
    uri: '/live',
    response: 'c0b21b328d7faf18138e900aaf6bbc3ff610f694442307355b3652a38526fbd4',
  },
];

const digestOf = (value: string) => parseChallenges([value])[0] as DigestChallenge;

for (const { name, challenge, username, password, method, uri, cnonce, response } of knownAnswers) {
  test(name, () => {
    const header = digestAuthorization(
      digestOf(challenge),
      { username, password },
      { method: method ?? 'GET', uri, nonceCount: 1, cnonce: cnonce ?? 'unused' },
    );
    assert.ok(header.includes(`response="${response}"`), header);
  });
}

test('the answer in the form of RFC 2069 has neither qop nor count nor algorithm', () => {
  const request = { method: 'DESCRIBE', uri: 'rtsp://h/live', nonceCount: 1, cnonce: 'c' };
  const header = digestAuthorization(
    digestOf('Digest realm="r", nonce="n"'),
    { username: 'u', password: 'p' },
    request,
  );
  assert.match(
    header,
    /^Digest username="u", realm="r", nonce="n", uri="rtsp:\/\/h\/live", response="[0-9a-f]{32}"$/,
  );
});

test('the answer in the form of RFC 7616 repeats algorithm and opaque and counts the nonce', () => {
  const challenge = digestOf('Digest realm="r",nonce="n",algorithm="sha-256",qop=auth,opaque="o"');
  const request = { method: 'PLAY', uri: 'rtsp://h/', nonceCount: 26, cnonce: 'c' };
  const header = digestAuthorization(challenge, { username: 'u', password: 'p' }, request);
  assert.match(header, /, opaque="o", algorithm=sha-256, qop=auth, nc=0000001a, cnonce="c"$/);
});

test('a realm goes back byte for byte, names are UTF-8, quotes are escaped', () => {
  // A realm of "Käse" in Latin-1, which is no UTF-8.
  const challenge = digestOf('Digest realm="K\xe4se \\"1\\"", nonce="n"');
  const request = { method: 'PLAY', uri: 'rtsp://h/', nonceCount: 1, cnonce: 'c' };
  const header = digestAuthorization(challenge, { username: 'Jürgen"', password: 'p' }, request);
  assert.ok(header.startsWith('Digest username="J\xc3\xbcrgen\\"", realm="K\xe4se \\"1\\"", '), header);
});

test('the example of RFC 7617 section 2 for Basic', () => {
  const header = basicAuthorization({ username: 'Aladdin', password: 'open sesame' });
  assert.equal(header, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
});

const inShort = (values: readonly string[]) =>
  parseChallenges(values).map((challenge) =>
    challenge.scheme === 'basic'
      ? `basic ${challenge.realm}`
      : `${challenge.hash}${challenge.session ? '-sess' : ''} ${challenge.realm} ${challenge.nonce}${challenge.stale ? ' stale' : ''}`,
  );

const challenges: readonly [name: string, values: string[], expected: string[]][] = [
  ['C1: repeated headers', ['Basic realm="a"', 'Digest realm="b", nonce="n"'], ['basic a', 'md5 b n']],
  [
    'C1: several challenges in one header, with commas in quotes',
    [
      'Digest realm="a, b", nonce="n", qop="auth", algorithm=SHA-256, Basic realm="c", Digest realm="d",nonce="m"',
    ],
    ['sha256 a, b n', 'basic c', 'md5 d m'],
  ],
  ['missing quotes and commas', ['digest realm=a nonce=n stale=TRUE'], ['md5 a n stale']],
  ['quotes that are never closed', ['Digest nonce="n", realm="a b'], ['md5 a b n']],
  ['blanks around the equals sign and a trailing comma', ['Digest realm = "a" , nonce = "n",'], ['md5 a n']],
  ['an empty parameter before another', ['Digest opaque= nonce="n"'], ['md5  n']],
  [
    'an algorithm that is not known beside one that is',
    ['Digest nonce="x", algorithm=SHA-512-256', 'Digest nonce="n", algorithm=MD5-SESS'],
    ['md5-sess  n'],
  ],
  ['schemes that are not known', ['Bearer realm="x", Negotiate'], []],
  [
    'Digest without a nonce, or for bodies only',
    ['Digest realm="x"', 'Digest nonce="n", qop="auth-int"'],
    [],
  ],
];

for (const [name, values, expected] of challenges) {
  test(name, () => {
    assert.deepEqual(inShort(values), expected);
  });
}

test('any header is read without a throw, in bounded time and number', () => {
  const part = fc.oneof(
    fc.constantFrom('Digest ', 'Basic ', 'nonce=', '"', ',', '\\', '=', ' ', 'realm="x"', 'stale=true'),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 80 }), (parts) => {
      assert.ok(parseChallenges([parts.join('')]).length <= 16);
    }),
    { numRuns: 500, seed: 7616 },
  );
  for (const hostile of [
    'Basic '.repeat(10_000),
    `Digest nonce="${'\\'.repeat(60_001)}`,
    'a '.repeat(30_000),
    ' '.repeat(64_000),
  ]) {
    const before = performance.now();
    assert.ok(parseChallenges([hostile]).length <= 16);
    assert.ok(performance.now() - before < 500);
  }
});
