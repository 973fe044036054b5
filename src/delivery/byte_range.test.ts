import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answerRange, type RangeRequest } from './byte_range.ts';

const whole = { etag: '"abc"', totalBytes: 1_000, lastModifiedMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) };
const date = 'Fri, 02 Jan 2026 03:04:05 GMT';

const table: { name: string; request: RangeRequest; status: number; bytes: [number, number] }[] = [
  { name: 'no range is the whole', request: {}, status: 200, bytes: [0, 1_000] },
  { name: 'a range with both ends', request: { range: 'bytes=0-0' }, status: 206, bytes: [0, 1] },
  { name: 'a range without an end', request: { range: 'bytes=990-' }, status: 206, bytes: [990, 1_000] },
  {
    name: 'a range beyond the end is cut',
    request: { range: 'bytes=990-5000' },
    status: 206,
    bytes: [990, 1_000],
  },
  { name: 'the last bytes', request: { range: 'bytes=-10' }, status: 206, bytes: [990, 1_000] },
  {
    name: 'more last bytes than there are',
    request: { range: 'bytes=-5000' },
    status: 206,
    bytes: [0, 1_000],
  },
  { name: 'no last bytes cannot be satisfied', request: { range: 'bytes=-0' }, status: 416, bytes: [0, 0] },
  {
    name: 'a range behind the end cannot be satisfied',
    request: { range: 'bytes=1000-' },
    status: 416,
    bytes: [0, 0],
  },
  {
    name: 'a range that ends before it begins is ignored',
    request: { range: 'bytes=5-4' },
    status: 200,
    bytes: [0, 1_000],
  },
  { name: 'several ranges are ignored', request: { range: 'bytes=0-1,5-6' }, status: 200, bytes: [0, 1_000] },
  { name: 'another unit is ignored', request: { range: 'seconds=0-1' }, status: 200, bytes: [0, 1_000] },
  { name: 'no number at all is ignored', request: { range: 'bytes=-' }, status: 200, bytes: [0, 1_000] },
  {
    name: 'a matching If-Range keeps the range',
    request: { range: 'bytes=1-2', ifRange: '"abc"' },
    status: 206,
    bytes: [1, 3],
  },
  {
    name: 'another If-Range gets the whole',
    request: { range: 'bytes=1-2', ifRange: '"abd"' },
    status: 200,
    bytes: [0, 1_000],
  },
  {
    name: 'a weak If-Range gets the whole',
    request: { range: 'bytes=1-2', ifRange: 'W/"abc"' },
    status: 200,
    bytes: [0, 1_000],
  },
  {
    name: 'an If-Range with the date keeps the range',
    request: { range: 'bytes=1-2', ifRange: date },
    status: 206,
    bytes: [1, 3],
  },
  {
    name: 'an If-Range with another date gets the whole',
    request: { range: 'bytes=1-2', ifRange: 'yesterday' },
    status: 200,
    bytes: [0, 1_000],
  },
  {
    name: 'a stale If-Range makes an impossible range harmless',
    request: { range: 'bytes=5000-', ifRange: '"old"' },
    status: 200,
    bytes: [0, 1_000],
  },
  {
    name: 'what the client has is not sent again',
    request: { ifNoneMatch: '"x", W/"abc"' },
    status: 304,
    bytes: [0, 0],
  },
  { name: 'If-None-Match with a star matches', request: { ifNoneMatch: '*' }, status: 304, bytes: [0, 0] },
  { name: 'another If-None-Match does not', request: { ifNoneMatch: '"x"' }, status: 200, bytes: [0, 1_000] },
];

for (const { name, request, status, bytes } of table) {
  test(name, () => {
    const answer = answerRange(request, whole);
    assert.equal(answer.status, status);
    assert.deepEqual([answer.start, answer.end], bytes);
    assert.equal(answer.headers.etag, whole.etag);
    assert.equal(answer.headers['last-modified'], date);
  });
}

test('the header fields say which bytes are sent', () => {
  assert.deepEqual(answerRange({ range: 'bytes=1-2' }, whole).headers, {
    etag: '"abc"',
    'last-modified': date,
    'accept-ranges': 'bytes',
    'content-length': '2',
    'content-range': 'bytes 1-2/1000',
  });
  assert.equal(answerRange({ range: 'bytes=1000-' }, whole).headers['content-range'], 'bytes */1000');
});

test('whatever the field says, the bytes lie within the whole', () => {
  const field = fc.oneof(fc.string(), fc.stringMatching(/^bytes=[0-9,-]{0,20}$/));
  fc.assert(
    fc.property(field, fc.nat(2_000), (range, totalBytes) => {
      const { status, start, end } = answerRange({ range }, { ...whole, totalBytes });
      assert.ok(0 <= start && start <= end && end <= totalBytes);
      assert.equal(status === 206, end - start > 0 && status !== 200);
    }),
  );
});
