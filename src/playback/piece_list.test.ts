import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testRootId } from '../../test/fixtures/test_root.ts';
import { PieceList } from './piece_list.ts';

const files: Record<string, Uint8Array> = {
  a: Uint8Array.from({ length: 100 }, (_, index) => index),
  b: Uint8Array.from({ length: 100 }, (_, index) => 100 + index),
};

const recorded = (path: string) => ({ rootId: testRootId, path });

const pieces = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('memory' as const), bytes: fc.uint8Array({ maxLength: 20 }) }),
    fc.record({
      kind: fc.constant('file' as const),
      file: fc.constantFrom(recorded('a'), recorded('b')),
      offset: fc.integer({ min: 0, max: 80 }),
      length: fc.integer({ min: 0, max: 20 }),
    }),
  ),
  { maxLength: 30 },
);

function build(from: readonly (typeof pieces extends fc.Arbitrary<infer Value> ? Value : never)[number][]) {
  const list = new PieceList();
  const whole: number[] = [];
  for (const piece of from) {
    if (piece.kind === 'memory') {
      list.addMemory(piece.bytes);
      whole.push(...piece.bytes);
    } else {
      list.addFile(piece.file, piece.offset, piece.length);
      whole.push(...files[piece.file.path]!.subarray(piece.offset, piece.offset + piece.length));
    }
  }
  return { list, whole };
}

function read(list: PieceList, start: number, end: number): number[] {
  return [...list.slice(start, end)].flatMap((piece) => [
    ...(piece.kind === 'memory'
      ? piece.bytes
      : files[piece.file.path]!.subarray(piece.offset, piece.offset + piece.length)),
  ]);
}

test('any range of the pieces is that range of the whole', () => {
  fc.assert(
    fc.property(pieces, fc.nat(), fc.nat(), (from, a, b) => {
      const { list, whole } = build(from);
      assert.equal(list.totalBytes, whole.length);
      const [start, end] = [a % (whole.length + 1), b % (whole.length + 1)].sort((x, y) => x - y);
      assert.deepEqual(read(list, start!, end!), whole.slice(start, end));
    }),
  );
});

test('ranges of a file that touch become one', () => {
  const list = new PieceList();
  list.addFile(recorded('a'), 10, 5);
  list.addFile(recorded('a'), 15, 5);
  list.addFile(recorded('b'), 20, 5);
  assert.deepEqual(
    [...list.slice(0, 15)],
    [
      { kind: 'file', file: recorded('a'), offset: 10, length: 10 },
      { kind: 'file', file: recorded('b'), offset: 20, length: 5 },
    ],
  );
});

test('a list appended to another keeps its order', () => {
  const list = new PieceList();
  list.addMemory(Uint8Array.of(255));
  const { list: rest, whole } = build([
    { kind: 'file', file: recorded('a'), offset: 3, length: 2 },
    { kind: 'memory', bytes: Uint8Array.of(7) },
  ]);
  list.append(rest);
  assert.deepEqual(read(list, 0, list.totalBytes), [255, ...whole]);
});
