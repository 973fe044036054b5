import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { referenceTimeOf, timeScalesOf } from './fragment_time.ts';

const box = (type: string, ...parts: Uint8Array[]): Uint8Array => {
  const size = 8 + parts.reduce((sum, { length }) => sum + length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size);
  head.write(type, 4);
  return Buffer.concat([head, ...parts]);
};

const u32 = (...numbers: number[]): Uint8Array => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, i * 4);
  return bytes;
};

const track = (id: number, timeScale: number, version: 0 | 1 = 0) => {
  const times = version === 1 ? [0, 0, 0, 0] : [0, 0];
  const flags = version * 2 ** 24;
  return box(
    'trak',
    box('tkhd', u32(flags, ...times, id)),
    box('mdia', box('mdhd', u32(flags, ...times, timeScale))),
  );
};

/** 2026-11-22T14:00:00.500Z */
const wallMs = Date.UTC(2026, 10, 22, 14) + 500;
const ntp = [Math.floor(wallMs / 1000) + 2_208_988_800, 2 ** 31];

test('the time scale of each track is read from an initialisation segment', () => {
  const moov = box('moov', box('mvhd', u32(0, 0)), track(1, 90_000), track(2, 48_000, 1));
  const init = Buffer.concat([box('ftyp', u32(1, 2)), moov]);
  assert.deepEqual(
    [...timeScalesOf(init)],
    [
      [1, 90_000],
      [2, 48_000],
    ],
  );
});

test('a fragment says when it arrived, in both versions of the box', () => {
  const rest = box('moof', u32(7));
  const long = Buffer.concat([box('prft', u32(2 ** 24, 1, ...ntp, 1, 0)), rest]);
  assert.deepEqual(referenceTimeOf(long), { trackId: 1, mediaTime: 2 ** 32, wallMs });
  const short = Buffer.concat([box('prft', u32(0, 2, ...ntp, 9000)), rest]);
  assert.deepEqual(referenceTimeOf(short), { trackId: 2, mediaTime: 9000, wallMs });
});

test('a fragment that says nothing, or not all of it, has no reference time', () => {
  assert.equal(referenceTimeOf(box('moof', u32(7))), undefined);
  assert.equal(referenceTimeOf(box('prft', u32(2 ** 24, 1, 2))), undefined);
  assert.equal(referenceTimeOf(new Uint8Array(3)), undefined);
});

test('whatever comes in, reading ends and never throws', () => {
  const some = Buffer.concat([box('moov', track(1, 90_000)), box('prft', u32(2 ** 24, 1, ...ntp, 0, 0))]);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(some.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
      const broken = Buffer.from(some);
      for (const [at, value] of changes) broken[at] = value;
      timeScalesOf(broken);
      referenceTimeOf(broken);
    }),
    { seed: 1 },
  );
});
