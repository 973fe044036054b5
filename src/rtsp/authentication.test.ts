import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, authorize, challenged, startAuthentication } from './authentication.ts';

const credentials = { username: 'admin', password: 'secret' };
const request = { method: 'DESCRIBE', uri: 'rtsp://h/live' };

/**
 * Answers 401 after 401 and tells what is sent in reply: the kind of each answer, then the outcome.
 *
 * @param refusals the challenges of each 401
 */
function negotiate(refusals: readonly string[][]): string {
  let state = startAuthentication('c');
  const sent: string[] = [];
  let proof: string | undefined;
  for (const values of refusals) {
    const result = challenged(state, proof, values);
    state = result.state;
    if (result.outcome !== 'retry') return [...sent, result.outcome].join(' > ');
    const authorized = authorize(state, credentials, request);
    state = authorized.state;
    proof = authorized.proof;
    const [, nonce = ''] = /nonce="(\w+)"/.exec(authorized.header!) ?? [];
    const [kind] =
      /SHA-256|^Basic|^Digest/.exec(authorized.header!.replace(/^Digest (?=.*SHA-256)/, '')) ?? [];
    sent.push(`${kind} ${nonce}`.trim());
  }
  return sent.join(' > ');
}

const md5 = (nonce: string, stale = false) =>
  `Digest realm="r", nonce="${nonce}"${stale ? ', stale=true' : ''}`;
const sha = (nonce: string, stale = false) => `${md5(nonce, stale)}, algorithm=SHA-256, qop="auth"`;
const basic = 'Basic realm="r"';

const negotiations: readonly [name: string, refusals: string[][], expected: string][] = [
  ['C1: the strongest of several challenges is answered', [[basic, md5('a'), sha('b')]], 'SHA-256 b'],
  ['C1: Digest MD5 comes before Basic', [[basic, md5('a')]], 'Digest a'],
  ['Basic is answered when nothing else is offered', [[basic]], 'Basic'],
  ['Basic that is refused is not tried again', [[basic], [basic]], 'Basic > refused'],
  [
    'C3: a new nonce is used at once',
    [[md5('a')], [md5('b', true)], [md5('c', true)]],
    'Digest a > Digest b > Digest c',
  ],
  [
    'C3: a new nonce without the word stale gets one more try',
    [[md5('a')], [md5('b')]],
    'Digest a > Digest b',
  ],
  [
    'C3: refused with two nonces that were not stale',
    [[md5('a')], [md5('b')], [md5('c')]],
    'Digest a > Digest b > refused',
  ],
  [
    'C3: the same nonce refused twice is final',
    [[md5('a')], [md5('a', true)], [md5('a', true)]],
    'Digest a > Digest a > refused',
  ],
  [
    'C3: a camera that calls every nonce stale is not asked for ever',
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((nonce) => [md5(nonce, true)]),
    'Digest a > Digest b > Digest c > Digest d > Digest e > refused',
  ],
  [
    'C5: SHA-256 that is refused gives way to MD5',
    [
      [sha('a'), md5('a')],
      [sha('b'), md5('b')],
    ],
    'SHA-256 a > Digest b',
  ],
  [
    'C5: MD5 after SHA-256 is final as well',
    [
      [sha('a'), md5('a')],
      [sha('b'), md5('b')],
      [sha('c'), md5('c')],
      [sha('d'), md5('d')],
    ],
    'SHA-256 a > Digest b > Digest c > refused',
  ],
  [
    'C5: a stale nonce is no reason to give SHA-256 up',
    [
      [sha('a'), md5('a')],
      [sha('b', true), md5('b', true)],
    ],
    'SHA-256 a > SHA-256 b',
  ],
  ['an unknown challenge cannot be answered', [['Negotiate']], 'unsupported'],
  ['no challenge at all cannot be answered', [[]], 'unsupported'],
  ['a refusal that offers nothing more is final', [[md5('a')], []], 'Digest a > refused'],
];

for (const [name, refusals, expected] of negotiations) {
  test(name, () => {
    assert.equal(negotiate(refusals), expected);
  });
}

test('C3: what was refused before a request was accepted no longer counts', () => {
  let { state } = challenged(startAuthentication('c'), undefined, [md5('a')]);
  for (const nonce of ['b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const { state: used, proof } = authorize(state, credentials, request);
    const result = challenged(used, proof, [md5(nonce)]);
    assert.equal(result.outcome, 'retry');
    state = accepted(result.state);
  }
});

test('two requests that went with the same old nonce do not count as two refusals', () => {
  const { state } = challenged(startAuthentication('c'), undefined, [md5('a')]);
  const { state: used, proof } = authorize(state, credentials, request);
  const one = challenged(used, proof, [md5('b', true)]);
  const two = challenged(one.state, proof, [md5('b', true)]);
  assert.deepEqual([one.outcome, two.outcome], ['retry', 'retry']);
  assert.match(authorize(two.state, credentials, request).header!, /nonce="b"/);
});

test('each use of a nonce is counted, and a new nonce begins at one', () => {
  const counts: string[] = [];
  let { state } = challenged(startAuthentication('c'), undefined, [sha('a')]);
  let proof: string | undefined;
  const use = () => {
    const result = authorize(state, credentials, request);
    ({ state, proof } = { state: result.state, proof: result.proof });
    counts.push(/nc=(\w+)/.exec(result.header!)![1]!);
  };
  use();
  use();
  state = challenged(state, proof, [sha('b', true)]).state;
  use();
  assert.deepEqual(counts, ['00000001', '00000002', '00000001']);
});

test('nothing is sent without a challenge or without credentials', () => {
  assert.equal(authorize(startAuthentication('c'), credentials, request).header, undefined);
  const { state } = challenged(startAuthentication('c'), undefined, [md5('a')]);
  assert.equal(authorize(state, undefined, request).header, undefined);
});
