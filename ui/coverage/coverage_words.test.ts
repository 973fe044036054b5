import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentWords } from './coverage_words.ts';

test('a percentage is said with as many digits as it has, and 100 only of all', () => {
  assert.deepEqual([100, 99.999, 99.5, 0].map(percentWords), ['100', '99.999', '99.5', '0']);
});
