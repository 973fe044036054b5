import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testRootId } from '../../test/fixtures/test_root.ts';
import type { FragmentEntry } from '../footage/segment.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import type { PlayableSegment } from './playable_segment.ts';
import { splitIntoStretches } from './stretch.ts';

interface Shape {
  runId: string;
  number?: number;
  /** Wall time, and media time of the file's zero, in seconds. */
  at: number;
  /** Lengths of its fragments in seconds; a negative one is a hole. */
  parts?: number[];
  overlap?: boolean;
  /** Seconds that it answers for, when not all of it. */
  visible?: [number, number];
}

/** A segment whose media time is wall time. */
function segment({
  runId,
  number = 0,
  at,
  parts = [1, 1],
  overlap = false,
  visible,
}: Shape): PlayableSegment {
  const fragments: FragmentEntry[] = [];
  let seconds = 0;
  for (const part of parts) {
    if (part >= 0) {
      const ms = unixMillis((at + seconds) * 1000);
      const [startTicks, durationTicks] = [trackTicks(seconds * 90_000), trackTicks(part * 90_000)];
      const offset = 1_000 + fragments.length * 100;
      fragments.push({
        offset,
        bytes: 100,
        startTicks,
        durationTicks,
        startMs: ms,
        arrivalMs: ms,
        keyFrame: true,
      });
    }
    seconds += Math.abs(part);
  }
  const [from, to] = visible ?? [at, at + seconds];
  const id = `${runId}${number}`;
  const offsetTicks = trackTicks(at * 90_000);
  const video = { trackId: 1, kind: 'video' as const, codecString: 'avc1', timescale: 90_000, offsetTicks };
  return {
    id,
    runId,
    number,
    rootId: testRootId,
    path: id,
    startMs: unixMillis(from * 1000),
    endMs: unixMillis(to * 1000),
    overlap,
    fileBytes: 1,
    tracks: [{ ...video, sampleEntryHash: 'v' }],
    fragments,
  };
}

const table: { name: string; shapes: Shape[]; stretches: [run: string, from: number, to: number][] }[] = [
  {
    name: 'segments of a run that follow each other are one stretch',
    shapes: [
      { runId: 'a', at: 0 },
      { runId: 'a', number: 1, at: 2 },
    ],
    stretches: [['a', 0, 4]],
  },
  {
    name: 'a new run is a new stretch, also without a gap',
    shapes: [
      { runId: 'a', at: 0 },
      { runId: 'b', at: 2 },
    ],
    stretches: [
      ['a', 0, 2],
      ['b', 2, 4],
    ],
  },
  {
    name: 'a missing segment splits a run',
    shapes: [
      { runId: 'a', at: 0 },
      { runId: 'a', number: 2, at: 4 },
    ],
    stretches: [
      ['a', 0, 2],
      ['a', 4, 6],
    ],
  },
  {
    name: 'a hole within a segment splits it',
    shapes: [{ runId: 'a', at: 0, parts: [1, 1, -3, 1] }],
    stretches: [
      ['a', 0, 2],
      ['a', 5, 6],
    ],
  },
  {
    name: 'a hole of a fifth of a second is the last picture shown on',
    shapes: [{ runId: 'a', at: 0, parts: [1, -0.2, 1] }],
    stretches: [['a', 0, 2.2]],
  },
  {
    name: 'a fragment of sound alone splits nothing',
    shapes: [{ runId: 'a', at: 0, parts: [1, 0, 1] }],
    stretches: [['a', 0, 2]],
  },
  {
    name: 'the earlier of two runs keeps the instants that they share',
    shapes: [
      { runId: 'a', at: 0, parts: [5] },
      { runId: 'b', at: 3, parts: [5] },
    ],
    stretches: [
      ['a', 0, 5],
      ['b', 5, 8],
    ],
  },
  {
    name: 'what is marked as an overlap gets what others leave, on both sides',
    shapes: [
      { runId: 'b', at: 0, parts: [10], overlap: true },
      { runId: 'a', at: 3, parts: [2] },
    ],
    stretches: [
      ['b', 0, 3],
      ['a', 3, 5],
      ['b', 5, 10],
    ],
  },
  {
    name: 'a segment that answers for nothing still belongs to its run',
    shapes: [
      { runId: 'a', at: 0, visible: [0, 0] },
      { runId: 'a', number: 1, at: 2 },
    ],
    stretches: [['a', 2, 4]],
  },
  {
    name: 'a run that answers for nothing is left out',
    shapes: [{ runId: 'a', at: 0, visible: [1, 1] }],
    stretches: [],
  },
];

const summary = (shapes: readonly Shape[]) =>
  splitIntoStretches(shapes.map(segment)).map(({ runId, startMs, endMs }) => [
    runId,
    startMs / 1000,
    endMs / 1000,
  ]);

for (const { name, shapes, stretches } of table) {
  test(name, () => {
    assert.deepEqual(summary(shapes), stretches);
    assert.deepEqual(summary([...shapes].reverse()), stretches);
  });
}

test('no instant belongs to two stretches, and none is lost', () => {
  const run = fc.record({ at: fc.nat(30), length: fc.integer({ min: 1, max: 10 }), overlap: fc.boolean() });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 8 }), (runs) => {
      const shapes = runs.map(({ at, length, overlap }, index) => ({
        runId: `r${index}`,
        at,
        parts: [length],
        overlap,
      }));
      const owners = Array.from({ length: 41 }, () => 0);
      for (const [, from, to] of summary(shapes)) {
        for (let second = Number(from); second < Number(to); second++) owners[second]!++;
      }
      for (let second = 0; second < 41; second++) {
        const covered = runs.some(({ at, length }) => at <= second && second < at + length);
        assert.equal(owners[second], covered ? 1 : 0, `second ${second}`);
      }
    }),
  );
});
