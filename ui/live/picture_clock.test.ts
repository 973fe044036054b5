import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureClock } from './picture_clock.ts';

test('a picture between two fragments has the time of the one before, and what passed since', () => {
  const clock = new PictureClock();
  assert.equal(clock.wallMsAt(1), undefined);
  clock.note(10, 1_000_000);
  clock.note(10.04, 1_000_090);
  assert.equal(clock.wallMsAt(10.02), 1_000_020);
  assert.equal(Math.round(clock.wallMsAt(10.05) ?? 0), 1_000_100);
  // Before the first there is nothing better to go by.
  assert.equal(clock.wallMsAt(9.5), 999_500);
});

test('a time line that begins anew forgets the one before', () => {
  const clock = new PictureClock();
  clock.note(500, 1_000_000);
  clock.note(0, 2_000_000);
  assert.equal(clock.wallMsAt(501), 2_501_000);
});

test('its memory is bounded, and the newest stay', () => {
  const clock = new PictureClock();
  for (let i = 0; i < 100_000; i++) clock.note(i, i * 1000);
  assert.equal(clock.wallMsAt(99_999), 99_999_000);
  assert.equal(clock.wallMsAt(99_500), 99_500_000);
});
