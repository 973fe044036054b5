import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestFault } from './digest_check.ts';

// The examples of RFC 7616 section 3.9.1.
const realm = 'http-auth@example.org';
const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const url = '/dir/index.html';
const answer = (algorithm: string, response: string, more: { nonce?: string; uri?: string } = {}) =>
  `Digest username="Mufasa", realm="${realm}", uri="${more.uri ?? url}", algorithm=${algorithm}, ` +
  `nonce="${more.nonce ?? nonce}", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", ` +
  `qop=auth, response="${response}"`;
const md5 = '8ca523f5e9506fed4657c9700eebdbec';
const sha256 = '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1';
const offered = ['MD5', 'SHA-256'].map(
  (algorithm) => `Digest realm="${realm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}"`,
);
const bare = `Digest realm="${realm}", nonce="${nonce}"`;

const cases: readonly [
  name: string,
  authorization: string | undefined,
  challenges: readonly string[],
  fault: RegExp | undefined,
][] = [
  ['MD5 of the example', answer('MD5', md5), offered, undefined],
  ['SHA-256 of the example', answer('SHA-256', sha256), offered, undefined],
  ['another response', answer('MD5', md5.replace('8', '9')), offered, /response is wrong/],
  ['the response of another algorithm', answer('SHA-256', md5), offered, /response is wrong/],
  ['an old nonce', answer('MD5', md5, { nonce: 'old' }), offered, /nonce "old" is not the newest/],
  ['another URL', answer('MD5', md5, { uri: '/' }), offered, /uri is "\/"/],
  ['a qop that nobody offered', answer('MD5', md5), [bare.replace('nonce', 'algorithm=MD5, nonce')], /qop/],
  ['an algorithm that nobody named', answer('MD5', md5), [bare], /names an algorithm/],
  ['nothing', undefined, offered, /no Authorization/],
  ['Basic', `Basic ${Buffer.from('Mufasa:Circle of Life').toString('base64')}`, [], undefined],
  ['Basic with another password', 'Basic TXVmYXNhOng=', [], /wrong/],
  ['another scheme', 'Bearer x', offered, /"Bearer" is no scheme/],
];

for (const [name, authorization, challenges, fault] of cases) {
  test(`an answer to a challenge: ${name}`, () => {
    const login = { username: 'Mufasa', password: 'Circle of Life' };
    const found = digestFault({ authorization, challenges, login, method: 'GET', url });
    if (fault) assert.match(found ?? '', fault);
    else assert.equal(found, undefined);
  });
}
