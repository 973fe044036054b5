import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf } from '../../test/fixtures/media_body.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { unixMillis } from '../units/time.ts';
import type { HttpAnswer } from './delivery_service.ts';
import { JpegPictures } from './jpeg_pictures.ts';

/** Key frames each ten seconds, whose pictures are made when the test says so. */
function site(changes: { headers?: Record<string, string> } = {}) {
  const made: string[] = [];
  const waiting: (() => void)[] = [];
  let destroyed = 0;
  const pictures = new JpegPictures({
    keyFrame: async ({ streamId, atMs }): Promise<HttpAnswer> => {
      const keyMs = Math.floor(atMs / 10_000) * 10_000;
      const name = `${streamId}-${keyMs}`;
      return {
        status: 200,
        headers: {
          ...{ etag: `"${name}"`, 'content-type': 'video/mp4', 'content-length': String(name.length) },
          ...{ 'nightjar-instant-ms': String(keyMs), 'cache-control': 'immutable', ...changes.headers },
        },
        body: { ...bodyOf(name), destroy: () => destroyed++ },
      };
    },
    makeJpeg: async (movie, signal) => {
      made.push(Buffer.from(movie).toString());
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      return Buffer.from(`jpeg of ${Buffer.from(movie)}`);
    },
  });
  const at = (ms: number) => ({ streamId: 's', atMs: unixMillis(ms) });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { pictures, made, waiting, at, settle, destroyed: () => destroyed };
}

test('a picture says of when it is, is made once, and may be kept as long as its key frame', async () => {
  const { pictures, made, waiting, at, settle, destroyed } = site();
  const asked = pictures.picture(at(12_345));
  await settle();
  waiting[0]!();
  const answer = await asked;
  assert.deepEqual(answer, {
    status: 200,
    headers: {
      etag: '"s-10000-jpeg"',
      'content-type': 'image/jpeg',
      'nightjar-instant-ms': '10000',
      'cache-control': 'immutable',
    },
    bytes: Buffer.from('jpeg of s-10000'),
  });
  assert.equal((await pictures.picture(at(19_999))).bytes, answer.bytes);
  const known = await pictures.picture(at(11_000), { ifNoneMatch: '"other", "s-10000-jpeg"' });
  assert.deepEqual([known.status, known.bytes], [304, undefined]);
  assert.deepEqual(made, ['s-10000']);
  assert.equal(destroyed(), 3, 'nothing is held of what was read');
});

test('two pictures are made at once, eight wait, and more are refused', async () => {
  const { pictures, made, waiting, at, settle } = site();
  const asked = Array.from({ length: 10 }, (_, index) => pictures.picture(at(index * 10_000)));
  await settle();
  assert.equal(made.length, 2);
  await assert.rejects(pictures.picture(at(990_000)), {
    code: 'too_busy',
    message: '10 pictures are being prepared or wait for it already.',
  });
  for (let turn = 0; turn < 10; turn++) {
    waiting[turn]!();
    await settle();
  }
  assert.equal((await Promise.all(asked)).length, 10);
});

test('who leaves gives his turn to the next', async () => {
  const { pictures, made, waiting, at, settle } = site();
  const gone = new AbortController();
  const left = [0, 1].map((index) => pictures.picture(at(index * 10_000), { signal: gone.signal }));
  await settle();
  const next = pictures.picture(at(50_000));
  await settle();
  assert.deepEqual(made, ['s-0', 's-10000']);
  gone.abort(new NightjarError('stopping', 'The client went away.'));
  for (const each of left) await assert.rejects(each, { code: 'stopping' });
  await settle();
  assert.deepEqual(made, ['s-0', 's-10000', 's-50000']);
  waiting[2]!();
  assert.equal((await next).status, 200);
});

test('a key frame that is too large for a picture is not read', async () => {
  const { pictures, made, at } = site({ headers: { 'content-length': String(17 * 1024 * 1024) } });
  await assert.rejects(pictures.picture(at(0)), { code: 'picture_failed' });
  assert.deepEqual(made, []);
});
