import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { maxProtections, type Protection } from './protections.ts';

test('protections survive a restart, know their camera after it was removed, and are gone when released', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { cameraId, streamId } = fixture.addCamera({ name: 'Yard' });
  fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 0, endMs: 100 });
  const base = { reason: 'theft', createdBy: 'Ann', createdMs: 5 };
  const one: Protection = { id: randomUUID(), cameraId, startMs: 10, endMs: 20, ...base };
  const all: Protection = { id: randomUUID(), cameraId: undefined, startMs: 0, endMs: undefined, ...base };
  fixture.index.protections.insert(one);
  fixture.index.protections.insert(all);
  fixture.index.cameras.remove(cameraId);
  const { protections } = fixture.reopen();
  assert.deepEqual(protections.list(), [
    { ...one, cameraName: 'Yard' },
    { ...all, cameraName: undefined },
  ]);
  assert.deepEqual(protections.get(one.id), { ...one, cameraName: 'Yard' });
  protections.remove(one.id);
  assert.equal(protections.get(one.id), undefined);
  assert.equal(protections.list().length, 1);
});

test('what is protected is what was added and not released, at every instant', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { protections } = fixture.index;
  const base = { cameraId: undefined, endMs: undefined, reason: 'theft', createdBy: 'Ann', createdMs: 5 };
  const ids = [randomUUID(), randomUUID()];
  const starts = () => protections.ranges().map(({ startMs }) => startMs);
  assert.deepEqual(starts(), []);
  for (const [startMs, id] of ids.entries()) {
    protections.insert({ ...base, id, startMs });
    assert.equal(starts().at(-1), startMs);
  }
  assert.throws(() => protections.insert({ ...base, id: ids[0]!, startMs: 7 }));
  assert.deepEqual(starts(), [0, 1]);
  protections.remove(ids[0]!);
  assert.deepEqual(starts(), [1]);
});

test('a protection of an unknown camera is refused, and so is one too many', (context) => {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { protections } = fixture.index;
  const base = { startMs: 0, endMs: undefined, reason: 'theft', createdBy: 'Ann', createdMs: 5 };
  assert.throws(() => protections.insert({ ...base, id: randomUUID(), cameraId: randomUUID() }), {
    code: 'camera_unknown',
  });
  const insert = () => protections.insert({ ...base, id: randomUUID(), cameraId: undefined });
  for (let count = 0; count < maxProtections; count++) insert();
  assert.throws(insert, { code: 'too_many_protections' });
  assert.equal(protections.list().length, maxProtections);
});
