import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatSession, parseSession } from './session_header.ts';

const sessions: readonly [name: string, value: string, expected: ReturnType<typeof parseSession>][] = [
  ['an id and a timeout', '12ab;timeout=30', { id: '12ab', timeoutSeconds: 30 }],
  ['C19: blanks around the parts', ' 12ab ; timeout = 30 ', { id: '12ab', timeoutSeconds: 30 }],
  ['C19: no timeout', '12ab', { id: '12ab', timeoutSeconds: 60 }],
  ['C19: a timeout of 0', '12ab;timeout=0', { id: '12ab', timeoutSeconds: 60 }],
  ['a timeout that is no number', '12ab;timeout=soon', { id: '12ab', timeoutSeconds: 60 }],
  ['another parameter before the timeout', '12ab;x=1;Timeout=5s', { id: '12ab', timeoutSeconds: 5 }],
  ['an absurd timeout', '12ab;timeout=9999999999', { id: '12ab', timeoutSeconds: 86_400 }],
  ['no id', ' ;timeout=5', undefined],
];

for (const [name, value, expected] of sessions) {
  test(`Session: ${name}`.replace(/^Session: (C\d+): /, '$1: Session with '), () => {
    assert.deepEqual(parseSession(value), expected);
  });
}

test('sessions survive the round trip', () => {
  const session = { id: 'a1b2', timeoutSeconds: 45 };
  assert.deepEqual(parseSession(formatSession(session)), session);
});

test('any value is read without a throw', () => {
  const part = fc.oneof(fc.constantFrom('timeout', ';', '=', ' ', '30', '0'), fc.string({ maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 80 }), (parts) => {
      const session = parseSession(parts.join(''));
      assert.ok(session === undefined || session.timeoutSeconds > 0);
    }),
    { numRuns: 500, seed: 2326 },
  );
});
