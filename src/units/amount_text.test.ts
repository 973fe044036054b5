import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteWords, counted } from './amount_text.ts';

test('one is said as one', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'file')),
    ['0 files', '1 file', '2 files'],
  );
  assert.equal(counted(2, 'index', 'indexes'), '2 indexes');
});

test('bytes are said so that some are never none', () => {
  assert.deepEqual([0, 999, 1_000, 999_960, 3_024_376, 43.5e9].map(byteWords), [
    '0 B',
    '999 B',
    '1.0 kB',
    '1.0 MB',
    '3.0 MB',
    '43.5 GB',
  ]);
});
