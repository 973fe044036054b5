import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { opusPacketSamples } from './opus_packet.ts';

const samplesOf = (text: string) => {
  const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex');
  return opusPacketSamples(bytes, 0, bytes.length);
};

/** The first byte: configuration, stereo, code. */
const head = (config: number, code: number) => ((config << 3) | code).toString(16).padStart(2, '0');

test('the duration of a frame is that of its configuration', () => {
  const durations = [
    ...[10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60],
    ...[10, 20, 10, 20],
    ...[2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20, 2.5, 5, 10, 20],
  ];
  assert.deepEqual(
    Array.from({ length: 32 }, (_, config) => samplesOf(`${head(config, 0)} aabb`)),
    durations.map((ms) => ms * 48),
  );
});

const rows: [name: string, packet: string, samples: number | undefined][] = [
  ['no bytes', '', undefined],
  ['a frame of no bytes, as in pauses (DTX)', head(1, 0), 960],
  ['two equally long frames', `${head(1, 1)} aabb ccdd`, 1920],
  ['two frames of one length that do not share the bytes', `${head(1, 1)} aabb cc`, undefined],
  ['two frames, the first of two bytes', `${head(1, 2)} 02 aabb cc`, 1920],
  ['two frames, the first longer than the packet', `${head(1, 2)} 05 aabb cc`, undefined],
  ['two frames without the length of the first', head(1, 2), undefined],
  ['two frames, a length of two bytes cut off', `${head(1, 2)} fc`, undefined],
  ['two frames, the first of 256 bytes', `${head(1, 2)} fc01 ${'00'.repeat(257)}`, 1920],
  ['three frames of one length', `${head(1, 3)} 03 aa bb cc`, 2880],
  ['three frames of one length that do not share the bytes', `${head(1, 3)} 03 aa bb`, undefined],
  ['three frames of their own lengths', `${head(1, 3)} 83 01 02 aa bbbb cc`, 2880],
  ['three frames of their own lengths, too long', `${head(1, 3)} 83 09 02 aa bbbb cc`, undefined],
  ['three frames with padding', `${head(1, 3)} 43 02 aa bb cc 0000`, 2880],
  ['padding of 254 and one more byte', `${head(1, 3)} 41 ff01 aa ${'00'.repeat(255)}`, 960],
  ['padding beyond the packet', `${head(1, 3)} 43 09 aa bb cc`, undefined],
  ['padding whose length is cut off', `${head(1, 3)} 43 ff`, undefined],
  ['code 3 without a count', head(1, 3), undefined],
  ['code 3 with no frame', `${head(1, 3)} 00`, undefined],
  ['120 ms', `${head(3, 3)} 02 aabb`, 5760],
  ['more than 120 ms', `${head(3, 3)} 03 aabbcc`, undefined],
  ['48 frames of 2.5 ms', `${head(16, 3)} 30 ${'aa'.repeat(48)}`, 5760],
  ['a frame of 1,276 bytes', `${head(1, 0)} ${'aa'.repeat(1276)}`, undefined],
];

for (const [name, packet, samples] of rows) {
  test(`an Opus packet of ${name} ${samples === undefined ? 'is none' : `lasts ${samples} samples`}`, () => {
    assert.equal(samplesOf(packet), samples);
  });
}

test('of any bytes, samples are a multiple of 2.5 ms up to 120 ms, and nothing outside is read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(8), (bytes, before) => {
      const samples = opusPacketSamples(bytes, 0, bytes.length);
      assert.ok(samples === undefined || (samples > 0 && samples <= 5760 && samples % 120 === 0));
      const within = Uint8Array.from([...new Uint8Array(before).fill(0xff), ...bytes, 0xff, 0xff]);
      assert.equal(opusPacketSamples(within, before, before + bytes.length), samples);
    }),
    { numRuns: 2000, seed: 5 },
  );
});
