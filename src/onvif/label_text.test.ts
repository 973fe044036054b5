import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { labelText, maxLabelCharacters } from './label_text.ts';

const table: [name: string, text: string | undefined, label: string | undefined][] = [
  ['a plain name stays', 'Front door', 'Front door'],
  ['letters of any script stay', 'Eingangstür 正門', 'Eingangstür 正門'],
  ['blanks and line ends become one blank', '  a\r\n\tb\u00a0c ', 'a b c'],
  ['escape sequences lose what makes them work', '\u001b[2Jgone\u0007', '[2Jgone'],
  ['the direction of writing is not turned', 'cam\u202Egpj.exe', 'camgpj.exe'],
  ['nothing is no name', '', undefined],
  ['what cannot be seen is no name', '\u0000\u200b \ufeff', undefined],
  ['a missing name is none', undefined, undefined],
  ['a long name is cut', 'x'.repeat(10_000), 'x'.repeat(maxLabelCharacters)],
];
for (const [name, text, label] of table) test(name, () => assert.equal(labelText(text), label));

test('a label is one bounded line without control characters, and stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const label = labelText(text);
      if (label === undefined) return;
      assert.doesNotMatch(label, /\p{C}|\n|^\s|\s$|^$/u);
      assert.ok(Array.from(label).length <= maxLabelCharacters);
      assert.equal(labelText(label), label);
    }),
  );
});
