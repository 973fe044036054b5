import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { findBox, walkBoxes } from './box_walker.ts';

const box = (type: string, body: Uint8Array | readonly Uint8Array[] = []) => {
  const bytes = Buffer.concat(Array.isArray(body) ? body : [body as Uint8Array]);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + bytes.length);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, bytes]);
};

test('boxes are told with where they lie', () => {
  const large = Buffer.concat([
    Buffer.from('000000016d646174', 'hex'),
    Buffer.from('0000000000000013', 'hex'),
    Buffer.alloc(3),
  ]);
  const bytes = Buffer.concat([box('free', Buffer.alloc(4)), large, box('moov')]);
  assert.deepEqual(
    [...walkBoxes(bytes)],
    [
      { type: 'free', start: 0, body: 8, end: 12 },
      { type: 'mdat', start: 12, body: 28, end: 31 },
      { type: 'moov', start: 31, body: 39, end: 39 },
    ],
  );
});

test('a path leads to a box inside boxes, or to nothing', () => {
  const bytes = Buffer.concat([
    box('free'),
    box('moov', [box('trak'), box('mvex', [box('mehd', Buffer.alloc(8))])]),
  ]);
  assert.deepEqual(findBox(bytes, ['moov', 'mvex', 'mehd']), { type: 'mehd', start: 32, body: 40, end: 48 });
  assert.equal(findBox(bytes, ['moov', 'mvhd']), undefined);
  assert.equal(findBox(bytes, ['moof', 'mfhd']), undefined);
});

test('what is no box is told, with its offset', () => {
  const good = box('free');
  const cases: [message: string, bytes: Buffer][] = [
    ['A box header is cut off.', Buffer.concat([good, Buffer.alloc(7)])],
    ['A box header is cut off.', Buffer.concat([good, Buffer.from('000000016d6461740000', 'hex')])],
    ['A box claims a size of 0 bytes.', Buffer.concat([good, Buffer.alloc(8)])],
    ['A box claims a size of 7 bytes.', Buffer.concat([good, Buffer.from('000000076d646174', 'hex')])],
    [
      'A box claims a size of 15 bytes.',
      Buffer.concat([good, Buffer.from('000000016d646174000000000000000f', 'hex')]),
    ],
    ['A box reaches beyond what holds it.', Buffer.concat([good, Buffer.from('000000096d646174', 'hex')])],
  ];
  for (const [message, bytes] of cases) {
    assert.throws(() => [...walkBoxes(bytes)], { code: 'file_malformed', message, place: { offset: 8 } });
  }
});

test('a walk over endless tiny boxes ends', () => {
  const bytes = Buffer.concat(new Array(70_000).fill(box('free')));
  assert.throws(() => [...walkBoxes(bytes)], { message: 'There are more than 65536 boxes.' });
});

test('rubbish never gives anything but boxes in order or a malformed file', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 24 }),
    fc.uint8Array({ maxLength: 9 }).map((body) => box('free', body)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      let end = 0;
      try {
        for (const place of walkBoxes(bytes)) {
          assert.equal(place.start, end);
          assert.ok(place.body <= place.end && place.end <= bytes.length);
          end = place.end;
        }
        assert.equal(end, bytes.length);
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 1000, seed: 3 },
  );
});
