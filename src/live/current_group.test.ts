import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveFrame, liveInit } from '../../test/fixtures/live_items.ts';
import type { LiveItem } from '../recorder/live_item.ts';
import { CurrentGroup, maxGroupBytes, maxGroupMs } from './current_group.ts';

const init = liveInit();
const key = liveFrame({ key: true });
const next = liveFrame({});
const large = liveFrame({ bytes: maxGroupBytes });

const groups: [name: string, steps: readonly (readonly [LiveItem, number])[], kept: readonly LiveItem[]][] = [
  ['nothing is kept before the first header', [[key, 0]], []],
  [
    'a group is kept from its key frame on',
    [
      [init, 0],
      [key, 0],
      [next, 40],
      [next, 80],
    ],
    [init, key, next, next],
  ],
  [
    'a key frame begins it anew',
    [
      [init, 0],
      [key, 0],
      [next, 40],
      [key, 80],
      [next, 120],
    ],
    [init, key, next],
  ],
  [
    'what precedes the first key frame is not kept',
    [
      [init, 0],
      [next, 0],
      [key, 40],
    ],
    [init, key],
  ],
  [
    'a new header forgets what needs the old one',
    [
      [init, 0],
      [key, 0],
      [init, 40],
    ],
    [init],
  ],
  [
    'a group of too many bytes is given up until the next key frame',
    [
      [init, 0],
      [key, 0],
      [large, 40],
      [next, 80],
    ],
    [init],
  ],
  [
    'so is one that lasts too long',
    [
      [init, 0],
      [key, 0],
      [next, maxGroupMs + 1],
      [next, maxGroupMs + 2],
    ],
    [init],
  ],
  [
    'the next key frame begins it again',
    [
      [init, 0],
      [key, 0],
      [large, 40],
      [key, 80],
      [next, 120],
    ],
    [init, key, next],
  ],
];

for (const [name, steps, kept] of groups) {
  test(name, () => {
    const group = new CurrentGroup();
    for (const [item, nowMs] of steps) group.take(item, nowMs);
    assert.deepEqual(group.items, kept);
  });
}

test('of a stream that came to a halt no old picture is given', () => {
  const group = new CurrentGroup();
  group.take(init, 0);
  group.take(key, 0);
  group.clear();
  assert.deepEqual(group.items, [init]);
});
