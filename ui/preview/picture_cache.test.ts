import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureCache } from './picture_cache.ts';

function site(most = { pictures: 3, pixels: 1_000 }) {
  const closed: string[] = [];
  const cache = new PictureCache<ReturnType<typeof picture>>(most);
  const picture = (name: string, pixels = 100) => ({
    ...{ name, width: pixels, height: 1 },
    close: () => void closed.push(name),
  });
  const put = (name: string, atMs: number, pictureMs: number, pixels?: number) =>
    cache.put('s', atMs, { pictureMs, picture: picture(name, pixels) });
  return { cache, closed, put };
}

for (const [what, atMs, found] of [
  ['at its own instant', 1_000, 'a'],
  ['up to the instant that it was asked for', 2_500, 'a'],
  ['not behind that, where a newer one may be', 2_501, undefined],
  ['not before its own', 999, undefined],
] as const) {
  test(`a key frame is the picture of an instant ${what}`, () => {
    const { cache, put } = site();
    put('a', 2_500, 1_000);
    assert.equal(cache.find('s', atMs)?.picture.name, found);
    assert.equal(cache.find('other', atMs), undefined);
  });
}

test('an answer that names a picture that is there tells for how long it holds', () => {
  const { cache, put } = site();
  put('a', 1_500, 1_000);
  assert.equal(cache.covers('s', 1_000, 3_000), true);
  assert.equal(cache.find('s', 3_000)?.pictureMs, 1_000);
  assert.equal(cache.covers('s', 4_000, 4_500), false);
});

test('the nearest picture stands in, within bounds', () => {
  const { cache, put } = site();
  put('a', 1_000, 1_000);
  put('b', 9_000, 9_000);
  assert.equal(cache.nearest('s', 4_000, 10_000)?.picture.name, 'a');
  assert.equal(cache.nearest('s', 6_000, 10_000)?.picture.name, 'b');
  assert.equal(cache.nearest('s', 5_000, 3_999), undefined);
  assert.equal(cache.nearest('other', 1_000, 10_000), undefined);
});

test('those that were used last are kept, and the others closed', () => {
  const { cache, closed, put } = site();
  for (const [name, ms] of [
    ['a', 1_000],
    ['b', 2_000],
    ['c', 3_000],
  ] as const)
    put(name, ms, ms);
  cache.find('s', 1_000);
  put('d', 4_000, 4_000);
  assert.deepEqual(closed, ['b']);
  put('e', 5_000, 5_000, 950);
  assert.deepEqual(closed, ['b', 'c', 'a', 'd'], 'pixels are bounded too');
  put('f', 6_000, 6_000, 5_000);
  assert.equal(cache.pictures, 1, 'the last one is kept although it is too large');
  put('g', 6_500, 6_000);
  assert.deepEqual(closed.slice(-2), ['e', 'f'], 'the same instant anew');
  cache.clear();
  assert.equal(cache.pictures, 0);
  assert.equal(closed.at(-1), 'g');
});
