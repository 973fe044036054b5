import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { runTool } from '../../test/fixtures/ffprobe.ts';
import { crc8, crc16 } from './crc.ts';
import { bestOrder, residual } from './fixed_prediction.ts';
import { type FlacFrame, type FlacTrack, silenceFrames, soundFrames } from './flac_frames.ts';
import { encodeFrame } from './frame.ts';
import { type FlacFormat, maxFrameSamples, streamInfo } from './stream_info.ts';

/** A FLAC file of these samples, in frames of these lengths, again and again. */
function flacFile(samples: Int16Array, format: FlacFormat, lengths: readonly number[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from('fLaC'), Buffer.of(0x80, 0, 0, 34), streamInfo(format)];
  const total = samples.length / format.channels;
  for (let at = 0, frame = 0; at < total; frame++) {
    const end = Math.min(total, at + lengths[frame % lengths.length]!);
    parts.push(encodeFrame(samples.subarray(at * format.channels, end * format.channels), format, at));
    at = end;
  }
  return Buffer.concat(parts);
}

/** What ffmpeg decodes of a file, which it is to do without a complaint. */
async function decoded(context: TestContext, file: Buffer): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-flac-'));
  context.after(() => rm(folder, { recursive: true }));
  const name = path.join(folder, 'sound.flac');
  await writeFile(name, file);
  const words = ['-v', 'error', '-err_detect', 'crccheck+explode', '-i', name, '-f', 's16le', '-'];
  const { code, output, errors } = await runTool('ffmpeg', words);
  assert.deepEqual([code, errors], [0, '']);
  return output;
}

const bytesOf = (samples: Int16Array): Buffer =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

/** Numbers without a pattern, the same in each run. */
function* noise(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield (state >>> 16) - 0x8000;
  }
}

const made = (length: number, sample: (index: number, random: number) => number): Int16Array => {
  const random = noise(7);
  return Int16Array.from({ length }, (_, index) => sample(index, random.next().value as number));
};

const sounds: readonly [name: string, format: FlacFormat, samples: Int16Array, lengths: readonly number[]][] =
  [
    ['silence', { sampleRate: 8_000, channels: 1 }, made(20_000, () => 0), [160]],
    ['one value all through', { sampleRate: 8_000, channels: 1 }, made(5_000, () => -32_768), [4_608]],
    [
      'a tone',
      { sampleRate: 8_000, channels: 1 },
      made(20_000, (at) => 9_000 * Math.sin(at / 9)),
      [160, 320],
    ],
    [
      'a tone with lowest bits of 0',
      { sampleRate: 8_000, channels: 1 },
      made(20_000, (at) => Math.round(900 * Math.sin(at / 9)) * 8),
      [240],
    ],
    [
      'noise',
      { sampleRate: 16_000, channels: 1 },
      made(20_000, (_, random) => random),
      [4_608, 1, 15, 16, 17],
    ],
    ['faint noise', { sampleRate: 24_000, channels: 1 }, made(20_000, (_, random) => random >> 13), [480]],
    [
      'the extremes in turns',
      { sampleRate: 48_000, channels: 1 },
      made(9_000, (at) => (at % 2 ? 32_767 : -32_768)),
      [960],
    ],
    [
      'a click in silence',
      { sampleRate: 44_100, channels: 1 },
      made(9_000, (at) => (at % 1_000 === 999 ? 32_767 : 0)),
      [4_096],
    ],
    [
      'noise that grows',
      { sampleRate: 48_000, channels: 1 },
      made(20_000, (at, random) => (random * at) / 20_000),
      [4_608, 4_096],
    ],
    [
      'two channels',
      { sampleRate: 44_100, channels: 2 },
      made(20_000, (at, random) => (at % 2 ? random >> 4 : 5_000 * Math.sin(at / 50))),
      [441],
    ],
    [
      'six channels',
      { sampleRate: 48_000, channels: 6 },
      made(12_000, (at) => 5_000 * Math.sin(at / 50)),
      [480],
    ],
    ['a rate without a code of its own', { sampleRate: 11_025, channels: 1 }, made(5_000, (at) => at), [221]],
  ];

for (const [name, format, samples, lengths] of sounds) {
  test(`ffmpeg decodes ${name} to the very samples`, async (context) => {
    const output = await decoded(context, flacFile(samples, format, lengths));
    assert.equal(Buffer.compare(output, bytesOf(samples)), 0);
  });
}

test('ffmpeg decodes whatever samples in whatever frames to the very samples', {
  timeout: 120_000,
}, async (context) => {
  await fc.assert(
    fc.asyncProperty(
      fc.int16Array({ minLength: 1, maxLength: 4_000 }),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.integer({ min: 1, max: maxFrameSamples }), { minLength: 1, maxLength: 5 }),
      async (values, shift, channels, lengths) => {
        const whole = values.length - (values.length % channels);
        fc.pre(whole > 0);
        const samples = values.subarray(0, whole).map((value) => value >> shift);
        const output = await decoded(context, flacFile(samples, { sampleRate: 8_000, channels }, lengths));
        assert.equal(Buffer.compare(output, bytesOf(samples)), 0);
      },
    ),
    { numRuns: 20, seed: 1 },
  );
});

test('a frame is never longer than its samples and a few bytes', () => {
  fc.assert(
    fc.property(fc.int16Array({ minLength: 1, maxLength: 600 }), (samples) => {
      const frame = encodeFrame(samples, { sampleRate: 8_000, channels: 1 }, 0);
      assert.ok(frame.length <= 2 * samples.length + 16, `${frame.length} bytes`);
    }),
  );
});

test('a frame tells the number of its first sample, of up to 36 bits', () => {
  const numbers: readonly [number, string][] = [
    [0, '00'],
    [0x7f, '7f'],
    [0x80, 'c280'],
    [0x7ff, 'dfbf'],
    [0x800, 'e0a080'],
    [0xffff, 'efbfbf'],
    [0x10000, 'f0908080'],
    [0x3ffffff, 'fbbfbfbfbf'],
    [0x7fffffff, 'fdbfbfbfbfbf'],
    [2 ** 31, 'fe8280808080'.concat('80')],
    [2 ** 36 - 1, 'febfbfbfbfbfbf'],
    [2 ** 36, '00'],
  ];
  for (const [number, coded] of numbers) {
    const frame = encodeFrame(Int16Array.of(1, 1), { sampleRate: 8_000, channels: 1 }, number);
    assert.equal(
      Buffer.from(frame)
        .toString('hex')
        .slice(8, 8 + coded.length),
      coded,
      `${number}`,
    );
  }
});

for (const length of [0, maxFrameSamples + 1]) {
  test(`a frame of ${length} samples is a mistake of the caller`, () => {
    assert.throws(
      () => encodeFrame(new Int16Array(length), { sampleRate: 8_000, channels: 1 }, 0),
      RangeError,
    );
  });
}

test('checksums are those of the catalogue of CRCs', () => {
  const check = Buffer.from('123456789');
  assert.deepEqual([crc8(check), crc16(check)], [0xf4, 0xfee8]);
});

test('the samples can be had back from what prediction leaves, and are as they were', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -32_768, max: 32_767 }), { minLength: 5, maxLength: 50 }),
      (values) => {
        const samples = Int32Array.from(values);
        const order = bestOrder(samples);
        let back = [...residual(samples, order)];
        for (let step = order - 1; step >= 0; step--) {
          const first = residual(samples, step)[0]!;
          const sums = [first];
          for (const difference of back) sums.push(sums.at(-1)! + difference);
          back = sums;
        }
        assert.deepEqual(back, values);
        assert.deepEqual([...samples], values);
      },
    ),
  );
});

const eightKilohertz: FlacTrack = { sampleRate: 8_000, channels: 1, timescale: 8_000 };

/** Number, ticks and duration of each frame. */
const places = (frames: readonly FlacFrame[]) => frames.map(({ ticks, duration }) => [ticks, duration]);

test('a recorded sample becomes frames that last as long as it does, with silence for what was lost behind it', () => {
  const cases: readonly [
    length: number,
    duration: number,
    expected: readonly (readonly [number, number])[],
  ][] = [
    [160, 160, [[100, 160]]],
    [160, 161, [[100, 161]]],
    [160, 150, [[100, 150]]],
    [
      160,
      400,
      [
        [100, 160],
        [260, 240],
      ],
    ],
    [
      160,
      160 + 8_000,
      [
        [100, 160],
        [260, 4_608],
        [4_868, 3_392],
      ],
    ],
    [
      5_000,
      5_000,
      [
        [100, 4_608],
        [4_708, 392],
      ],
    ],
    [0, 160, [[100, 160]]],
  ];
  for (const [length, duration, expected] of cases) {
    const frames = soundFrames(new Int16Array(length), eightKilohertz, { ticks: 100, duration });
    assert.deepEqual(places(frames), expected);
  }
});

test('a track whose clock is slower than its sampling rate counts its own ticks', () => {
  const track = { sampleRate: 16_000, channels: 1, timescale: 8_000 };
  assert.deepEqual(places(soundFrames(new Int16Array(640), track, { ticks: 0, duration: 320 })), [[0, 320]]);
  assert.deepEqual(places(silenceFrames(track, { ticks: 0, duration: 4_000 })), [
    [0, 2_304],
    [2_304, 1_696],
  ]);
});

test('frames follow each other without a space, however long the sound and the silence', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 20_000 }),
      fc.integer({ min: 0, max: 20_000_000 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      (length, duration, ticks) => {
        let end = ticks;
        for (const frame of soundFrames(new Int16Array(length), eightKilohertz, { ticks, duration })) {
          assert.equal(frame.ticks, end);
          end += frame.duration;
        }
        assert.equal(end, ticks + duration);
      },
    ),
    { numRuns: 30 },
  );
});
