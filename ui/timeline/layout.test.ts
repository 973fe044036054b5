import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bottomOf,
  bubbleSizeOf,
  type Hit,
  hitAt,
  type Layout,
  layoutFor,
  type Pointed,
  verticalLayoutFor,
} from './layout.ts';
import { placeAt } from './orientation.ts';

const now = Date.UTC(2026, 10, 21, 13);
const base: Omit<Pointed, 'layout'> = {
  view: { centreMs: now, spanMs: 1_200_000, widthPx: 1200 },
  playheadMs: now,
  marks: { inMs: now - 100_000, outMs: now + 100_000 },
  events: [],
  retention: { fromMs: now - 60 * 86_400_000, toMs: now },
  bubblePx: 76,
};
const fine = { ...base, layout: layoutFor(false) };
const coarse = { ...base, layout: layoutFor(true) };

test('a point of the track is an instant', () => {
  assert.deepEqual(hitAt(900, fine.layout.track.top + 10, fine), { kind: 'time', ms: now + 300_000 });
});

test('cameras beside the leader have a track each and one for all, in which time is taken', () => {
  const layout = layoutFor(false, 3);
  assert.equal(layout.beside.length, 3);
  const bands = [layout.track, layout.events, ...layout.beside, layout.merged!];
  for (const [index, band] of bands.entries())
    assert.ok(index === 0 || band.top >= bands[index - 1]!.top + bands[index - 1]!.height, `${index}`);
  assert.equal(bottomOf(layout), layout.merged!.top + layout.merged!.height);
  assert.ok(layout.height >= bottomOf(layout));
  const second = layout.beside[1]!;
  assert.deepEqual(hitAt(900, second.top + 3, { ...fine, layout }), {
    kind: 'time',
    ms: now + 300_000,
    beside: 1,
  });
  assert.deepEqual(layoutFor(false).beside, []);
  assert.equal(layoutFor(false).merged, undefined);
});

test('the playhead is taken at its bubble and at its line, the marks at theirs', () => {
  const y = fine.layout.track.top + 10;
  assert.equal(hitAt(630, fine.layout.ruler.top + 5, fine).kind, 'playhead');
  assert.equal(hitAt(604, y, fine).kind, 'playhead');
  assert.deepEqual(hitAt(503, y, fine), { kind: 'mark', which: 'inMs' });
  assert.deepEqual(hitAt(699, y, fine), { kind: 'mark', which: 'outMs' });
  assert.equal(hitAt(620, y, fine).kind, 'time');
});

test('for fingers every handle is at least 44 pixels wide and high', () => {
  const { track, grip, reach } = coarse.layout;
  assert.ok(reach * 2 >= 44 && track.height >= 44 && (grip?.height ?? 0) >= 44);
  assert.equal(hitAt(621, grip!.top + 40, coarse).kind, 'playhead');
  assert.equal(hitAt(479, track.top + 40, coarse).kind, 'mark');
});

test('a mark under the playhead gives way to it, and the nearer handle is taken', () => {
  const y = fine.layout.track.top + 10;
  assert.equal(hitAt(600, y, { ...fine, marks: { inMs: now, outMs: undefined } }).kind, 'playhead');
  assert.equal(hitAt(596, y, { ...fine, marks: { inMs: now - 5000, outMs: undefined } }).kind, 'mark');
});

test('a point of the minimap is an instant of the whole retention', () => {
  assert.deepEqual(hitAt(600, 5, fine), { kind: 'minimap', ms: now - 30 * 86_400_000 });
  assert.deepEqual(hitAt(-50, 5, fine), { kind: 'minimap', ms: fine.retention.fromMs });
});

test('a bubble at the edge stays whole, and can be taken where it is', () => {
  const atEdge = { ...fine, playheadMs: now - 600_000 };
  assert.equal(hitAt(60, fine.layout.ruler.top + 5, atEdge).kind, 'playhead');
});

test('an event is taken in its lane, by its tag or along its length, and nowhere else', () => {
  const motion = {
    type: 'motion',
    startMs: now - 300_000,
    endMs: now - 200_000,
    ongoing: false,
    count: 1,
  };
  const { events, track, ruler } = fine.layout;
  const pointed = { ...fine, events: [motion] };
  const y = events.top + events.height / 2;
  const hit = { kind: 'event', ms: motion.startMs, events: [motion] } as const;
  assert.deepEqual(hitAt(302, y, pointed), hit);
  assert.deepEqual(hitAt(390, y, pointed), hit, 'the whole of it leads to its begin');
  assert.equal(hitAt(450, y, pointed).kind, 'time');
  assert.equal(hitAt(302, track.top + 5, pointed).kind, 'time');
  assert.equal(hitAt(302, ruler.top + 5, pointed).kind, 'time');
  const atPlayhead = { ...motion, startMs: now, endMs: now };
  assert.equal(hitAt(600, y, { ...fine, events: [atPlayhead] }).kind, 'event');
  assert.equal(hitAt(600, track.top + 5, { ...fine, events: [atPlayhead] }).kind, 'playhead');
});

/** A phone of 360 pixels, 400 of which are time: 20 minutes, three seconds a pixel; the playhead is in the middle. */
const phone: Pointed = {
  ...base,
  view: { centreMs: now, spanMs: 1_200_000, widthPx: 400 },
  layout: verticalLayoutFor(true, 0, 360),
  bubblePx: bubbleSizeOf('vertical', 1_200_000).along,
  events: [{ type: 'motion', startMs: now + 300_000, endMs: now + 420_000, ongoing: false, count: 1 }],
};
const onPhone: readonly (readonly [what: string, screen: readonly [left: number, top: number], hit: Hit])[] =
  [
    ['the track is an instant, the later the higher', [100, 20], { kind: 'time', ms: now + 540_000 }],
    ['the earlier the lower', [100, 380], { kind: 'time', ms: now - 540_000 }],
    ['the ruler is one too', [20, 100], { kind: 'time', ms: now + 300_000 }],
    ['the playhead is taken at its line', [110, 215], { kind: 'playhead' }],
    ['at its bubble', [10, 221], { kind: 'playhead' }],
    ['and at its grip', [290, 180], { kind: 'playhead' }],
    [
      'a mark is taken at its line, below the playhead where it is earlier',
      [110, 235],
      { kind: 'mark', which: 'inMs' },
    ],
    ['an event is taken in its lane', [180, 95], { kind: 'event', ms: now + 300_000, events: phone.events }],
    ['also by its length', [260, 62], { kind: 'event', ms: now + 300_000, events: phone.events }],
    ['beside the lane there is none', [100, 95], { kind: 'time', ms: now + 315_000 }],
    ['the minimap at the right is all of the retention', [345, 0], { kind: 'minimap', ms: now }],
    ['with the oldest at its foot', [345, 400], { kind: 'minimap', ms: now - 60 * 86_400_000 }],
    ['it is taken at the edge of the screen too', [359, 200], { kind: 'minimap', ms: now - 30 * 86_400_000 }],
    ['and for fingers beside it', [323, 200], { kind: 'minimap', ms: now - 30 * 86_400_000 }],
  ];

for (const [what, screen, hit] of onPhone) {
  test(`upright, ${what}`, () =>
    assert.deepEqual(hitAt(...placeAt('vertical', screen, phone.view.widthPx), phone), hit));
}

/** From the left to the right. */
const columnsOf = ({ ruler, track, activity, events, beside, merged, grip, minimap }: Layout) => [
  ruler,
  track,
  activity,
  events,
  ...beside,
  ...(merged ? [merged] : []),
  ...(grip ? [grip] : []),
  minimap,
];

test('upright, the columns stand beside each other on any screen and for any number of cameras', () => {
  for (const width of [320, 360, 430, 719]) {
    for (const others of [0, 1, 3, 4, 8, 15]) {
      for (const coarse of [false, true]) {
        const layout = verticalLayoutFor(coarse, others, width);
        const what = `${others} others on ${width} pixels`;
        assert.equal(layout.beside.length, others);
        assert.equal(layout.merged !== undefined, others > 0);
        for (const [index, { top, height }] of columnsOf(layout).entries()) {
          const before = columnsOf(layout)[index - 1];
          assert.ok(height >= 1 && (!before || top >= before.top + before.height), `${what}: ${index}`);
        }
        assert.ok(layout.minimap.top + layout.minimap.height <= width, what);
      }
    }
  }
});

test('upright, every handle is at least 44 pixels for fingers', () => {
  const { grip, minimap, minimapReach, ruler, reach } = verticalLayoutFor(true, 0, 360);
  assert.ok(grip!.height >= 44 && reach * 2 >= 44 && ruler.height >= 44);
  assert.ok(minimap.height + 2 * minimapReach >= 44);
});

test('upright, each camera beside the leader is taken in its own column', () => {
  const layout = verticalLayoutFor(true, 3, 360);
  for (const [beside, { top, height }] of layout.beside.entries()) {
    const place = placeAt('vertical', [top + height / 2, 100], 400);
    const hit = hitAt(...place, { ...phone, layout, events: [] });
    assert.deepEqual(hit, { kind: 'time', ms: now + 300_000, beside });
  }
});
