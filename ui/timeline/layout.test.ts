import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hitAt, layoutFor, type Pointed } from './layout.ts';

const now = Date.UTC(2026, 10, 21, 13);
const base: Omit<Pointed, 'layout'> = {
  view: { centreMs: now, spanMs: 1_200_000, widthPx: 1200 },
  playheadMs: now,
  marks: { inMs: now - 100_000, outMs: now + 100_000 },
  retention: { fromMs: now - 60 * 86_400_000, toMs: now },
  bubbleWidth: 76,
};
const fine = { ...base, layout: layoutFor(false) };
const coarse = { ...base, layout: layoutFor(true) };

test('a point of the track is an instant', () => {
  assert.deepEqual(hitAt(900, fine.layout.track.top + 10, fine), { kind: 'time', ms: now + 300_000 });
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
