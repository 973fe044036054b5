import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NightjarError } from '../errors/nightjar_error.ts';
import { aacTrack, formatAacConfig, parseAacConfig, parseAdtsHeader } from './aac_config.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

const plain = { objectType: 2, frameSamples: 1024, signalledObjectType: 2 };

const rows: { name: string; config: string; expected: Partial<ReturnType<typeof parseAacConfig>> }[] = [
  {
    name: 'AAC-LC, 44.1 kHz, stereo',
    config: '1210',
    expected: { ...plain, coreSampleRate: 44_100, sampleRate: 44_100, channels: 2 },
  },
  {
    name: 'AAC-LC, 16 kHz, mono',
    config: '1408',
    expected: { ...plain, coreSampleRate: 16_000, sampleRate: 16_000, channels: 1 },
  },
  { name: 'frames of 960 samples', config: '1194', expected: { coreSampleRate: 48_000, frameSamples: 960 } },
  {
    name: 'an explicit frequency of 22 kHz',
    config: '17802af810',
    expected: { coreSampleRate: 22_000, sampleRate: 22_000, channels: 2 },
  },
  { name: 'seven channels', config: '11d8', expected: { channels: 7 } },
  { name: 'channels that are coded in the stream', config: '1180', expected: { channels: 0 } },
  {
    name: 'spectral band replication, explicit',
    config: '2b920800',
    expected: {
      objectType: 2,
      coreSampleRate: 22_050,
      sampleRate: 44_100,
      channels: 2,
      signalledObjectType: 5,
    },
  },
  {
    name: 'parametric stereo, explicit',
    config: 'eb8a0800',
    expected: {
      objectType: 2,
      coreSampleRate: 22_050,
      sampleRate: 44_100,
      channels: 1,
      signalledObjectType: 29,
    },
  },
  {
    name: 'spectral band replication, backward compatible',
    config: '139056e5a0',
    expected: { objectType: 2, coreSampleRate: 22_050, sampleRate: 44_100, signalledObjectType: 5 },
  },
  {
    name: 'a core coder delay before the backward compatible signal',
    config: '139200015b9680',
    expected: { coreSampleRate: 22_050, sampleRate: 44_100, signalledObjectType: 5 },
  },
  {
    name: 'parametric stereo, backward compatible',
    config: '138856e5a54880',
    expected: { coreSampleRate: 22_050, sampleRate: 44_100, channels: 1, signalledObjectType: 29 },
  },
  {
    name: 'a backward compatible signal that is cut off',
    config: '139056e5',
    expected: { sampleRate: 22_050, signalledObjectType: 2 },
  },
  {
    name: 'rubbish behind',
    config: '1210deadbeef',
    expected: { sampleRate: 44_100, signalledObjectType: 2 },
  },
  {
    name: 'error resilient low delay',
    config: 'b98a00',
    expected: { objectType: 23, coreSampleRate: 48_000, frameSamples: 512 },
  },
  {
    name: 'enhanced low delay',
    config: 'f8e64000',
    expected: { objectType: 39, coreSampleRate: 48_000, frameSamples: 512 },
  },
];

for (const { name, config, expected } of rows) {
  test(`a config with ${name} is read`, () => {
    const parsed = parseAacConfig(hex(config));
    for (const [key, value] of Object.entries(expected))
      assert.equal(parsed[key as keyof typeof parsed], value, key);
  });
}

for (const [name, config, message] of [
  ['no bytes', '', /more byte/],
  ['an early end', '12', /more byte/],
  ['a reserved frequency', '1690', /sampling frequency index 13/],
  ['no AAC', '4a10', /audio object type 9 is no AAC/],
] as const) {
  test(`a config of ${name} is refused with its code`, () => {
    assert.throws(() => parseAacConfig(hex(config)), { code: 'sdp_malformed', message });
  });
}

test('the config that is made of rate and channels is read back', () => {
  assert.equal(Buffer.from(formatAacConfig(44_100, 2)).toString('hex'), '1210');
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 24 - 1 }),
      fc.integer({ min: 0, max: 8 }),
      (rate, channels) => {
        const parsed = parseAacConfig(formatAacConfig(rate, channels));
        assert.deepEqual([parsed.sampleRate, parsed.channels, parsed.objectType], [rate, channels, 2]);
      },
    ),
  );
});

test('A1: a track of 44.1 kHz at a clock of 90 kHz keeps that time scale', () => {
  const track = aacTrack(hex('1210'), 90_000, 2);
  assert.deepEqual([track.timescale, track.sampleRate, track.frameTicks], [90_000, 44_100, 2090]);
  assert.equal(track.codecString, 'mp4a.40.2');
});

test('a frame with spectral band replication lasts as long as its core says', () => {
  const track = aacTrack(hex('2b920800'), 44_100, 2);
  assert.deepEqual([track.frameTicks, track.codecString], [2048, 'mp4a.40.5']);
});

test('the channels of the session description stand in for those that are coded in the stream', () => {
  assert.equal(aacTrack(hex('1180'), 48_000, 6).channels, 6);
});

test('an ADTS header is read, with a checksum or without', () => {
  const without = hex('fff15080017ffcaabbccdd');
  assert.deepEqual(parseAdtsHeader(without, 0, 11), {
    headerBytes: 7,
    frameBytes: 11,
    objectType: 2,
    sampleRate: 44_100,
    channels: 2,
  });
  assert.equal(parseAdtsHeader(hex('fff05080017ffcaabbccdd'), 0, 11)?.headerBytes, 9);
});

for (const [name, bytes] of [
  ['is cut off', 'fff15080017ffcaabbcc'],
  ['has another layer', 'fff75080017ffcaabbccdd'],
  ['has no sync', 'feff5080017ffcaabbccdd'],
  ['has a reserved frequency', 'fff1748001 7ffcaabbccdd'.replace(' ', '')],
  ['has a length of nothing but itself', 'fff1508000fffc'],
] as const) {
  test(`bytes that begin like ADTS are none when the header ${name}`, () => {
    assert.equal(parseAdtsHeader(hex(bytes), 0, hex(bytes).length), undefined);
  });
}

test('any bytes are a config or refused with the code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
      try {
        assert.ok(parseAacConfig(bytes).coreSampleRate > 0);
      } catch (error) {
        assert.ok(error instanceof NightjarError && error.code === 'sdp_malformed', String(error));
      }
    }),
    { numRuns: 1000, seed: 1 },
  );
});
