import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import {
  escapeXml,
  findElement,
  maxAmpersands,
  maxAttributes,
  maxDepth,
  maxElements,
  readLongXml,
  readXml,
  textAt,
} from './xml_document.ts';

test('elements, attributes and text are read by their local names', () => {
  const root = readXml(
    '<?xml version="1.0"?><s:a xmlns:s="urn:x" xmlns="urn:y" s:token="1"><b> one </b><s:b>two</s:b><c><![CDATA[<&]]></c></s:a>',
  );
  assert.equal(root.name, 'a');
  assert.deepEqual([...root.attributes], [['token', '1']]);
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ['b', ' one '],
      ['b', 'two'],
      ['c', '<&'],
    ],
  );
  assert.equal(textAt(root, 'b'), 'one');
  assert.equal(findElement(root, 'c', 'd'), undefined);
});

const tolerated: [name: string, text: string, content: string][] = [
  ['an & that nobody escaped', '<a>rtsp://h/x?a=1&b=2&amp;c=3</a>', 'rtsp://h/x?a=1&b=2&c=3'],
  ['a byte order mark', '\uFEFF<a>x</a>', 'x'],
  ['lines before the document', '\r\n\r\n<a>x</a>', 'x'],
  ['NUL bytes behind the document', '<a>x</a>\0\0\0', 'x'],
  ['another document behind it', '<a>x</a><b>', 'x'],
  ['rubbish behind it', `<a>x</a>${'<'.repeat(100_000)}`, 'x'],
  ['a prefix that nobody declared', '<q:a>x</q:a>', 'x'],
  ['characters by number', '<a>&#65;&#x42;</a>', 'AB'],
];
for (const [name, text, content] of tolerated) {
  test(`${name} is tolerated`, () => assert.equal(readXml(text).text, content));
}

const entities = Array.from({ length: 20 }, (_, at) => `<!ENTITY e${at + 1} "&e${at};&e${at};">`).join('');
const refused: [name: string, text: string, detail: RegExp][] = [
  ['nothing', '', /there is no element/],
  ['no XML', 'lollipop', /there is no element/],
  ['a document cut off', '<a><b>x</b>', /ends in the middle/],
  ['tags that cross', '<a><b></a></b>', /close tag/i],
  ['a bomb of entities', `<!DOCTYPE a [<!ENTITY e0 "ha">${entities}]><a>&e20;</a>`, /document type/],
  ['an entity that leads to a file', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /document type/],
  ['an entity of its own', '<a>&evil;</a>', /entity/i],
  ['deep nesting', '<a>'.repeat(maxDepth + 1), /nested more than/],
  ['very deep nesting', '<a>'.repeat(150_000), /nested more than/],
  ['many elements', `<a>${'<b/>'.repeat(maxElements)}</a>`, /more than \d+ elements/],
  [
    'many attributes',
    `<a ${Array.from({ length: maxAttributes + 1 }, (_, at) => `x${at}=""`).join(' ')}/>`,
    /more than \d+ attributes/,
  ],
  ['many ampersands', `<a>${'&'.repeat(maxAmpersands + 1)}</a>`, /more than \d+ ampersands/],
  ['a name that is none', '<__proto__>x</__proto__>', /name of an element/],
];
for (const [name, text, detail] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => readXml(text),
      (error) =>
        error instanceof NightjarError && error.code === 'onvif_malformed' && detail.test(error.message),
    );
  });
}

test('half a megabyte of what slows parsers down is refused, or read in short parts', async () => {
  const size = 512 * 1024;
  const fill = (unit: string) => unit.repeat(size / unit.length);
  const manyAttributes = Array.from({ length: 60_000 }, (_, at) => `x${at}=""`).join(' ');
  for (const text of [
    `<a>${fill('xmlns ')}</a>`,
    `<a ${fill('x="y" ')}/>`,
    `<a ${manyAttributes}/>`,
    `<a x="${fill('&')}"/>`,
    `<a>${fill('&')}</a>`,
    `<a>${fill('&#')}</a>`,
    `<a>&${fill('b')}`,
    `<a>${fill('<b c="d">e</b>')}</a>`,
    `<a><!--${fill('-')}`,
    `<a><!--${fill('- ')}`,
    `<a><![CDATA[${fill(']')}`,
    `<?${fill('?')}`,
    `<!${fill('b')}`,
    `<!DOCTYPE ${fill('[')}`,
    `<a b="${fill('b')}`,
    `<${fill('a')}`,
    `</${fill('a')}`,
    fill('<'),
  ]) {
    let worstMs = 0;
    let startMs = performance.now();
    const lap = () => {
      worstMs = Math.max(worstMs, performance.now() - startMs);
    };
    try {
      await readLongXml(text, async () => {
        lap();
        await new Promise((resolve) => setImmediate(resolve));
        startMs = performance.now();
      });
    } catch (error) {
      assert.ok(error instanceof NightjarError);
    }
    lap();
    // A part takes some milliseconds; what goes wrong takes seconds to minutes.
    assert.ok(worstMs < 400, `${text.slice(0, 20)}: ${worstMs} ms`);
  }
});

test('whatever text is put into an element comes back', () => {
  const printable = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\0]/.test(text));
  fc.assert(fc.property(printable, (text) => assert.equal(readXml(`<a>${escapeXml(text)}</a>`).text, text)));
});

test('no text makes it throw anything but its own error', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '<a>',
      '</a>',
      '<b c="',
      '">',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&',
      ';',
      '<?',
      '?>',
      '<!',
      "'",
      '/>',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      try {
        readXml(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof NightjarError, String(error));
        assert.equal(error.code, 'onvif_malformed');
      }
    }),
    { numRuns: 2000, seed: 20260122 },
  );
});
