import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { trackTicks } from '../units/time.ts';
import { decodeIdentity, encodeIdentity, type SegmentIdentity } from './identity.ts';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const ms = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const identities: fc.Arbitrary<SegmentIdentity> = fc.record({
  installationId: fc.uuid(),
  cameraId: fc.uuid(),
  streamId: fc.uuid(),
  runId: fc.uuid(),
  segmentNumber: u32,
  clockEpoch: u32,
  tracks: fc.array(fc.record({ trackId: u32, offsetTicks: fc.maxSafeInteger().map(trackTicks) }), {
    maxLength: 16,
  }),
  runClock: fc.option(
    fc.record({
      offsetMs: ms,
      mediaMs: ms,
      firstArrivalMs: ms,
      settled: fc.boolean(),
      window: fc.array(fc.record({ mediaMs: ms, minOffsetMs: ms }), { maxLength: 64 }),
    }),
    { nil: undefined },
  ),
});

const sample = encodeIdentity({
  installationId: '11111111-1111-4111-8111-111111111111',
  cameraId: '22222222-2222-4222-8222-222222222222',
  streamId: '33333333-3333-4333-8333-333333333333',
  runId: '44444444-4444-4444-8444-444444444444',
  segmentNumber: 7,
  clockEpoch: 2,
  tracks: [{ trackId: 1, offsetTicks: trackTicks(900_000) }],
  runClock: {
    offsetMs: 1.5,
    mediaMs: 2,
    firstArrivalMs: 3,
    settled: true,
    window: [{ mediaMs: 4, minOffsetMs: 5 }],
  },
});

test('what an identity box holds is read back', () => {
  fc.assert(
    fc.property(identities, (identity) => {
      const box = encodeIdentity(identity);
      assert.equal(Buffer.from(box).readUInt32BE(0), box.length);
      // Through JSON, where -0 is 0.
      assert.deepEqual(JSON.parse(JSON.stringify(decodeIdentity(box))), JSON.parse(JSON.stringify(identity)));
    }),
  );
});

test('every changed or missing byte of the body is noticed', () => {
  for (let at = 24; at < sample.length; at++) {
    const flipped = sample.slice();
    flipped[at]! ^= 0x10;
    assert.throws(() => decodeIdentity(flipped), { code: 'file_malformed' }, `byte ${at} flipped`);
    assert.throws(() => decodeIdentity(sample.subarray(0, at)), { code: 'file_malformed' }, `cut at ${at}`);
  }
});

test('an identity that is not ours to read says why', () => {
  const newer = sample.slice();
  newer[24] = 2;
  assert.throws(() => decodeIdentity(newer), { message: 'The identity box has version 2; 1 is known.' });
  const other = sample.slice();
  other[8]! ^= 1;
  assert.throws(() => decodeIdentity(other), { message: 'This is not an identity box.' });
  const damaged = sample.slice();
  damaged[30]! ^= 1;
  assert.throws(() => decodeIdentity(damaged), { message: 'The checksum of the identity box is wrong.' });
});

test('an id that is no UUID is a mistake of the caller', () => {
  const identity = decodeIdentity(sample);
  assert.throws(() => encodeIdentity({ ...identity, runId: 'garden' }), { name: 'RangeError' });
});

test('rubbish never gives anything but a malformed file', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (rubbish) => {
      const bytes = Buffer.concat([sample.subarray(0, 25), rubbish]);
      try {
        decodeIdentity(bytes);
        assert.fail('rubbish was taken for an identity');
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 300, seed: 1 },
  );
});
