import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { syntheticVideo } from '../../test/fixtures/synthetic_media.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { encodeFragment } from './fragment.ts';
import { readMoof } from './moof_reader.ts';

const { parts } = encodeFragment({
  sequenceNumber: 1,
  arrivalMs: unixMillis(0),
  tracks: [{ trackId: 1, offsetTicks: trackTicks(0), timescale: 90_000, samples: syntheticVideo(20) }],
});
const moof = Buffer.from(parts[0]!.subarray(32, -8));

/** The `moof` with other bytes at an offset from the first appearance of a type. */
function changed(type: string, offset: number, hex: string): Buffer {
  const copy = Buffer.from(moof);
  copy.set(Buffer.from(hex, 'hex'), copy.indexOf(type) + offset);
  return copy;
}

test('a moof that is not in our way is refused rather than misread', () => {
  const cases: [message: string, bytes: Uint8Array][] = [
    ['This is not a moof.', new Uint8Array(0)],
    ['This is not a moof.', changed('moof', 0, Buffer.from('free').toString('hex'))],
    ['The data offsets of a traf do not count from its moof.', changed('tfhd', 4, '00000028')],
    ['The data offsets of a traf do not count from its moof.', changed('tfhd', 4, '00020001')],
    ['The boxes of a traf are out of order.', changed('tfdt', 0, Buffer.from('free').toString('hex'))],
    ['A traf has no trun.', changed('trun', 0, Buffer.from('free').toString('hex'))],
    ['A trun has no data offset.', changed('trun', 4, '01000204')],
    ['A trun claims 4294967295 samples.', changed('trun', 8, 'ffffffff')],
    ['A moof ends too early.', changed('trun', 8, '00000100')],
    ['A moof holds an impossible number.', changed('tfdt', 8, 'ffffffffffffffff')],
  ];
  for (const [message, bytes] of cases)
    assert.throws(() => readMoof(bytes), { code: 'file_malformed', message });
});

test('flips never give anything but samples or a malformed file', () => {
  fc.assert(
    fc.property(fc.nat(moof.length - 1), fc.integer({ min: 1, max: 255 }), (at, value) => {
      const copy = Buffer.from(moof);
      copy[at]! ^= value;
      try {
        readMoof(copy);
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'file_malformed', String(error));
      }
    }),
    { numRuns: 1000, seed: 8 },
  );
});
