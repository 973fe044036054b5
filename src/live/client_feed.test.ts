import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { liveFrame, liveInit } from '../../test/fixtures/live_items.ts';
import type { LiveItem } from '../recorder/live_item.ts';
import { ClientFeed, maxBacklogBytes, type Outgoing } from './client_feed.ts';

const key = liveFrame({ key: true, number: 1 });
const next = liveFrame({ number: 2 });
const sound = liveFrame({ number: 3, pictures: 0 });
const oldKey = liveFrame({ key: true, number: 4, bytes: 3 * maxBacklogBytes, catchUp: true });
const much = maxBacklogBytes + 1;

/** An item, the backlog as it comes, and whether it is part of the burst at the beginning. */
type Step = readonly [item: LiveItem, backlog?: number, burst?: boolean];

const inWords = (outgoing: readonly Outgoing[]): string[] =>
  outgoing.map((message) => {
    if (message instanceof Uint8Array) return message.length === 1 ? 'header' : `frame ${message[0]}`;
    return message.kind === 'dropped' ? `dropped ${message.frames}` : message.kind;
  });

const feeds: [name: string, steps: readonly Step[], given: readonly string[]][] = [
  [
    'a watcher begins with the header and a key frame',
    [[liveInit()], [key], [next]],
    ['init', 'header', 'frame 1', 'frame 2'],
  ],
  [
    'nothing comes before the first key frame, and nothing is called dropped',
    [[liveInit()], [next], [sound], [key]],
    ['init', 'header', 'frame 1'],
  ],
  [
    'a slow watcher goes on at the next key frame and is told how many pictures it misses',
    [[liveInit()], [key], [next, much], [next], [sound], [key]],
    ['init', 'header', 'frame 1', 'dropped 2', 'frame 1'],
  ],
  [
    'a key frame is dropped too while the backlog is too long',
    [[liveInit()], [key], [key, much], [next], [key]],
    ['init', 'header', 'frame 1', 'dropped 2', 'frame 1'],
  ],
  [
    'a backlog at the bound is not too long',
    [[liveInit()], [key], [next, maxBacklogBytes]],
    ['init', 'header', 'frame 1', 'frame 2'],
  ],
  [
    'a new header goes out before its key frame',
    [[liveInit()], [key], [liveInit(7)], [key]],
    ['init', 'header', 'frame 1', 'init', 'header', 'frame 1'],
  ],
  [
    'of two headers in a row the newer one counts',
    [[liveInit()], [liveInit(7)], [key]],
    ['init', 'header', 'frame 1'],
  ],
  [
    'a header that came while the watcher was too slow is not lost',
    [[liveInit()], [key], [next, much], [liveInit(7), much], [next, much], [key]],
    ['init', 'header', 'frame 1', 'dropped 2', 'init', 'header', 'frame 1'],
  ],
  [
    'what is given at once at the beginning may wait beyond the bound',
    [
      [liveInit(), 0, true],
      [oldKey, 0, true],
      [next, 3 * maxBacklogBytes],
      [next, 4 * maxBacklogBytes + 1],
    ],
    ['init', 'header', 'frame 4', 'frame 2'],
  ],
  [
    'once that has left, the bound is the same for all',
    [
      [liveInit(), 0, true],
      [oldKey, 0, true],
      [next, 0],
      [next, much],
    ],
    ['init', 'header', 'frame 4', 'frame 2'],
  ],
];

for (const [name, steps, given] of feeds) {
  test(name, () => {
    const feed = new ClientFeed();
    const all = steps.flatMap(([item, backlog = 0, burst = false]) => feed.take(item, backlog, burst));
    assert.deepEqual(inWords(all), given);
  });
}

test('whatever comes and however slow it is, a watcher can decode all that it gets', () => {
  const step = fc.record({
    item: fc.oneof(
      { weight: 1, arbitrary: fc.constant('init' as const) },
      { weight: 2, arbitrary: fc.constant('key' as const) },
      { weight: 6, arbitrary: fc.constant('picture' as const) },
      { weight: 1, arbitrary: fc.constant('sound' as const) },
    ),
    backlog: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * maxBacklogBytes })),
    burst: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const feed = new ClientFeed();
      /** Number of the item that a frame decodes after, and of the header it decodes with. */
      let lastInit = -1;
      let needsKey = true;
      let headerGiven = -1;
      let lastGiven = -1;
      let pictures = 0;
      let given = 0;
      let said = 0;
      let missed = 0;
      for (const [index, { item: kind, backlog, burst }] of steps.entries()) {
        const item: LiveItem =
          kind === 'init'
            ? liveInit(index)
            : liveFrame({ key: kind === 'key', pictures: kind === 'sound' ? 0 : 1, number: index });
        if (kind === 'init') {
          lastInit = index;
          needsKey = true;
        }
        const out = feed.take(item, backlog, burst);
        const [frame] = out.slice(-1);
        for (const message of out)
          if ('kind' in message && message.kind === 'dropped') said += message.frames;
        const header = out.find((message) => message instanceof Uint8Array && message.length === 1);
        if (header instanceof Uint8Array) headerGiven = header[0]!;
        if (item.kind !== 'frame') {
          assert.deepEqual(out, []);
          continue;
        }
        pictures += item.pictures;
        if (frame === undefined) {
          needsKey = true;
          missed += item.pictures;
          continue;
        }
        assert.equal(frame, item.bytes);
        assert.ok(!needsKey || item.keyFrame, 'no picture without those that it needs');
        assert.equal(headerGiven, lastInit, 'no picture without its header');
        assert.ok(index > lastGiven);
        needsKey = false;
        lastGiven = index;
        given += item.pictures;
      }
      assert.equal(given + missed, pictures);
      assert.ok(said <= missed, 'no more is called dropped than is missing');
    }),
    { numRuns: 500 },
  );
});
