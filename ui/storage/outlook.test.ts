import assert from 'node:assert/strict';
import { test } from 'node:test';
import { perDayBytes, recordedRate, roomLastsMs, sharesOf } from './outlook.ts';

const disk = { minFreeBytes: 50 };

test('the disk is shared out into used, kept free and room', () => {
  assert.deepEqual(sharesOf({ ...disk, totalBytes: 1000, freeBytes: 300 }), {
    total: 1000,
    used: 700,
    kept: 50,
    room: 250,
  });
  assert.deepEqual(sharesOf({ ...disk, totalBytes: 1000, freeBytes: 20 }), {
    total: 1000,
    used: 980,
    kept: 20,
    room: 0,
  });
  assert.equal(sharesOf(disk), undefined);
});

test('the room lasts as long as the rate lets it', () => {
  assert.equal(roomLastsMs(1_000_000, 8_000), 1_000_000);
  assert.equal(roomLastsMs(1_000_000, 0), undefined);
  assert.equal(perDayBytes(8_000_000), 86_400_000_000);
});

test('only what is recorded fills the disk', () => {
  const stream = { bitsPerSecond: 100, state: 'recording' };
  const cameras = [{ streams: [stream, { ...stream, state: 'backing_off' }] }, { streams: [stream] }];
  assert.equal(recordedRate(cameras as never), 200);
});
