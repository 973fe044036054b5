import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { ReorderBuffer, reorderMs, reorderPackets } from './reorder_buffer.ts';

function packet(sequenceNumber: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(sequenceNumber & 0xffff, 2);
  return bytes;
}

/** A buffer with a note of each number that comes out. */
class Bench {
  readonly out: number[] = [];
  readonly arrivals: number[] = [];
  nowMs = 0;
  readonly buffer = new ReorderBuffer((bytes, start, _end, arrivalMs) => {
    this.out.push((bytes[start + 2]! << 8) | bytes[start + 3]!);
    this.arrivals.push(arrivalMs);
  });

  push(...numbers: number[]): this {
    for (const number of numbers) {
      this.buffer.push(packet(number), 0, 12, unixMillis(this.nowMs), this.nowMs);
    }
    return this;
  }
}

const cases: readonly [name: string, input: number[], output: number[]][] = [
  ['what comes in order passes through', [7, 8, 9], [7, 8, 9]],
  ['two that changed places are put right', [1, 3, 2, 4], [1, 2, 3, 4]],
  ['the wrap of the numbers is no gap', [65_534, 0, 65_535, 1], [65_534, 65_535, 0, 1]],
  ['what comes twice is dropped', [1, 1, 3, 3, 2, 2, 4], [1, 2, 3, 4]],
  ['what is behind a gap waits', [1, 3, 4], [1]],
  [
    'a gap is given up when it is too far back',
    [0, ...Array.from({ length: reorderPackets }, (_, index) => index + 2), 1],
    [0, ...Array.from({ length: reorderPackets }, (_, index) => index + 2)],
  ],
  ['what is far ahead gives out all that waits', [0, 2, 4, 1_000], [0, 2, 4]],
  ['a jump begins a new sequence at once', [0, 2, 4, 30_000, 30_001], [0, 2, 4, 30_000, 30_001]],
  ['a jump back does too', [500, 502, 10, 11], [500, 502, 10, 11]],
];

for (const [name, input, output] of cases) {
  test(`reordering: ${name}`, () => assert.deepEqual(new Bench().push(...input).out, output));
}

test('P12: what waits is given out when its time is over, each with its own arrival', () => {
  const bench = new Bench().push(1, 3);
  bench.nowMs = 150;
  bench.push(5);
  assert.equal(bench.buffer.dueMs, reorderMs);
  bench.buffer.release(reorderMs - 1);
  assert.deepEqual(bench.out, [1]);
  bench.buffer.release(reorderMs);
  assert.deepEqual(bench.out, [1, 3]);
  assert.equal(bench.buffer.dueMs, 150 + reorderMs);
  bench.push(2, 4);
  assert.deepEqual(bench.out, [1, 3, 4, 5]);
  assert.deepEqual(bench.arrivals, [0, 0, 150, 150]);
  assert.deepEqual([bench.buffer.dueMs, bench.buffer.late], [undefined, 1]);
});

test('another source may begin anywhere', () => {
  const bench = new Bench().push(10, 12);
  bench.buffer.restart();
  assert.deepEqual(bench.push(9, 10).out, [10, 12, 9, 10]);
});

/** Numbers that begin anywhere, each a little out of its place, some lost, some doubled, with the time between them. */
const journeys = fc
  .record({
    first: fc.integer({ min: 0, max: 65_535 }),
    hops: fc.array(
      fc.record({
        lost: fc.boolean(),
        twice: fc.boolean(),
        shift: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(100)),
        waitMs: fc.oneof(fc.constant(0), fc.nat(300)),
      }),
      { maxLength: 300 },
    ),
  })
  .map(({ first, hops }) =>
    hops
      .map((hop, index) => ({ ...hop, number: first + index, place: index + hop.shift }))
      .filter(({ lost }) => !lost)
      .flatMap((hop) => (hop.twice ? [hop, { ...hop, place: hop.place + 5 }] : [hop]))
      .sort((a, b) => a.place - b.place),
  );

test('sequence numbers only grow, nothing comes out twice, and nothing is held longer than it may be', () => {
  fc.assert(
    fc.property(journeys, (journey) => {
      const bench = new Bench();
      const bornMs = new Map<number, number>();
      for (const { number, waitMs } of journey) {
        const untilMs = bench.nowMs + waitMs;
        for (
          let dueMs = bench.buffer.dueMs;
          dueMs !== undefined && dueMs <= untilMs;
          dueMs = bench.buffer.dueMs
        ) {
          bench.buffer.release(dueMs);
        }
        bench.nowMs = untilMs;
        const before = bench.out.length;
        bench.push(number);
        bornMs.set(number & 0xffff, bornMs.get(number & 0xffff) ?? untilMs);
        for (const out of bench.out.slice(before)) assert.ok(untilMs - bornMs.get(out)! <= reorderMs);
      }
      bench.buffer.flush();
      assert.equal(bench.buffer.dueMs, undefined);
      for (let index = 1; index < bench.out.length; index++) {
        const step = ((bench.out[index]! - bench.out[index - 1]!) << 16) >> 16;
        assert.ok(step > 0, `${bench.out[index - 1]} then ${bench.out[index]}`);
      }
      const distinct = new Set(journey.map(({ number }) => number & 0xffff)).size;
      assert.ok(bench.out.length <= distinct);
      assert.equal(bench.out.length + bench.buffer.late, journey.length, 'each comes out or is counted');
    }),
  );
});

test('packets out of their place by less than the buffer holds all come out when they come in time', () => {
  const order = fc
    .array(fc.nat(reorderPackets / 2 - 1), { minLength: 1, maxLength: 200 })
    .map((shifts) => shifts.map((shift, index) => ({ number: index, place: index + shift })))
    .map((packets) => packets.sort((a, b) => a.place - b.place).map(({ number }) => number));
  fc.assert(
    fc.property(order, (numbers) => {
      // The first one to come sets the beginning, so it must be the first one.
      const bench = new Bench().push(65_535, ...numbers);
      assert.deepEqual(
        bench.out.slice(1),
        [...numbers].sort((a, b) => a - b),
      );
    }),
  );
});
