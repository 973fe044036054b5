import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActivityMeter, type MeasuredPicture } from './activity_meter.ts';

/** What an encoder makes of a scene, one fragment of a second after the other. */
interface Encoder {
  readonly keyBytes: number;
  /** Seconds from one key frame to the next; 0: each picture is one. */
  readonly groupSeconds: number;
  readonly picturesPerSecond: number;
  /** Of a predicted picture, by its place in the group, when nothing moves. */
  readonly quietBytes: (place: number) => number;
}

const camera: Encoder = {
  keyBytes: 60_000,
  groupSeconds: 2,
  picturesPerSecond: 25,
  quietBytes: () => 800,
};

/** Noise of some percent, the same at each run. */
function noise(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43_758.5453;
  return 0.85 + 0.3 * (value - Math.floor(value));
}

/** Levels by the second. @param growth how many times larger predicted pictures are in a second, 1 when quiet */
function levels(
  encoder: Encoder,
  seconds: number,
  growth: (second: number) => number,
  meter = new ActivityMeter(),
): (number | undefined)[] {
  const { keyBytes, groupSeconds, picturesPerSecond, quietBytes } = encoder;
  return Array.from({ length: seconds }, (_, second) => {
    const pictures: MeasuredPicture[] = [];
    for (let index = 0; index < picturesPerSecond; index++) {
      const place = groupSeconds === 0 ? 0 : (second % groupSeconds) * picturesPerSecond + index;
      const wobble = noise(second * picturesPerSecond + index);
      if (groupSeconds === 0) pictures.push({ bytes: keyBytes * growth(second), keyFrame: true });
      else if (place === 0) pictures.push({ bytes: keyBytes * (0.95 + wobble / 20), keyFrame: true });
      else pictures.push({ bytes: quietBytes(place) * growth(second) * wobble, keyFrame: false });
    }
    return meter.fragment(pictures, 1_000);
  });
}

/** Quiet but for ten seconds, in which pictures are `times` as large. */
const burst = (times: number) => (second: number) => (second >= 60 && second < 70 ? times : 1);

const encoders: readonly (readonly [name: string, encoder: Encoder, times: number])[] = [
  ['a camera with a key frame every two seconds', camera, 8],
  ['one of ten times the size', { ...camera, keyBytes: 600_000, quietBytes: () => 8_000 }, 8],
  ['one with a key frame every minute', { ...camera, groupSeconds: 60 }, 8],
  [
    'one that spends more right after a key frame',
    { ...camera, quietBytes: (place) => 800 + 6_000 / place },
    8,
  ],
  ['one with B-pictures', { ...camera, quietBytes: (place) => (place % 3 === 0 ? 2_400 : 300) }, 8],
  [
    'one whose quality rises over the group',
    { ...camera, groupSeconds: 4, quietBytes: (place) => 300 + 20 * place },
    8,
  ],
  ['one of five pictures a second', { ...camera, picturesPerSecond: 5 }, 8],
  ['MJPEG', { ...camera, groupSeconds: 0 }, 1.3],
];

for (const [name, encoder, times] of encoders) {
  test(`${name}: what moves stands out, and what is quiet is quiet`, () => {
    const told = levels(encoder, 120, burst(times));
    const quiet = [...told.slice(5, 60), ...told.slice(72)];
    assert.ok(
      quiet.every((level) => level !== undefined && level <= 3),
      `quiet: ${quiet.join()}`,
    );
    const moved = told.slice(60, 70);
    assert.ok(
      moved.every((level) => level !== undefined && level >= 6),
      `moved: ${moved.join()}`,
    );
  });
}

test('more is more', () => {
  const peaks = [1, 1.6, 2, 3, 4].map((times) =>
    Math.max(...levels(camera, 120, burst(times)).map(Number).slice(60, 70)),
  );
  assert.deepEqual(
    peaks.toSorted((a, b) => a - b),
    peaks,
  );
  assert.equal(new Set(peaks).size, peaks.length, peaks.join());
});

test('another resolution or quality is no activity', () => {
  const meter = new ActivityMeter();
  levels(camera, 60, () => 1, meter);
  const finer = { ...camera, keyBytes: 4 * camera.keyBytes, quietBytes: () => 3_200 };
  assert.ok(levels(finer, 20, () => 1, meter).every((level) => level! <= 3));
});

test('a scene that is always busy is as busy after ten minutes, and the usual after hours', () => {
  const told = levels(camera, 4 * 3_600, (second) => (second < 60 ? 1 : 8));
  assert.ok(told[660]! >= 6, `after ten minutes ${told[660]}`);
  assert.ok(told.at(-1)! <= 3, `after hours ${told.at(-1)}`);
});

test('a stream that begins in a commotion is quiet when that is over, and tells the next one', () => {
  const told = levels(camera, 120, (second) => (second < 20 || (second >= 60 && second < 70) ? 8 : 1));
  assert.ok(told.slice(20, 60).every((level) => level! <= 3));
  assert.ok(
    told.slice(60, 70).every((level) => level! >= 6),
    told.slice(60, 70).join(),
  );
});

test('where no picture tells anything, nothing is told', () => {
  const meter = new ActivityMeter();
  assert.equal(meter.fragment([], 1_000), undefined);
  assert.equal(meter.fragment([{ bytes: 500, keyFrame: false }], 1_000), undefined, 'no key frame yet');
  assert.equal(meter.fragment([{ bytes: 0, keyFrame: true }], 0), 1);
});

test('whatever sizes a camera sends, a level is from 1 to 15', () => {
  const meter = new ActivityMeter();
  for (let seed = 0; seed < 20_000; seed++) {
    const size = () => Math.floor(2 ** ((noise(seed * 7 + 1) - 0.85) * 100)) * (seed % 13 === 0 ? 0 : 1);
    const level = meter.fragment(
      Array.from({ length: seed % 5 }, (_, index) => ({ bytes: size(), keyFrame: (seed + index) % 4 === 0 })),
      (seed % 3) * 1_000,
    );
    assert.ok(level === undefined || (Number.isInteger(level) && level >= 1 && level <= 15), `${level}`);
  }
});
