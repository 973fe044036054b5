import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StorageAnswer, StorageRootAnswer } from '../contract/status.ts';
import { isNoticeableChange } from './storage_change.ts';

const GiB = 1024 ** 3;
const disk: StorageAnswer = {
  folder: '/srv/footage',
  usable: true,
  totalBytes: 100 * GiB,
  freeBytes: 50 * GiB,
  minFreeBytes: GiB,
  roots: [],
};
const root: StorageRootAnswer = {
  id: '5a0c4a2e-55a1-4a0a-8f7e-0123456789ab',
  name: 'disk2',
  folder: '/srv/disk2',
  state: 'usable',
  usable: true,
  totalBytes: 100 * GiB,
  freeBytes: 50 * GiB,
  inFlightBytes: 0,
};
const withRoot = (changes: Partial<StorageRootAnswer>): StorageAnswer => ({
  ...disk,
  roots: [{ ...root, ...changes }],
});
const { freeBytes: _, ...unmeasured } = disk;

const cases: [what: string, before: StorageAnswer, after: StorageAnswer, noticeable: boolean][] = [
  ['nothing', disk, { ...disk }, false],
  ['a little more footage', disk, { ...disk, freeBytes: 49.9 * GiB }, false],
  ['half a percent of a disk', disk, { ...disk, freeBytes: 49.5 * GiB }, true],
  ['half a percent that became free', disk, { ...disk, freeBytes: 50.5 * GiB }, true],
  [
    'a gibibyte of a huge disk',
    { ...disk, totalBytes: 9_000 * GiB },
    { ...disk, totalBytes: 9_000 * GiB, freeBytes: 49 * GiB },
    true,
  ],
  ['a folder that cannot be used any more', disk, { ...disk, usable: false, reason: 'It is gone.' }, true],
  [
    'another reason',
    { ...disk, usable: false, reason: 'Full.' },
    { ...disk, usable: false, reason: 'Gone.' },
    true,
  ],
  ['a larger disk', disk, { ...disk, totalBytes: 200 * GiB }, true],
  ['a free space that is not known any more', disk, unmeasured, true],
  ['a free space that was not known', unmeasured, disk, true],
  [
    'a little footage on another disk',
    withRoot({}),
    withRoot({ freeBytes: 49.9 * GiB, inFlightBytes: 5 }),
    false,
  ],
  ['half a percent of another disk', withRoot({}), withRoot({ freeBytes: 49.5 * GiB }), true],
  ['another disk that is away', withRoot({}), withRoot({ usable: false, state: 'missing' }), true],
  ['one root more', disk, withRoot({}), true],
  ['a free space that is still not known', unmeasured, { ...unmeasured }, false],
];

for (const [what, before, after, noticeable] of cases) {
  test(`${what} is ${noticeable ? '' : 'not '}worth telling`, () => {
    assert.equal(isNoticeableChange(before, after), noticeable);
  });
}
