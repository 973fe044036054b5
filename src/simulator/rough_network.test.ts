import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type RoughNetwork, RoughOutput } from './rough_network.ts';

/** Interleaved frames of RTP with these numbers, as one picture. */
function picture(numbers: readonly number[]): Buffer {
  return Buffer.concat(
    numbers.map((number) => {
      const frame = Buffer.alloc(4 + 12);
      frame.set([0x24, 0, 0, 12, 0x80, 96]);
      frame.writeUInt16BE(number, 6);
      frame.writeUInt32BE(number, 8);
      return frame;
    }),
  );
}

/** The numbers that get through, picture by picture, and those that were lost. */
function journey(network: RoughNetwork, sizes: readonly number[]) {
  const through: number[][] = [];
  const lost: number[] = [];
  const output = {
    send: (bytes: Uint8Array) => {
      const buffer = Buffer.from(bytes);
      through.push(
        Array.from({ length: buffer.length / 16 }, (_, index) => buffer.readUInt16BE(index * 16 + 6)),
      );
      return 'sent' as const;
    },
    close: () => {},
  };
  const rough = new RoughOutput(output, { ...network, onLost: (timestamp) => lost.push(timestamp) });
  let next = 0;
  for (const size of sizes) rough.send(picture(Array.from({ length: size }, () => next++)));
  return { through, lost, sent: next };
}

const share = fc.double({ min: 0, max: 0.5, noNaN: true });
const networks = fc.record({ seed: fc.nat(), lost: share, late: share, twice: share });
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 10 });

test('each packet gets through or is told of as lost, the same for the same seed', () => {
  fc.assert(
    fc.property(networks, sizes, (network, pictures) => {
      const { through, lost, sent } = journey(network, pictures);
      const all = [...new Set(through.flat()), ...lost].sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: sent }, (_, index) => index),
      );
      assert.deepEqual(journey(network, pictures), { through, lost, sent });
    }),
  );
});

test('packets change places within their picture alone', () => {
  const { through } = journey({ seed: 5, late: 0.3 }, [40, 40]);
  assert.equal(through.length, 2);
  for (const [index, numbers] of through.entries()) {
    assert.ok(numbers.every((number) => Math.floor(number / 40) === index));
    assert.notDeepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  }
});
