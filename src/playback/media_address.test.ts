import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatConvertedAddress,
  formatInitAddress,
  formatMediaAddress,
  parseAddress,
  parseConvertedAddress,
} from './media_address.ts';

const tracks = fc.constantFrom('all' as const, 'flac' as const, 'video' as const, 'key' as const);
const place = fc.record({
  segmentId: fc.uuid(),
  offset: fc.nat(),
  length: fc.integer({ min: 1, max: 2 ** 40 }),
  tracks,
  shiftMs: fc.oneof(fc.constant(0), fc.nat()),
});

test('an address is read as it was written', () => {
  fc.assert(
    fc.property(place, ({ segmentId, offset, length, tracks, shiftMs }) => {
      const address = { segmentId, offset, endOffset: offset + length, tracks, shiftMs };
      const [folder, id, fileName] = formatMediaAddress(address).split('/');
      assert.deepEqual([folder, id, parseAddress(segmentId, fileName!)], ['segments', segmentId, address]);
      const init = formatInitAddress({ segmentId, tracks }).split('/').at(-1)!;
      assert.deepEqual(parseAddress(segmentId, init), { segmentId, tracks });
    }),
  );
});

test('an address of converted media names what was recorded', () => {
  fc.assert(
    fc.property(place, fc.constantFrom('init' as const, 'media' as const), (at, part) => {
      const address = { ...at, endOffset: at.offset + at.length };
      const fileName = formatConvertedAddress(address, part).split('/').at(-1)!;
      const recorded = formatMediaAddress({ ...address, tracks: 'video' })
        .split('/')
        .at(-1);
      assert.deepEqual(parseConvertedAddress(at.segmentId, fileName), {
        ...{ segmentId: at.segmentId, part, recorded },
        recordedInit: 'init-v.mp4',
      });
      assert.equal(parseAddress(at.segmentId, fileName), undefined);
    }),
  );
  assert.equal(parseConvertedAddress('id', '0-1-v.m4s'), undefined);
});

for (const name of [
  '',
  'x.mp4',
  'init-x.mp4',
  '5-5-v.m4s',
  '6-5-v.m4s',
  '-1-5-v.m4s',
  '1-2-v.m4s.',
  '1-2-a.m4s',
]) {
  test(`'${name}' is no address`, () => assert.equal(parseAddress('id', name), undefined));
}

test('rubbish is no address and no error', () => {
  fc.assert(fc.property(fc.string(), (name) => assert.equal(parseAddress('id', `${name}?`), undefined)));
});
