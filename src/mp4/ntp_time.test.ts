import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unixMillis } from '../units/time.ts';
import { fromNtpTime, toNtpTime } from './ntp_time.ts';

test('an instant reads back as the same number, with its fraction', () => {
  fc.assert(
    fc.property(fc.double({ min: 2 ** 40, max: 4e12, noNaN: true }), (instant) => {
      const told = unixMillis(instant);
      assert.equal(fromNtpTime(toNtpTime(told)), told);
    }),
  );
});

test('the era that begins in 2036 is told from the one before', () => {
  const before = unixMillis(Date.UTC(2036, 1, 7, 6, 28, 15));
  const after = unixMillis(before + 1000);
  assert.deepEqual(toNtpTime(before), { seconds: 0xffffffff, fraction: 0 });
  assert.deepEqual(toNtpTime(after), { seconds: 0, fraction: 0 });
  assert.equal(fromNtpTime(toNtpTime(after)), after);
});

test('a fraction that rounds up to a second is the next second', () => {
  assert.deepEqual(toNtpTime(unixMillis(999.9999999999)), { seconds: 2_208_988_801, fraction: 0 });
});
