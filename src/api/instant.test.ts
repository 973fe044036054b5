import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseInstant, parseWindow } from './instant.ts';

const good: [string, number][] = [
  ['0', 0],
  ['1767225600000', 1_767_225_600_000],
  ['2026-01-01T00:00:00Z', 1_767_225_600_000],
  ['2026-01-01t00:00:00z', 1_767_225_600_000],
  ['2026-01-01 00:00:00Z', 1_767_225_600_000],
  ['2026-01-01T00:00:00.1239Z', 1_767_225_600_123],
  ['2026-01-01T01:30:00+01:30', 1_767_225_600_000],
  ['2025-12-31T19:00:00-05:00', 1_767_225_600_000],
  ['2024-02-29T00:00:00Z', 1_709_164_800_000],
  ['2016-12-31T23:59:60Z', 1_483_228_800_000],
  ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
];

for (const [text, ms] of good) {
  test(`${text} is an instant`, () => {
    assert.equal(parseInstant(text, 'from'), ms);
  });
}

const bad = [
  '',
  '-1',
  '1.5',
  '1e12',
  'now',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-06-31T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:61Z',
  '2026-01-01T00:00:00+24:00',
  '2026-01-01T00:00:00.Z',
  '0099-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '253402300800000',
  '9999999999999999999',
];

for (const text of bad) {
  test(`"${text}" is no instant`, () => {
    assert.throws(() => parseInstant(text, 'to'), {
      code: 'request_invalid',
      message: `to is ${JSON.stringify(text)}, but must be integer epoch milliseconds or an RFC 3339 time such as 2026-01-31T12:00:00Z.`,
      place: { field: 'to' },
    });
  });
}

test('a plus sign that became a blank is explained', () => {
  assert.throws(
    () => parseInstant('2026-01-01T00:00:00 01:00', 'from'),
    /Write the \+ of an offset as %2B\.$/,
  );
});

test('every instant from 1970 to 9999 is read back from how Date writes it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
      assert.equal(parseInstant(new Date(ms).toISOString(), 'from'), ms);
      assert.equal(parseInstant(String(ms), 'from'), ms);
    }),
    { seed: 11 },
  );
});

test('any text is an instant in range or request_invalid', () => {
  const pieces = fc.constantFrom('2026', '-', '01', 'T', ':', 'Z', '+', '.', '99', ' ', 'x');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 20 }), (parts) => {
      try {
        const ms = parseInstant(parts.join(''), 'from');
        assert(Number.isInteger(ms) && ms >= 0 && ms <= 253_402_300_799_999);
      } catch (thrown) {
        assert(thrown instanceof NightjarError && thrown.code === 'request_invalid', String(thrown));
      }
    }),
    { seed: 11, numRuns: 2_000 },
  );
});

test('a window must have a length', () => {
  assert.deepEqual(parseWindow({ from: '5', to: '6' }), { fromMs: 5, toMs: 6 });
  for (const to of ['5', '4']) {
    assert.throws(() => parseWindow({ from: '5', to }), {
      code: 'request_invalid',
      message: 'to must be later than from.',
      place: { field: 'to' },
    });
  }
});
