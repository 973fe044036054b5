import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  childOf,
  maxDepth,
  maxDocumentLength,
  maxElements,
  parseXml,
  type XmlElement,
  XmlError,
} from './xml_element.ts';

const outline = (element: XmlElement): string =>
  `{${element.namespace}}${element.name}(${[element.text, ...element.children.map(outline)].join(',')})`;

const readable = [
  {
    name: 'prefixes and the default namespace',
    document: '<p:a xmlns:p="urn:p" xmlns="urn:d"><b/><p:c/></p:a>',
    expected: '{urn:p}a(,{urn:d}b(),{urn:p}c())',
  },
  {
    name: 'a namespace that ends with its element',
    document: '<a><b xmlns="urn:b"/><c/></a>',
    expected: '{}a(,{urn:b}b(),{}c())',
  },
  {
    name: 'text in pieces',
    document: '<a> 1<b/>2<![CDATA[<3>]]> &lt;&#52; </a>',
    expected: '{}a(12<3> <4,{}b())',
  },
  {
    name: 'declaration, comments and processing instructions',
    document: '<?xml version="1.0"?><!-- x --><a><?y z?><!--<b/>--></a>',
    expected: '{}a()',
  },
  {
    name: 'names that objects have',
    document: '<a xmlns:constructor="urn:c"><constructor:toString __proto__="1"/></a>',
    expected: '{}a(,{urn:c}toString())',
  },
];

for (const { name, document, expected } of readable) {
  test(`reads ${name}`, () => {
    assert.equal(outline(parseXml(document)), expected);
  });
}

const unreadable = [
  { name: 'nothing', document: '', reason: 'it has no element' },
  { name: 'text alone', document: 'hello', reason: 'Non-whitespace before first tag.' },
  { name: 'an element without end', document: '<a>', reason: 'Unclosed root tag' },
  { name: 'crossed elements', document: '<a><b></a></b>', reason: 'Unexpected close tag' },
  { name: 'a prefix that was not declared', document: '<p:a/>', reason: 'Unbound namespace prefix: "p:a"' },
  {
    name: 'a prefix that objects have',
    document: '<constructor:a/>',
    reason: 'its prefix "constructor" was not declared',
  },
  { name: 'an unknown entity', document: '<a>&nbsp;</a>', reason: 'Invalid character entity' },
  { name: 'a document type', document: '<!DOCTYPE a><a/>', reason: 'it has a document type' },
  {
    name: 'entities of entities',
    document: '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
    reason: 'it has a document type',
  },
  {
    name: 'an entity that leads to a file',
    document: '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    reason: 'it has a document type',
  },
  {
    name: 'too many characters',
    document: `<a>${' '.repeat(maxDocumentLength)}</a>`,
    reason: 'it is longer than 65536 characters',
  },
  {
    name: 'too many elements',
    document: `<a>${'<b/>'.repeat(maxElements)}</a>`,
    reason: 'it has more than 2000 elements',
  },
  {
    name: 'too much nesting',
    document: '<a>'.repeat(maxDepth + 1),
    reason: 'it is nested more than 32 deep',
  },
];

for (const { name, document, reason } of unreadable) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => parseXml(document),
      (error) => error instanceof XmlError && error.message === reason,
    );
  });
}

test('a prefix in a text is looked up where the text stands', () => {
  const root = parseXml('<a xmlns:p="urn:1"><b xmlns:p="urn:2"/><b/></a>');
  assert.deepEqual(
    [root, ...root.children].map((element) => element.namespaceOf('p')),
    ['urn:1', 'urn:2', 'urn:1'],
  );
  assert.equal(root.namespaceOf('q'), undefined);
  assert.equal(root.namespaceOf('constructor'), undefined);
});

test('a child is known by namespace and name', () => {
  const root = parseXml('<a xmlns:p="urn:p"><b>1</b><p:b>2</p:b><p:b>3</p:b></a>');
  assert.equal(childOf(root, 'urn:p', 'b')?.text, '2');
  assert.equal(childOf(root, 'urn:q', 'b'), undefined);
});

test('documents of pieces that mean something to a parser are read or refused, never a crash', () => {
  const pieces = [
    '<',
    '>',
    '/',
    '<a',
    '<p:a',
    '</a>',
    ' xmlns',
    ':p',
    '="',
    '"',
    "'",
    '&',
    '#x',
    ';',
    '&lt;',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<!DOCTYPE',
    '[',
    ']',
    '<?',
    '?>',
    'constructor',
    '__proto__',
    '\u0000',
    '\ud800',
    ' ',
    'x',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (list) => {
      try {
        parseXml(`<r>${list.join('')}</r>`);
      } catch (error) {
        assert.ok(error instanceof XmlError, `${error}`);
      }
    }),
    { numRuns: 3000 },
  );
});
