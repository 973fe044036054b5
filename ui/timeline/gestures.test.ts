import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gestures } from './gestures.ts';

const time = { kind: 'time', ms: 1234 } as const;

test('a click that hardly moves seeks to where it went down', () => {
  const mouse = new Gestures(false);
  assert.deepEqual(mouse.down(1, 100, time), []);
  assert.deepEqual(mouse.move(1, 102), []);
  assert.deepEqual(mouse.up(1), [{ kind: 'seek', ms: 1234 }]);
});

test('a drag pans by what it moved in all, and does not seek', () => {
  const mouse = new Gestures(false);
  mouse.down(1, 100, time);
  const actions = [...mouse.move(1, 103), ...mouse.move(1, 110), ...mouse.move(1, 130)];
  assert.deepEqual(actions, [
    { kind: 'pan', dx: 10 },
    { kind: 'pan', dx: 20 },
  ]);
  assert.deepEqual(mouse.up(1), []);
});

test('two fingers zoom and pan; when one is lifted the other pans on, and none seeks', () => {
  const touch = new Gestures(true);
  touch.down(1, 100, time);
  touch.down(2, 200, time);
  assert.deepEqual(touch.move(2, 260), [{ kind: 'pinch', from: [100, 200], to: [100, 260] }]);
  assert.deepEqual(touch.down(3, 10, time), []);
  assert.deepEqual(touch.up(2), []);
  assert.deepEqual(touch.move(1, 120), [{ kind: 'pan', dx: 20 }]);
  assert.deepEqual(touch.up(1), []);
});

test('handles are dragged; the playhead says when it is let go, also when a second finger comes', () => {
  const touch = new Gestures(true);
  touch.down(1, 100, { kind: 'playhead' });
  assert.deepEqual(touch.move(1, 140), [{ kind: 'scrub', x: 140 }]);
  assert.deepEqual(touch.up(1), [{ kind: 'scrubbed' }]);
  touch.down(1, 100, { kind: 'playhead' });
  touch.move(1, 140);
  assert.deepEqual(touch.down(2, 200, time), [{ kind: 'scrubbed' }]);
  const mouse = new Gestures(false);
  mouse.down(1, 10, { kind: 'mark', which: 'inMs' });
  assert.deepEqual(mouse.move(1, 20), [{ kind: 'mark', which: 'inMs', x: 20 }]);
});

test('the minimap jumps at once, and a pointer that the browser takes away means nothing', () => {
  const mouse = new Gestures(false);
  assert.deepEqual(mouse.down(1, 50, { kind: 'minimap', ms: 1 }), [{ kind: 'minimap', x: 50 }]);
  assert.deepEqual(mouse.up(1), []);
  mouse.down(1, 100, time);
  assert.deepEqual(mouse.cancel(1), []);
  assert.deepEqual(mouse.up(1), []);
});

test('a click on an event goes to its begin, a drag from it pans', () => {
  const mouse = new Gestures(false);
  mouse.down(1, 100, { kind: 'event', ms: 900, events: [] });
  assert.deepEqual(mouse.up(1), [{ kind: 'event', ms: 900 }]);
  mouse.down(1, 100, { kind: 'event', ms: 900, events: [] });
  assert.deepEqual(mouse.move(1, 120), [{ kind: 'pan', dx: 20 }]);
  assert.deepEqual(mouse.up(1), []);
});
