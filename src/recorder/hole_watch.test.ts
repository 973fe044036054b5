import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapCause } from '../footage/gap_cause.ts';
import { HoleWatch } from './hole_watch.ts';

/** What comes, in order: a picture of a media time at an instant, damage at an instant, or a look at one. */
type Event = readonly ['picture', mediaMs: number, atMs: number] | readonly ['damage' | 'look', atMs: number];

const steady = (fromMs: number, toMs: number, lateMs = 0): Event[] => {
  const events: Event[] = [];
  for (let ms = fromMs; ms < toMs; ms += 40) events.push(['picture', ms, ms + lateMs]);
  return events;
};
const unevenly = (from: number, to: number): Event[] => {
  const events: Event[] = [];
  for (let index = from, ms = 0; index < to; index++) {
    events.push(['picture', ms, ms]);
    ms += index % 2 ? 4_000 : 500;
  }
  return events;
};
const damageEach = (everyMs: number, fromMs: number, toMs: number): Event[] => {
  const events: Event[] = [];
  for (let ms = fromMs; ms < toMs; ms += everyMs) events.push(['damage', ms]);
  return events;
};

const table: [sentence: string, events: Event[], said: [atMs: number, cause: GapCause][]][] = [
  ['a steady stream has no hole', steady(0, 20_000), []],
  ['three seconds without a picture are no hole', [...steady(0, 1_000), ['picture', 3_960, 3_960]], []],
  [
    'a camera that sends nothing for longer leaves a hole',
    [...steady(0, 1_000), ...steady(4_000, 5_000)],
    [[4_000, 'no_packets']],
  ],
  [
    'a hole is seen while it lasts',
    [...steady(0, 1_000), ['look', 3_900], ['look', 4_000], ['look', 5_000], ['picture', 9_000, 9_000]],
    [
      [4_000, 'no_packets'],
      [5_000, 'no_packets'],
      [9_000, 'no_packets'],
    ],
  ],
  [
    'pictures that come late, all at once, leave no hole, though it looked like one',
    [...steady(0, 1_000), ['look', 5_000], ...steady(1_000, 9_000, 4_100)],
    [[5_000, 'no_packets']],
  ],
  [
    'where damaged pictures came all the time, they are the reason',
    [...steady(0, 1_000), ...damageEach(500, 1_000, 6_000), ['look', 4_500], ['picture', 6_000, 6_000]],
    [
      [4_500, 'damaged'],
      [6_000, 'damaged'],
    ],
  ],
  [
    'damage at the end of a silence is not its reason',
    [...steady(0, 1_000), ['damage', 6_000], ['look', 6_010], ['picture', 6_040, 6_040]],
    [
      [6_010, 'no_packets'],
      [6_040, 'no_packets'],
    ],
  ],
  [
    'a silence after damage is told as soon as it is one',
    [...steady(0, 1_000), ['damage', 1_000], ['look', 4_000], ['look', 4_100], ['picture', 4_200, 4_200]],
    [
      [4_000, 'damaged'],
      [4_100, 'no_packets'],
      [4_200, 'no_packets'],
    ],
  ],
  [
    'damage from before the newest picture has no part in a hole',
    [
      ['picture', 0, 0],
      ['damage', 20],
      ['picture', 40, 40],
      ['picture', 5_000, 5_000],
    ],
    [[5_000, 'no_packets']],
  ],
  [
    'a stream with seconds between its pictures has a hole at its first pause alone',
    [
      ['picture', 0, 0],
      ['picture', 5_000, 5_000],
      ['picture', 10_000, 10_000],
      ['look', 16_000],
      ['picture', 18_000, 18_000],
      ['picture', 40_000, 40_000],
    ],
    [
      [5_000, 'no_packets'],
      [40_000, 'no_packets'],
    ],
  ],
  [
    'a stream whose pictures are half a second and four seconds apart in turn has a hole at its first pause alone',
    unevenly(0, 40),
    [[4_500, 'no_packets']],
  ],
  [
    'a pause from before eight quick pictures is forgotten',
    [...steady(0, 1_000), ...steady(5_000, 5_360), ['picture', 9_320, 9_320]],
    [
      [5_000, 'no_packets'],
      [9_320, 'no_packets'],
    ],
  ],
  [
    'damage makes a hole at any pace',
    [
      ['picture', 0, 0],
      ['picture', 5_000, 5_000],
      ...damageEach(1_000, 6_000, 10_000),
      ['picture', 10_000, 10_000],
    ],
    [
      [5_000, 'no_packets'],
      [10_000, 'damaged'],
    ],
  ],
  [
    'pictures that are shown before those that came first are no hole and none after',
    [
      ['picture', 0, 0],
      ['picture', 3_000, 40],
      ['picture', 1_000, 80],
      ['picture', 5_900, 120],
    ],
    [],
  ],
  [
    'before the first picture nothing is overdue',
    [
      ['damage', 0],
      ['look', 60_000],
    ],
    [],
  ],
];

for (const [sentence, events, expected] of table) {
  test(sentence, () => {
    const watch = new HoleWatch();
    const said: [number, GapCause][] = [];
    for (const event of events) {
      const atMs = event.at(-1) as number;
      let cause: GapCause | undefined;
      if (event[0] === 'picture') cause = watch.picture(event[1], atMs);
      else if (event[0] === 'damage') watch.damage(atMs);
      else cause = watch.overdue(atMs);
      if (cause) said.push([atMs, cause]);
    }
    assert.deepEqual(said, expected);
  });
}
