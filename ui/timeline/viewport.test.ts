import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  clampTo,
  maxSpanMs,
  minSpanMs,
  msAt,
  pan,
  pinch,
  reveal,
  type Viewport,
  xOf,
  zoomAbout,
} from './viewport.ts';

const now = Date.UTC(2026, 10, 21, 13);
const view: Viewport = { centreMs: now, spanMs: 3_600_000, widthPx: 1200 };

const views = fc.record({
  centreMs: fc.integer({ min: now - 1e10, max: now }),
  spanMs: fc.double({ min: minSpanMs, max: maxSpanMs, noNaN: true }),
  widthPx: fc.integer({ min: 100, max: 4000 }),
});

test('time and place are each other turned round', () => {
  assert.equal(xOf(view, now), 600);
  assert.equal(msAt(view, 0), now - 1_800_000);
  fc.assert(
    fc.property(views, fc.integer({ min: -100, max: 4000 }), (any, x) => {
      assert.ok(Math.abs(xOf(any, msAt(any, x)) - x) < 0.01);
    }),
    { seed: 1 },
  );
});

test('zooming leaves the instant under the pointer in its place, within the limits of the span', () => {
  fc.assert(
    fc.property(
      views,
      fc.integer({ min: 0, max: 4000 }),
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      (any, x, factor) => {
        const zoomed = zoomAbout(any, x, factor);
        assert.ok(zoomed.spanMs >= minSpanMs && zoomed.spanMs <= maxSpanMs);
        assert.ok(Math.abs(xOf(zoomed, msAt(any, x)) - x) < 0.1);
      },
    ),
    { seed: 2 },
  );
  assert.equal(zoomAbout(view, 300, 1e-9).spanMs, minSpanMs);
  assert.equal(zoomAbout(view, 300, 1e9).spanMs, maxSpanMs);
});

test('panning moves what is seen with the pointer', () => {
  const instant = msAt(view, 200);
  assert.ok(Math.abs(xOf(pan(view, 150), instant) - 350) < 1e-6);
});

test('two fingers keep hold of the instants they touched', () => {
  const [a, b] = [msAt(view, 200), msAt(view, 600)];
  const pinched = pinch(view, [200, 600], [100, 900]);
  assert.ok(Math.abs(xOf(pinched, a) - 100) < 1e-6);
  assert.ok(Math.abs(xOf(pinched, b) - 900) < 1e-6);
});

test('the centre stays within the bounds, and an instant is brought into view only when it is not', () => {
  const bounds = { fromMs: now - 1000, toMs: now };
  assert.equal(clampTo(pan(view, 10_000), bounds).centreMs, now - 1000);
  assert.equal(clampTo(pan(view, -10_000), bounds).centreMs, now);
  assert.equal(reveal(view, now + 1_000_000), view);
  assert.equal(xOf(reveal(view, now + 9_000_000), now + 9_000_000), 1080);
  assert.equal(xOf(reveal(view, now - 9_000_000), now - 9_000_000), 120);
});
