import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NightjarError } from '../errors/nightjar_error.ts';
import { parseConvertedAddress } from '../playback/media_address.ts';
import type { MediaBody } from './answer_body.ts';
import { Conversions } from './conversions.ts';

const box = (type: string, bytes: number) => {
  const made = Buffer.alloc(8 + bytes, type);
  made.writeUInt32BE(made.length);
  made.write(type, 4, 'latin1');
  return made;
};
const made = (mediaBytes: number) =>
  Buffer.concat([box('ftyp', 4), box('moov', 8), box('moof', 8), box('mdat', mediaBytes), box('mfra', 4)]);

const body = (text: string): MediaBody => ({
  signal: new AbortController().signal,
  destroy() {},
  async *[Symbol.asyncIterator]() {
    yield Buffer.from(text);
  },
});

/** Conversions whose files are their names, and which end when the test says so. */
function bench(options: { most?: number; contentLength?: number } = {}) {
  const running: { movie: string; signal: AbortSignal; end: (file: Buffer) => void }[] = [];
  const conversions = new Conversions({
    most: options.most ?? 1,
    segmentFile: async ({ fileName }) => ({
      status: 200,
      headers: { 'content-length': `${options.contentLength ?? fileName.length}` },
      body: body(`${fileName} `),
    }),
    convert: (movie, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
      signal.addEventListener('abort', () => reject(signal.reason));
      running.push({ movie: Buffer.from(movie).toString(), signal, end: resolve });
      return promise;
    },
  });
  const ask = (fileName: string, signal?: AbortSignal) =>
    conversions.file(['stream'], parseConvertedAddress('segment', fileName)!, signal);
  const isRunning = async (count: number) => {
    while (running.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, running, isRunning };
}

test('header and pictures of an entry are of one conversion, which is kept', async () => {
  const { ask, running, isRunning } = bench();
  const both = Promise.all([ask('10-20-t-500.mp4'), ask('10-20-t-500.m4s')]);
  await isRunning(1);
  assert.equal(running[0]!.movie, 'init-v.mp4 10-20-v-500.m4s ');
  running[0]!.end(made(100));
  const [init, media] = await both;
  assert.deepEqual(init, Buffer.concat([box('ftyp', 4), box('moov', 8)]));
  assert.deepEqual(media, Buffer.concat([box('moof', 8), box('mdat', 100)]));
  assert.equal(await ask('10-20-t-500.m4s'), media);
  assert.equal(running.length, 1);
});

test('what was made first is forgotten when there is too much of it', async () => {
  const { ask, running, isRunning } = bench();
  for (const [index, name] of ['0-1-t.m4s', '1-2-t.m4s', '2-3-t.m4s'].entries()) {
    const asked = ask(name);
    await isRunning(index + 1);
    running[index]!.end(made(20 * 1024 * 1024));
    await asked;
  }
  await ask('1-2-t.m4s');
  assert.equal(running.length, 3);
  void ask('0-1-t.m4s').catch(() => {});
  await isRunning(4);
  assert.match(running[3]!.movie, / 0-1-v/);
});

test('a conversion ends when the last who waits for it has gone, and not before', async () => {
  const { ask, running, isRunning } = bench();
  const [one, other] = [new AbortController(), new AbortController()];
  const asked = [ask('0-1-t.mp4', one.signal), ask('0-1-t.m4s', other.signal)];
  await isRunning(1);
  const gone = new NightjarError('stopping', 'gone');
  one.abort(gone);
  await assert.rejects(asked[0]!, gone);
  assert.equal(running[0]!.signal.aborted, false);
  other.abort(gone);
  await assert.rejects(asked[1]!, gone);
  assert.equal(running[0]!.signal.aborted, true);
  // The turn is free.
  void ask('1-2-t.m4s').catch(() => {});
  await isRunning(2);
});

test('who asks again in the moment in which the last one goes has it made anew', async () => {
  const { ask, running, isRunning } = bench();
  const only = new AbortController();
  const asked = ask('0-1-t.m4s', only.signal);
  await isRunning(1);
  only.abort(new NightjarError('stopping', 'gone'));
  await assert.rejects(asked);
  const again = ask('0-1-t.m4s');
  await isRunning(2);
  running[1]!.end(made(1));
  assert.equal((await again).length, 25);
});

test('so many run at once, so many more wait, and the rest are refused', async () => {
  const { ask, running, isRunning } = bench({ most: 2 });
  const asked = Array.from({ length: 12 }, (_, index) => ask(`${index}-${index + 1}-t.m4s`));
  const refused: unknown[] = [];
  for (const each of asked) each.catch((error: NightjarError) => refused.push(error.code));
  await isRunning(2);
  assert.deepEqual(refused, ['too_busy', 'too_busy']);
  assert.equal(running.length, 2);
  running[0]!.end(made(1));
  await isRunning(3);
});

for (const [name, options, code] of [
  ['that is forbidden', { most: 0 }, 'conversion_off'],
  ['of more than memory has room for', { contentLength: 65 * 1024 * 1024 }, 'conversion_failed'],
] as const) {
  test(`a conversion ${name} is refused`, async () => {
    await assert.rejects(bench(options).ask('0-1-t.m4s'), { code });
  });
}

test('an ffmpeg that makes no pictures is an error', async () => {
  const { ask, running, isRunning } = bench();
  const asked = ask('0-1-t.m4s');
  await isRunning(1);
  running[0]!.end(box('ftyp', 4));
  await assert.rejects(asked, { code: 'conversion_failed' });
});
