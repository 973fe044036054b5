import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scrub } from './scrub.ts';

const rows: [what: string, text: string, scrubbed: string][] = [
  [
    'credentials of a URL',
    'opening rtsp://admin:pa55@10.0.0.7:554/a?b=1',
    'opening rtsp://***@10.0.0.7:554/a?b=1',
  ],
  ['a password that contains @ and :', 'rtsp://admin:p@ss:w@10.0.0.7/', 'rtsp://***@10.0.0.7/'],
  ['a user alone', '"url":"rtsps://admin@cam/"', '"url":"rtsps://***@cam/"'],
  ['several URLs', 'rtsp://a:b@c and http://d:e@f', 'rtsp://***@c and http://***@f'],
  ['an at sign later in the path', 'http://cam/user@home', 'http://cam/user@home'],
  [
    'a Digest header inside a message',
    String.raw`{"msg":"Authorization: Digest username=\"a\", response=\"00ff\"\r\nCSeq: 1","x":1}`,
    String.raw`{"msg":"Authorization: ***\r\nCSeq: 1","x":1}`,
  ],
  ['a Basic header as a member', '{"authorization":"Basic YTpi","x":1}', '{"authorization":"***","x":1}'],
  ['a password member', String.raw`{"password":"a \"b","x":1}`, '{"password":"***","x":1}'],
  ['a member that ends in token', '{"accessToken":"abc"}', '{"accessToken":"***"}'],
  [
    'a password member inside a message',
    String.raw`{"msg":"got {\"password\":\"abc\",\"x\":1}"}`,
    String.raw`{"msg":"got {\"password\":\"***\",\"x\":1}"}`,
  ],
  ['a password that is null', '{"password":null}', '{"password":null}'],
  ['a password in a query', 'GET /x?password=abc&y=1', 'GET /x?password=***&y=1'],
  [
    'prose about passwords',
    '{"msg":"wrong password: enter it again"}',
    '{"msg":"wrong password: enter it again"}',
  ],
  ['nothing secret', 'rtsp://10.0.0.7/cam/main 12:03', 'rtsp://10.0.0.7/cam/main 12:03'],
];

for (const [what, text, expected] of rows) {
  test(`scrubbing handles ${what}`, () => {
    assert.equal(scrub(text), expected);
  });
}

test('no user and password of a URL survive', () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9:!$&*+,;=%._~-]{3,12}$/);
  fc.assert(
    fc.property(word, word, (user, password) => {
      const text = scrub(`cannot open rtsp://Q${user}Q:Z${password}Z@camera/stream now`);
      assert.equal(text, 'cannot open rtsp://***@camera/stream now');
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('a scrubbed line is still JSON', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.constantFrom('password', 'secret', 'url'), (value, key) => {
      const line = JSON.stringify({ [key]: JSON.parse(value), msg: `rtsp://a:b@c ${value}` });
      assert.doesNotThrow(() => JSON.parse(scrub(line)), line);
    }),
    { seed: 3, numRuns: 1_000 },
  );
});

test('scrubbing a long line takes no long time', () => {
  const line = `${'rtsp://'.repeat(20_000)}${'a:'.repeat(50_000)}`;
  assert.equal(scrub(line), line);
});
