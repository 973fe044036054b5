import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPageLocation, readPageLocation } from './page_location.ts';

const read = (text: string) => readPageLocation(new URLSearchParams(text));

test('an address carries cameras, stream, instant and span there and back', () => {
  const location = {
    camera: 'a b',
    beside: ['c', 'd'],
    stream: 'sub',
    atMs: 1_795_269_900_123,
    spanMs: 3_600_000,
  };
  assert.equal(
    formatPageLocation(location),
    '/timeline?camera=a+b&with=c%2Cd&stream=sub&at=1795269900123&span=3600000',
  );
  assert.deepEqual(
    readPageLocation(new URL(formatPageLocation(location), 'http://x').searchParams),
    location,
  );
});

test('an instant may be RFC 3339; what makes no sense is left out; a span has limits', () => {
  assert.equal(read('at=2026-11-21T14:03:27Z').atMs, Date.UTC(2026, 10, 21, 14, 3, 27));
  assert.deepEqual(read('at=soon&span=-4&camera='), {
    camera: undefined,
    beside: [],
    stream: undefined,
    atMs: undefined,
    spanMs: undefined,
  });
  assert.deepEqual(read('with=a,,b,a').beside, ['a', 'b'], 'each once');
  assert.equal(read(`with=${Array.from({ length: 20 }, (_, id) => id).join()}`).beside.length, 15);
  assert.equal(read('at=17').atMs, undefined);
  assert.equal(read('span=1').spanMs, 10_000);
});
