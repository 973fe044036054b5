import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RangeStanding, rangeStanding } from './played_range.ts';
import { parseRange } from './range.ts';

const rows: readonly [name: string, asked: string, answered: string | undefined, RangeStanding][] = [
  ['is played when the answer is the same', 'npt=10-20', 'npt=10-20', 'played'],
  ['is played when the answer begins with the key frame before', 'npt=10-20', 'npt=8.5-20', 'played'],
  ['is played when the answer is all of a file, which has an end', 'npt=10-20', 'npt=0-60', 'played'],
  ['is played when the archive has less', 'clock=20260131T120000Z-', 'clock=20260131T120500Z-', 'played'],
  ['is unsaid when nothing is answered', 'npt=10-20', undefined, 'unsaid'],
  ['is unsaid when it is answered in another unit', 'npt=10-', 'clock=20260131T120500Z-', 'unsaid'],
  ['is unsaid when it begins where every PLAY is said to', 'npt=0-10', 'npt=0.000-', 'unsaid'],
  ['is ignored when what is now is played', 'npt=10-20', 'npt=now-', 'ignored'],
  ['of the beginning is ignored when what is now is played', 'npt=0-20', 'npt=now-', 'ignored'],
  ['is ignored when the usual answer comes', 'npt=10-20', 'npt=0.000-', 'ignored'],
  ['by the clock is ignored when the usual answer comes', 'clock=20260131T120000Z-', 'npt=0.000-', 'ignored'],
  ['of the last seconds is ignored when the usual answer comes', 'npt=-30', 'npt=0.000-', 'ignored'],
  ['of the last seconds is played when they are answered', 'npt=-30', 'npt=70-100', 'played'],
  ['of the last seconds of less is played when all is answered', 'npt=-30', 'npt=0-20', 'played'],
  [
    'is ignored when what is played is all behind it',
    'clock=20260131T120000Z-20260131T120010Z',
    'clock=20261122T180000Z-',
    'ignored',
  ],
  ['is ignored when what is played is all before it', 'npt=10-20', 'npt=0-10', 'ignored'],
  ['of time codes is played when they are answered', 'smpte-25=00:00:10-', 'smpte-25=00:00:09-', 'played'],
  ['of what is now is played by whatever', 'npt=now-', undefined, 'played'],
];

for (const [name, asked, answered, expected] of rows) {
  test(`a range ${name}`, () => {
    const said = answered === undefined ? undefined : parseRange(answered);
    assert.equal(rangeStanding(parseRange(asked)!, said), expected);
  });
}
