import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NightjarError } from '../errors/nightjar_error.ts';
import { fragmentActivity, fragmentActivityBytes, readFragmentActivity } from './fragment_activity.ts';

test('each level is read as it was written', () => {
  for (let level = 1; level <= 15; level++) {
    const box = fragmentActivity(level);
    assert.equal(box.length, fragmentActivityBytes);
    assert.equal(readFragmentActivity(box), level);
  }
});

test('no box is no level', () => assert.equal(readFragmentActivity(new Uint8Array(0)), undefined));

test('what is no level is not written', () => {
  for (const level of [0, 16, 1.5, Number.NaN, -1]) assert.throws(() => fragmentActivity(level), RangeError);
});

test('whatever a box says, it is a level or the file is malformed', () => {
  for (let byte = 0; byte < 256; byte++) {
    const box = fragmentActivity(1);
    box[box.length - 1] = byte;
    if (byte >= 1 && byte <= 15) assert.equal(readFragmentActivity(box), byte);
    else assert.throws(() => readFragmentActivity(box), isMalformed);
  }
  for (let length = 1; length < fragmentActivityBytes; length++) {
    assert.throws(() => readFragmentActivity(fragmentActivity(1).subarray(0, length)), isMalformed);
  }
});

const isMalformed = (error: unknown) => error instanceof NightjarError && error.code === 'file_malformed';
