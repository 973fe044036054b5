import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bottomOf, hitAt, layoutFor, type Pointed } from './layout.ts';

const now = Date.UTC(2026, 10, 21, 13);
const base: Omit<Pointed, 'layout'> = {
  view: { centreMs: now, spanMs: 1_200_000, widthPx: 1200 },
  playheadMs: now,
  marks: { inMs: now - 100_000, outMs: now + 100_000 },
  events: [],
  retention: { fromMs: now - 60 * 86_400_000, toMs: now },
  bubbleWidth: 76,
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
