import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { looksLikeRtcp, namelessRtcp } from './nameless_rtcp.ts';

const item = (type: number, text: string) => [type, text.length, ...Buffer.from(text)];
/** A source and its items, filled up with at least one zero. */
function chunk(...items: number[][]): number[] {
  const bytes = [0x11, 0x22, 0x33, 0x44, ...items.flat(), 0];
  while (bytes.length % 4 !== 0) bytes.push(0);
  return bytes;
}
function packet(type: number, count: number, content: number[]): number[] {
  return [0x80 | count, type, 0, content.length / 4, ...content];
}

const report = packet(201, 0, [1, 2, 3, 4]);
const cases: readonly [name: string, packets: number[], shown: number[]][] = [
  ['a report', report, report],
  [
    'names behind a report',
    [...report, ...packet(202, 1, chunk(item(1, 'joe@10.0.0.5'), item(6, 'Acme')))],
    [...report, ...packet(202, 1, chunk(item(1, 'xxxxxxxxxxxx'), item(6, 'xxxx')))],
  ],
  [
    'names of several sources',
    packet(202, 3, [...chunk(item(1, 'joe')), ...chunk(item(1, 'anne')), ...chunk(item(2, 'Joe Doe'))]),
    packet(202, 3, [...chunk(item(1, 'xxx')), ...chunk(item(1, 'xxxx')), ...chunk(item(2, 'xxxxxxx'))]),
  ],
  [
    'a goodbye with a reason',
    packet(203, 1, [1, 2, 3, 4, 3, 0x6a, 0x6f, 0x65]),
    packet(203, 1, [1, 2, 3, 4, 3, 0x78, 0x78, 0x78]),
  ],
  [
    'a name that is cut off',
    [0x81, 202, 0, 9, 1, 2, 3, 4, 1, 99, 0x6a],
    [0x81, 202, 0, 9, 1, 2, 3, 4, 1, 99, 0x78],
  ],
];

for (const [name, packets, shown] of cases) {
  test(`what is left of ${name}`, () => {
    const before = Buffer.from(packets);
    assert(looksLikeRtcp(before));
    assert.deepEqual([...namelessRtcp(before)], shown);
    assert.deepEqual([...before], packets);
  });
}

test('any bytes are taken, and stay as many', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.equal(namelessRtcp(bytes).length, bytes.length);
    }),
  );
});
