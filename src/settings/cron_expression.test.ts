import assert from 'node:assert/strict';
import { test } from 'node:test';
import cron from 'node-cron';
import { cronExpression } from './cron_expression.ts';

const valid = [
  '* * * * *',
  '*/10 * * * *',
  '0 3 * * *',
  '0-30/5 0,12 1-15 jan,jul mon-fri',
  '59 23 31 12 7',
  '0 0 1 JAN Sun',
];

for (const text of valid) {
  test(`"${text}" is a cron expression, and the scheduler agrees`, () => {
    assert.deepEqual(cronExpression(text), { value: text });
    assert.equal(cron.validate(text), true);
  });
}

const invalid = [
  '',
  '*',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '*/0 * * * *',
  '5/2 * * * *',
  '9-3 * * * *',
  '1-2-3 * * * *',
  ', * * * *',
  '1, * * * *',
  'jan * * * *',
  '@hourly',
  'a'.repeat(300),
];

for (const text of invalid) {
  test(`"${text.slice(0, 20)}" is no cron expression`, () => {
    assert('expected' in cronExpression(text));
  });
}

test('blanks around and between the fields do not matter', () => {
  assert.deepEqual(cronExpression('  0   3 * *  * '), { value: '0 3 * * *' });
});
