import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, commandOf } from './keys.ts';

const cases: readonly (readonly [
  what: string,
  key: string,
  options: { readonly shiftKey?: boolean; readonly ctrlKey?: boolean; readonly isVertical?: boolean },
  command: Command | undefined,
])[] = [
  ['an arrow to the right goes on', 'ArrowRight', {}, { kind: 'move', ms: 5_000 }],
  ['with Shift it goes a minute', 'ArrowLeft', { shiftKey: true }, { kind: 'move', ms: -60_000 }],
  ['arrows up and down are the page to scroll', 'ArrowUp', {}, undefined],
  ['on a vertical timeline up goes on', 'ArrowUp', { isVertical: true }, { kind: 'move', ms: 5_000 }],
  ['and down goes back', 'ArrowDown', { isVertical: true }, { kind: 'move', ms: -5_000 }],
  ['with Shift a minute', 'ArrowUp', { isVertical: true, shiftKey: true }, { kind: 'move', ms: 60_000 }],
  ['there the other arrows still do', 'ArrowRight', { isVertical: true }, { kind: 'move', ms: 5_000 }],
  ['pages follow the arrows', 'PageUp', { isVertical: true }, { kind: 'page', part: 0.5 }],
  ['elsewhere they are as they were', 'PageUp', {}, { kind: 'page', part: -0.5 }],
  ['what is the browser’s stays so', 'ArrowUp', { isVertical: true, ctrlKey: true }, undefined],
];

for (const [what, key, { shiftKey = false, ctrlKey = false, isVertical = false }, command] of cases) {
  test(what, () => {
    const pressed = { key, shiftKey, ctrlKey, metaKey: false, altKey: false };
    assert.deepEqual(commandOf(pressed, isVertical), command);
  });
}
