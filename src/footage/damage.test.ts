import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackTicks, unixMillis } from '../units/time.ts';
import { damagedHoles, wholeParts } from './damage.ts';
import type { FragmentEntry } from './segment.ts';

/** A fragment a second: `K` begins with a key frame, `.` does not, `x` is damaged and has no entry. */
function fragmentsOf(pattern: string): FragmentEntry[] {
  return [...pattern].flatMap((letter, index): FragmentEntry[] => {
    if (letter === 'x') return [];
    const ms = unixMillis(1_000_000 + index * 1_000);
    const [startTicks, durationTicks] = [trackTicks(index * 90_000), trackTicks(90_000)];
    const place = { offset: 500 + index * 100, bytes: 100 };
    return [{ ...place, startTicks, durationTicks, startMs: ms, arrivalMs: ms, keyFrame: letter === 'K' }];
  });
}

const end = Number.POSITIVE_INFINITY;

const table: { name: string; pattern: string; parts: number[]; holes: [from: number, to: number][] }[] = [
  { name: 'what follows byte by byte is whole', pattern: 'K..K', parts: [4], holes: [] },
  { name: 'a damaged fragment is a hole', pattern: 'KKxxK', parts: [2, 1], holes: [[2, 4]] },
  { name: 'a hole lasts until a key frame', pattern: 'K.x..K.', parts: [2, 2], holes: [[2, 5]] },
  {
    name: 'each hole is told',
    pattern: 'KxKxK',
    parts: [1, 1, 1],
    holes: [
      [1, 2],
      [3, 4],
    ],
  },
  {
    name: 'damage before the next key frame is the same hole',
    pattern: 'Kx.xK',
    parts: [1, 1],
    holes: [[1, 4]],
  },
  { name: 'without a key frame the hole goes on', pattern: 'Kx..', parts: [1], holes: [[1, end]] },
  { name: 'a segment may begin without a key frame', pattern: '..K.', parts: [4], holes: [] },
  { name: 'no fragments have no holes', pattern: '', parts: [], holes: [] },
];

for (const { name, pattern, parts, holes } of table) {
  test(name, () => {
    const fragments = fragmentsOf(pattern);
    assert.deepEqual(
      wholeParts(fragments).map((part) => part.length),
      parts,
    );
    const expected = holes.map(([from, to]) => ({
      startMs: 1_000_000 + from * 1_000,
      endMs: to === end ? Number.MAX_SAFE_INTEGER : 1_000_000 + to * 1_000,
    }));
    assert.deepEqual(damagedHoles(fragments, 90_000), expected);
  });
}
