import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRange, parseRange } from '../rtsp/range.ts';
import { unixMillis } from '../units/time.ts';
import { type ArchivePart, partOf, rangeOf } from './archive.ts';

const archive = { startMs: unixMillis(Date.UTC(2026, 0, 31, 12)), seconds: 10 };

const parts: readonly [range: string, part: ArchivePart | undefined, played?: string][] = [
  ['npt=0-', { from: 0, to: 10 }, 'npt=0.000-10.000'],
  ['npt=2-4', { from: 2, to: 4 }, 'npt=2.000-4.000'],
  ['npt=2-400', { from: 2, to: 10 }, 'npt=2.000-10.000'],
  ['npt=-3', { from: 7, to: 10 }, 'npt=7.000-10.000'],
  ['npt=now-', undefined],
  ['npt=10-20', undefined],
  [
    'clock=20260131T120002Z-20260131T120004.5Z',
    { from: 2, to: 4.5 },
    'clock=20260131T120002Z-20260131T120004.500Z',
  ],
  ['clock=20260131T110000Z-', { from: 0, to: 10 }, 'clock=20260131T120000Z-20260131T120010Z'],
  ['clock=20260131T110000Z-20260131T115959Z', undefined],
  ['smpte=00:00:01-', undefined],
];

for (const [text, part, played] of parts) {
  test(`of the range ${text} an archive plays ${played ?? 'nothing'}`, () => {
    const range = parseRange(text)!;
    assert.deepEqual(partOf(archive, range), part);
    if (part) assert.equal(formatRange(rangeOf(archive, part, range.unit)), played);
  });
}
