import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseXml } from './xml_element.ts';
import { xml } from './xml_template.ts';

const cases = [
  { name: 'markup alone', made: xml`<a/>`, expected: '<a/>' },
  {
    name: 'what would be markup',
    made: xml`<a>${'</a><b x="1">&amp;'}</a>`,
    expected: '<a>&lt;/a&gt;&lt;b x=&quot;1&quot;&gt;&amp;amp;</a>',
  },
  { name: 'quotes in an attribute', made: xml`<a b="${`"'`}"/>`, expected: '<a b="&quot;&apos;"/>' },
  { name: 'the end of a CDATA section', made: xml`<a>${']]>'}</a>`, expected: '<a>]]&gt;</a>' },
  {
    name: 'numbers and truth values',
    made: xml`<a b="${1.5}">${false}</a>`,
    expected: '<a b="1.5">false</a>',
  },
  {
    name: 'markup in markup, once escaped',
    made: xml`<a>${xml`<b>${'&'}</b>`}</a>`,
    expected: '<a><b>&amp;</b></a>',
  },
  { name: 'a list of markup', made: xml`<a>${[xml`<b/>`, xml`<c/>`]}</a>`, expected: '<a><b/><c/></a>' },
  { name: 'nothing', made: xml`<a>${undefined}${[]}</a>`, expected: '<a></a>' },
  {
    name: 'line feeds of the template and of a value',
    made: xml`<a>
<b>${'1\n2'}</b>
</a>`,
    expected: '<a><b>1&#10;2</b></a>',
  },
  {
    name: 'control characters and half a character',
    made: xml`<a>${'\u0000\u001b\ud800\uffff'}</a>`,
    expected: '<a>\ufffd\ufffd\ufffd\ufffd</a>',
  },
];

for (const { name, made, expected } of cases) {
  test(`writes ${name}`, () => {
    assert.equal(made.toString(), expected);
  });
}

test('whatever the text, a parser reads it back as text and attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const element = parseXml(xml`<a b="${text}">|${text}|</a>`.toString());
      const carried = [...text].map((character) => (isCarried(character) ? character : '\ufffd')).join('');
      assert.equal(element.text, `|${carried}|`);
      assert.equal(element.attributes.get('b'), carried);
      assert.deepEqual(element.children, []);
    }),
  );
});

/** `Char` of XML 1.0, section 2.2. */
function isCarried(character: string): boolean {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
}
