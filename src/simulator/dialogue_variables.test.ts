import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillIn, matches } from './dialogue_variables.ts';

const variables = { cseq: '7', url: 'rtsp://h/live', none: undefined };

for (const [text, expected] of [
  ['CSeq: {cseq}', 'CSeq: 7'],
  ['CSeq: {cseq-1} {cseq+10}', 'CSeq: 6 17'],
  ['{0x7b}url} {0xE9}{0x0d}', '{url} \u00e9\r'],
  ['{unknown} {none} {}', '{unknown} {none} {}'],
] as const) {
  test(`${text} is filled in`, () => assert.equal(fillIn(text, variables), expected));
}

for (const [pattern, value, expected] of [
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['a*', 'abcd', true],
  ['*d', 'abcd', true],
  ['*', '', true],
  ['a*b*c', 'a-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a*a', 'a', false],
  ['{url}/*', 'rtsp://h/live/track1', true],
  ['{url}', 'rtsp://h/other', false],
] as const) {
  test(`"${value}" is ${expected ? '' : 'not '}as "${pattern}" says`, () =>
    assert.equal(matches(pattern, value, variables), expected));
}
