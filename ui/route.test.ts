import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cameraPath, livePath, routeOf, timelinePath } from './route.ts';

test('addresses name pages', () => {
  const pages = ['/', '/live', '/live/', '/timeline', '/cameras', '/cameras/add', '/storage'].map(
    (path) => routeOf(path).page,
  );
  assert.deepEqual(pages, ['home', 'live', 'live', 'timeline', 'cameras', 'add', 'storage']);
  for (const path of ['/nothing', '/live/more', '/cameras/a/b']) assert.equal(routeOf(path).page, 'unknown');
});

test('what is made of an id is read back', () => {
  for (const id of ['5eba5e40-e81c', 'a b', 'ä/%']) {
    assert.deepEqual(routeOf(new URL(cameraPath(id), 'http://h').pathname), { page: 'camera', cameraId: id });
    assert.equal(new URL(livePath(id), 'http://h').searchParams.get('camera'), id);
    assert.equal(new URL(timelinePath(id, 5.4), 'http://h').searchParams.get('at'), '5');
  }
  assert.deepEqual(routeOf('/cameras/%zz'), { page: 'camera', cameraId: '%zz' });
});
