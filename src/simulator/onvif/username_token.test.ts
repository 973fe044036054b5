import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSoap } from './soap_message.ts';
import { credentials, securityHeader, soap, type TokenParts, usernameToken } from './test_support.ts';
import {
  maxRememberedNonces,
  type TokenVerdict,
  tokenWindowMs,
  UsernameTokenJudge,
  usernameTokenOf,
} from './username_token.ts';

const nowMs = Date.UTC(2026, 0, 1);

const token = (parts: Partial<TokenParts> = {}) => usernameToken({ createdMs: nowMs, ...parts });

const cases: { name: string; parts: Partial<TokenParts>; verdict: TokenVerdict }[] = [
  { name: 'a good token', parts: {}, verdict: 'granted' },
  { name: 'a wrong password', parts: { password: 'guess' }, verdict: 'wrong password' },
  { name: 'a wrong user', parts: { username: 'root' }, verdict: 'wrong password' },
  { name: 'a password in clear', parts: { type: 'PasswordText' }, verdict: 'no digest' },
  { name: 'a clock as slow as allowed', parts: { createdMs: nowMs - tokenWindowMs }, verdict: 'granted' },
  { name: 'a clock too slow', parts: { createdMs: nowMs - tokenWindowMs - 1 }, verdict: 'wrong time' },
  { name: 'a clock as fast as allowed', parts: { createdMs: nowMs + tokenWindowMs }, verdict: 'granted' },
  { name: 'a clock too fast', parts: { createdMs: nowMs + tokenWindowMs + 1 }, verdict: 'wrong time' },
];

for (const { name, parts, verdict } of cases) {
  test(`${name}: ${verdict}`, () => {
    assert.equal(new UsernameTokenJudge(credentials).judge(token(parts), nowMs), verdict);
  });
}

test('a token is good once, however its nonce is written', () => {
  const judge = new UsernameTokenJudge(credentials);
  const nonce = Buffer.from('0123456789abcdef');
  const first = token({ nonce });
  assert.equal(judge.judge(first, nowMs), 'granted');
  assert.equal(judge.judge(first, nowMs + 1000), 'replayed');
  const unpadded = { ...first, nonce: first.nonce.replaceAll('=', '') };
  assert.notEqual(unpadded.nonce, first.nonce);
  assert.equal(judge.judge(unpadded, nowMs), 'replayed');
  assert.equal(judge.judge(token({ nonce, createdMs: nowMs + 1 }), nowMs), 'granted');
});

test('a bad token makes no nonce known, and nonces are remembered up to a bound', () => {
  const judge = new UsernameTokenJudge(credentials);
  const nonce = (number: number) => Buffer.from(String(number));
  assert.equal(judge.judge(token({ nonce: nonce(0), password: 'guess' }), nowMs), 'wrong password');
  for (let number = 0; number <= maxRememberedNonces; number++) {
    assert.equal(judge.judge(token({ nonce: nonce(number) }), nowMs), 'granted');
  }
  assert.equal(judge.judge(token({ nonce: nonce(1) }), nowMs), 'replayed');
  assert.equal(judge.judge(token({ nonce: nonce(0) }), nowMs), 'granted', 'the oldest is forgotten');
});

test('a token is found in the header of a message', () => {
  const nonce = Buffer.from('0123456789abcdef');
  const { header } = parseSoap(soap('<x/>', securityHeader({ createdMs: nowMs, nonce })));
  assert.deepEqual(usernameTokenOf(header), token({ nonce }));
});

test('a header without a token has none, and what a token lacks is empty', () => {
  const header = (content: string) => parseSoap(soap('<x/>', content)).header;
  assert.equal(usernameTokenOf(undefined), undefined);
  assert.equal(usernameTokenOf(header('<Security/>')), undefined);
  const bare = securityHeader({ createdMs: nowMs }).replace(
    /<UsernameToken>.*<\/UsernameToken>/,
    '<UsernameToken/>',
  );
  const empty = usernameTokenOf(header(bare))!;
  assert.deepEqual(empty, { username: '', passwordType: '', password: '', nonce: '', created: '' });
  assert.equal(new UsernameTokenJudge(credentials).judge(empty, nowMs), 'no digest');
});
