import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRtpInfo, parseRtpInfo, type RtpInfo } from './rtp_info.ts';

const information: readonly [name: string, value: string, expected: RtpInfo[]][] = [
  [
    'two media',
    'url=rtsp://h/a/1;seq=5;rtptime=90000, url=rtsp://h/a/2;rtptime=7;seq=6',
    [
      { url: 'rtsp://h/a/1', sequenceNumber: 5, rtpTimestamp: 90000 },
      { url: 'rtsp://h/a/2', sequenceNumber: 6, rtpTimestamp: 7 },
    ],
  ],
  ['P1: an empty header', '', []],
  ['P2: a trailing semicolon', 'url=trackID=1;seq=1;', [{ url: 'trackID=1', sequenceNumber: 1 }]],
  [
    'P2: a URL with separators in it',
    'url=rtsp://h/a;b,c?x=1;seq=1',
    [{ url: 'rtsp://h/a;b,c?x=1', sequenceNumber: 1 }],
  ],
  ['P2: no URL at all', 'seq=1;rtptime=2', []],
  ['P2: an empty URL', 'url=;seq=1', [{ url: '', sequenceNumber: 1 }]],
  ['P3: a negative time', 'url=a;seq=1;rtptime=-5', [{ url: 'a', sequenceNumber: 1 }]],
  ['P3: a time of zero', 'url=a;rtptime=0', [{ url: 'a', rtpTimestamp: 0 }]],
  [
    'P3: times that cannot be read',
    'url=a;rtptime=now,url=b;rtptime=4294967296',
    [{ url: 'a' }, { url: 'b' }],
  ],
  ['P4: a sequence number out of range', 'url=a;seq=65536;rtptime=1', [{ url: 'a', rtpTimestamp: 1 }]],
];

for (const [name, value, expected] of information) {
  test(`RTP-Info: ${name}`.replace(/^RTP-Info: (P\d): /, '$1: RTP-Info with '), () => {
    assert.deepEqual(parseRtpInfo(value), expected);
  });
}

test('RTP-Info survives the round trip', () => {
  const entries = [{ url: 'rtsp://h/1', sequenceNumber: 0, rtpTimestamp: 4294967295 }, { url: 'rtsp://h/2' }];
  assert.deepEqual(parseRtpInfo(formatRtpInfo(entries)), entries);
});

test('any value is read without a throw, and lists keep their bound', () => {
  const part = fc.oneof(
    fc.constantFrom('url=', 'seq=', 'rtptime=', ';', ',', ' ', '-1', '7'),
    fc.string({ maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 80 }), (parts) => {
      assert.ok(parseRtpInfo(parts.join('')).length <= 64);
    }),
    { numRuns: 500, seed: 2326 },
  );
  assert.equal(parseRtpInfo('url=a,'.repeat(10_000)).length, 64);
  const before = performance.now();
  parseRtpInfo(`url=${';'.repeat(60_000)}x`);
  assert.ok(performance.now() - before < 500);
});
