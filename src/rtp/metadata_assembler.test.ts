import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packetizeDocument, sceneDocuments } from '../simulator/metadata.ts';
import { unixMillis } from '../units/time.ts';
import { MetadataAssembler, maxMetadataDocumentBytes } from './metadata_assembler.ts';
import { parseRtpPacket } from './packet.ts';
import { marked, packet, seededRandom, type TestPacket, toRtpPacket } from './test_support.ts';

const text = (words: string): Buffer => Buffer.from(words);
const piece = (words: string, lostBefore = 0): TestPacket => packet(0, text(words), { lostBefore });
const last = (words: string, lostBefore = 0): TestPacket => ({ ...marked(0, text(words)), lostBefore });

/** The documents as text, and how many were lost. */
function assemble(packets: readonly TestPacket[]): { documents: string[]; lost: number } {
  const assembler = new MetadataAssembler();
  const documents: string[] = [];
  packets.forEach((each, index) => {
    const parsed = toRtpPacket(each, index);
    const found = assembler.push(parsed, each.lostBefore ?? 0);
    // The receive buffer is reused.
    parsed.bytes.fill(0xee);
    documents.push(...found.map(({ xml }) => Buffer.from(xml).toString()));
  });
  const { lost, bytes } = assembler.counts;
  assert.equal(assembler.counts.documents, documents.length);
  assert.equal(
    bytes,
    documents.reduce((sum, document) => sum + document.length, 0),
  );
  return { documents, lost };
}

const a = '<tt:MetadataStream a="1"></tt:MetadataStream>';
const b = '<?xml version="1.0"?><tt:MetadataStream/>';

const cases: readonly [name: string, packets: readonly TestPacket[], documents: string[], lost: number][] = [
  ['a document in one packet', [last(a)], [a], 0],
  [
    'a document in three packets',
    [piece('<tt:MetadataStream'), piece(' a="1">'), last('</tt:MetadataStream>')],
    [a],
    0,
  ],
  ['two documents', [last(a), last(b)], [a, b], 0],
  ['pieces at connect are dropped without a count', [piece(' a="1">'), last('</x>'), last(a)], [a], 0],
  ['a document whose root is none of ours, after another', [last(a), last('<x/>')], [a, '<x/>'], 0],
  ['white space and zeros around a document', [last(` \r\n${a}\n\0\0`)], [a], 0],
  ['a marker that is never set', [piece(a), piece(b), piece(a)], [a, b], 0],
  ['a document by itself after one without a marker', [piece(a), last(b)], [a, b], 0],
  ['a marker in a packet of its own', [piece(a), last('')], [a], 0],
  ['an empty packet between', [last(b), piece(a.slice(0, 9)), piece(''), last(a.slice(9))], [b, a], 0],
  [
    'a loss drops the document alone',
    [last(a), piece(a.slice(0, 9)), last(a.slice(9), 1), last(b)],
    [a, b],
    1,
  ],
  ['a loss between documents counts as one that nobody saw', [last(a), last(b, 1)], [a, b], 1],
  ['a loss of a beginning drops the rest', [last(a), last('</x>', 1), last(b)], [a, b], 1],
  ['what is no XML is lost', [last('rubbish'), last('rubbish'), last(`${a}rubbish`), last(a)], [a], 2],
];

for (const [name, packets, documents, lost] of cases) {
  test(name, () => {
    const found = assemble(packets);
    assert.deepEqual(found.documents, documents);
    assert.equal(found.lost, lost);
  });
}

test('a document beyond its bound is dropped, and the next one taken', () => {
  const large = 'x'.repeat(60_000);
  const pieces = Array.from({ length: Math.ceil(maxMetadataDocumentBytes / large.length) + 1 }, () =>
    piece(large),
  );
  const { documents, lost } = assemble([piece('<tt:MetadataStream>'), ...pieces, last('>'), last(a)]);
  assert.deepEqual([documents, lost], [[a], 1]);
});

test('a document of more pieces than its bound is dropped', () => {
  const pieces = Array.from({ length: 5000 }, () => piece('x'));
  const { documents, lost } = assemble([piece('<tt:MetadataStream>'), ...pieces, last('>'), last(a)]);
  assert.deepEqual([documents, lost], [[a], 1]);
});

test('it arrived with its first packet', () => {
  const assembler = new MetadataAssembler();
  const packets = [piece('<tt:MetadataStream>'), piece('x'), last('</tt:MetadataStream>')];
  const [document] = packets.flatMap((each, index) => assembler.push(toRtpPacket(each, index), 0));
  assert.equal(document?.arrivalMs, 1_000_000);
});

test('what is packetized is put together again, whatever the size of packets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1500 }), (maxPayloadBytes) => {
      const assembler = new MetadataAssembler();
      const documents: string[] = [];
      // A first packet that is small shows no beginning; what follows a marker is one.
      assembler.push(toRtpPacket(last(a)), 0);
      for (const document of sceneDocuments()) {
        for (const bytes of packetizeDocument(document, { payloadType: 107, maxPayloadBytes })) {
          const found = assembler.push(parseRtpPacket(bytes, 0, bytes.length, unixMillis(0))!, 0);
          documents.push(...found.map(({ xml }) => Buffer.from(xml).toString()));
        }
      }
      assert.deepEqual(
        documents.map((each) => each.trim()),
        sceneDocuments().map(String),
      );
    }),
    { seed: 107, numRuns: 50 },
  );
});

test('no bytes throw, and each document is whole', () => {
  const random = seededRandom(107);
  const assembler = new MetadataAssembler();
  const words = ['<', '>', '<?xml', '<tt:MetadataStream', ' ', '\0', 'x', '</x>', '\xff', ''];
  for (let index = 0; index < 20_000; index++) {
    const payload = Array.from({ length: 3 }, () => words[Math.floor(random() * words.length)]).join('');
    const lostBefore = random() < 0.05 ? 1 : 0;
    const test = { ...packet(0, Buffer.from(payload, 'latin1')), marker: random() < 0.3 };
    for (const { xml } of assembler.push(toRtpPacket(test, index & 0xffff), lostBefore)) {
      assert.deepEqual([xml[0], xml.at(-1)], [0x3c, 0x3e]);
    }
  }
  assert.ok(assembler.counts.documents > 100 && assembler.counts.lost > 100);
});
