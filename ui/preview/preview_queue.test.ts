import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { PictureCache } from './picture_cache.ts';
import { type LoadedPicture, type Preview, PreviewQueue, patienceMs } from './preview_queue.ts';

interface TestPicture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  close(): void;
}

/** Key frames each second; loads are answered when the test says so. */
function site() {
  const clock = new SimulatedClock(0);
  const closed: string[] = [];
  const shown: string[] = [];
  const loads: {
    name: string;
    signal: AbortSignal;
    answer: (loaded?: LoadedPicture<TestPicture>) => Promise<void>;
    fail: () => Promise<void>;
  }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const picture = (name: string): TestPicture => ({
    ...{ name, width: 10, height: 10 },
    close: () => void closed.push(name),
  });
  const queue = new PreviewQueue<TestPicture>({
    cache: new PictureCache({ pictures: 100, pixels: 1e9 }),
    clock,
    load: ({ streamId, atMs }, signal) =>
      new Promise((resolve, reject) => {
        const name = `${streamId}${atMs}`;
        const pictureMs = Math.floor(atMs / 1000) * 1000;
        loads.push({
          name,
          signal,
          answer: (loaded = { kind: 'picture', pictureMs, picture: picture(name) }) => {
            resolve(loaded);
            return settle();
          },
          fail: () => {
            reject(new Error('no'));
            return settle();
          },
        });
      }),
    onPreview: (preview) => void shown.push(wordsOf(preview)),
  });
  const want = (atMs: number, streamId = 's') => queue.want({ cameraId: 'c', streamId, atMs, nearMs: 5_000 });
  const asked = () => loads.map(({ name, signal }) => `${name}${signal.aborted ? ' given up' : ''}`);
  return { clock, queue, want, loads, asked, shown, closed };
}

function wordsOf(preview: Preview<TestPicture>): string {
  if (preview.kind !== 'picture') return preview.kind;
  return `${preview.picture.name} of ${preview.pictureMs}${preview.loading ? ', loading' : ''}`;
}

test('a picture is asked for once, and shown when it comes, and at once from then on', async () => {
  const { want, loads, asked, shown } = site();
  want(4_500);
  want(4_500);
  await loads[0]!.answer();
  want(4_500);
  want(4_200);
  assert.deepEqual(asked(), ['s4500']);
  assert.deepEqual(shown, ['loading', 'loading', 's4500 of 4000', 's4500 of 4000', 's4500 of 4000']);
});

test('a picture nearby stands in, with its own time, until the right one is there', async () => {
  const { want, loads, shown } = site();
  want(4_500);
  await loads[0]!.answer();
  want(8_000);
  want(20_000);
  await loads[2]!.answer();
  assert.deepEqual(shown.slice(2), ['s4500 of 4000, loading', 'loading', 's20000 of 20000']);
});

test('two pictures are under way at most, then the latest alone is asked for', async () => {
  const { want, loads, asked, shown } = site();
  for (const ms of [1_000, 2_000, 3_000, 4_000, 5_000]) want(ms);
  assert.deepEqual(asked(), ['s1000', 's2000']);
  await loads[1]!.answer();
  assert.deepEqual(asked(), ['s1000', 's2000', 's5000']);
  assert.equal(shown.at(-1), 's2000 of 2000, loading', 'what came meanwhile stands in');
  await loads[0]!.answer();
  await loads[2]!.answer();
  assert.equal(shown.at(-1), 's5000 of 5000');
  assert.equal(loads.length, 3);
});

test('what the pointer has passed is given up when the latest waited long enough behind it', async () => {
  const { clock, want, asked, loads, closed } = site();
  want(1_000);
  clock.advance(100);
  want(2_000);
  want(3_000);
  clock.advance(patienceMs - 101);
  assert.deepEqual(asked(), ['s1000', 's2000']);
  clock.advance(1);
  assert.deepEqual(asked(), ['s1000 given up', 's2000', 's3000']);
  // An answer that comes all the same is of nobody.
  await loads[0]!.answer();
  assert.deepEqual(closed, ['s1000']);
});

test('a pointer that leaves, or goes to another camera, gives up all', () => {
  const { queue, want, asked } = site();
  want(1_000);
  want(2_000, 't');
  assert.deepEqual(asked(), ['s1000 given up', 't2000']);
  queue.rest();
  assert.deepEqual(asked(), ['s1000 given up', 't2000 given up']);
});

test('nothing waits any more for a pointer that left', () => {
  const { clock, queue, want, asked } = site();
  for (const ms of [1_000, 2_000, 3_000]) want(ms);
  queue.rest();
  clock.advance(10_000);
  assert.deepEqual(asked(), ['s1000 given up', 's2000 given up']);
});

for (const [what, answer] of [
  ['is none', (load: ReturnType<typeof site>['loads'][0]) => load.answer({ kind: 'none' })],
  ['cannot be had', (load: ReturnType<typeof site>['loads'][0]) => load.fail()],
] as const) {
  test(`where a picture ${what} none is shown, and it is tried again when the pointer comes back`, async () => {
    const { want, loads, shown } = site();
    want(4_000);
    await loads[0]!.answer();
    want(5_000);
    await answer(loads[1]!);
    want(4_000);
    want(5_000);
    assert.deepEqual(shown.slice(2), [
      's4000 of 4000, loading',
      'none',
      's4000 of 4000',
      's4000 of 4000, loading',
    ]);
    assert.equal(loads.length, 3);
  });
}

test('a stream of which nobody can make pictures is not asked for again', async () => {
  const { want, loads, shown, asked } = site();
  for (const ms of [1_000, 2_000, 3_000]) want(ms);
  await loads[0]!.answer({ kind: 'never' });
  want(9_000);
  want(9_000, 't');
  assert.deepEqual(shown.slice(3), ['never', 'never', 'loading']);
  assert.deepEqual(asked(), ['s1000', 's2000 given up', 't9000']);
});

test('an answer that names a picture that is there shows that', async () => {
  const { want, loads, shown } = site();
  want(4_000);
  await loads[0]!.answer();
  want(4_900);
  await loads[1]!.answer({ kind: 'known', pictureMs: 4_000 });
  assert.deepEqual(shown.slice(1), ['s4000 of 4000', 's4000 of 4000, loading', 's4000 of 4000']);
});
