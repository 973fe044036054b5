import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventsAt, leastEventPx, placeEvents } from './event_layout.ts';
import type { TimelineEvent } from './event_words.ts';

/** A pixel is a second; the view is from 0 to 1,000. */
const view = { centreMs: 500_000, spanMs: 1_000_000, widthPx: 1_000 };

const event = (type: string, fromS: number, toS = fromS, changes: Partial<TimelineEvent> = {}) => ({
  type,
  startMs: fromS * 1_000,
  endMs: toS * 1_000,
  ongoing: false,
  count: 1,
  ...changes,
});

const cases: [
  what: string,
  events: TimelineEvent[],
  bars: [from: number, to: number][],
  tags: [x: number, letters: string, count: number][],
][] = [
  ['nothing is drawn of nothing', [], [], []],
  ['an event has a bar and a tag', [event('motion', 100, 160)], [[100, 160]], [[100, 'M', 1]]],
  ['one without length can be seen', [event('motion', 100)], [[100, 103]], [[100, 'M', 1]]],
  [
    'types are told by their letters',
    [event('motion', 100, 110), event('person', 200, 210)],
    [
      [100, 110],
      [200, 210],
    ],
    [
      [100, 'M', 1],
      [200, 'P', 1],
    ],
  ],
  [
    'those that begin close to each other share a tag, with a letter for each type',
    [event('person', 105, 120), event('motion', 100, 110), event('motion', 108)],
    [[100, 120]],
    [[100, 'MP', 3]],
  ],
  [
    'a tag has three letters at most, and says that there are more',
    ['motion', 'person', 'vehicle', 'animal', 'sound'].map((type, index) => event(type, 100 + index)),
    [[100, 107]],
    [[100, 'AMP…', 5]],
  ],
  [
    'letters are in the order of the alphabet, whichever began first',
    [event('person', 100, 110), event('motion', 105), event('person', 106), event('face', 107)],
    [[100, 110]],
    [[100, 'FMP', 4]],
  ],
  [
    'what began before the view has its tag at the edge, and ends at the other when it goes on so long',
    [event('motion', -500, 2_000)],
    [[0, 1_000]],
    [[0, 'M', 1]],
  ],
  ['what is outside is left out', [event('motion', -20, -10), event('motion', 1_000, 1_001)], [], []],
];

for (const [what, events, bars, tags] of cases) {
  test(what, () => {
    const placed = placeEvents(events, view);
    assert.deepEqual(
      placed.bars.map(({ from, to }) => [from, to]),
      bars,
    );
    assert.deepEqual(
      placed.tags.map((tag) => [tag.x, tag.letters, tag.events.length]),
      tags,
    );
  });
}

test('events are placed alike, in whichever order they came', () => {
  const events = ['sound', 'motion', 'person', 'animal'].map((type) => event(type, 100, 110));
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
      const placed = placeEvents(shuffled, view);
      assert.deepEqual(placed, placeEvents(events, view));
      assert.equal(placed.tags[0]!.letters, 'AMP…');
      const told = eventsAt(placed, shuffled, view, 105, 6).map(({ type }) => type);
      assert.deepEqual(told, ['animal', 'motion', 'person', 'sound']);
    }),
  );
});

test('what goes on has an open end, if that is in view', () => {
  const goesOn = (toS: number) => placeEvents([event('motion', 100, toS, { ongoing: true })], view).openEnd;
  assert.equal(goesOn(700), 700);
  assert.equal(goesOn(1_200), undefined);
  assert.equal(placeEvents([event('motion', 100, 700)], view).openEnd, undefined);
});

test('a pointer finds the events of a tag, those under it, and with a finger what is near', () => {
  const long = event('motion', 100, 400);
  const short = event('person', 200, 210);
  const events = [long, short];
  const placed = placeEvents(events, view);
  const at = (x: number, reach: number) => eventsAt(placed, events, view, x, reach);
  assert.deepEqual(at(105, 6), [long]);
  assert.deepEqual(at(205, 6), [short], 'the tag is above the bar that goes on beneath it');
  assert.deepEqual(at(300, 6), [long]);
  assert.deepEqual(at(85, 6), []);
  assert.deepEqual(at(85, 22), [long]);
  assert.deepEqual(at(700, 22), []);
});

test('whatever happened: each event in view is on one tag and on a bar, and no two of either overlap', () => {
  const anyEvent = fc
    .record({
      type: fc.constantFrom('motion', 'person', 'vehicle', 'animal', 'a/b'),
      startMs: fc.integer({ min: -200_000, max: 1_200_000 }),
      lengthMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500_000 })),
      ongoing: fc.boolean(),
      count: fc.integer({ min: 1, max: 50 }),
    })
    .map(({ lengthMs, ...rest }) => ({ ...rest, endMs: rest.startMs + lengthMs }));
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 200 }), (events) => {
      const { bars, tags } = placeEvents(events, view);
      // Half a pixel is rounded either way.
      const inView = events.filter(({ startMs, endMs }) => endMs > 500 && startMs < 999_500);
      const tagged = tags.flatMap((tag) => tag.events);
      assert.equal(new Set(tagged).size, tagged.length);
      for (const each of inView) {
        assert.ok(tagged.includes(each));
        const x = Math.max(0, each.startMs / 1_000);
        assert.ok(bars.some(({ from, to }) => from <= x + 0.5 && to >= Math.min(x, 1_000 - leastEventPx)));
      }
      for (const [index, bar] of bars.entries()) {
        assert.ok(bar.from >= 0 && bar.to <= 1_000 && bar.to > bar.from);
        if (index > 0) assert.ok(bars[index - 1]!.to < bar.from);
      }
      for (const [index, tag] of tags.entries()) {
        const before = tags[index - 1];
        if (before) assert.ok(before.x + before.width < tag.x);
        assert.ok(tag.letters.length <= 4);
      }
    }),
  );
});

test('tags of one length each, as upright words have them, share what begins within it', () => {
  const events = [event('motion', 100), event('person', 112), event('animal', 130)];
  const { tags } = placeEvents(events, view, 18);
  assert.deepEqual(
    tags.map(({ x, width, letters }) => [x, width, letters]),
    [
      [100, 18, 'MP'],
      [130, 18, 'A'],
    ],
  );
});
