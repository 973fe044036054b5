import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { unixMillis } from '../units/time.ts';
import type { Camera, CameraStream } from './cameras.ts';

function fixtureFor(context: TestContext): IndexFixture {
  const fixture = new IndexFixture(5_000);
  context.after(() => fixture.remove());
  return fixture;
}

function stream(role: 'main' | 'sub', more: Partial<CameraStream> = {}): CameraStream {
  const url = `rtsp://camera/${role}`;
  const createdMs = unixMillis(5_000);
  return { id: randomUUID(), role, url, transport: 'tcp', record: true, createdMs, ...more };
}

function camera(more: Partial<Camera> = {}): Camera {
  return {
    id: randomUUID(),
    name: 'Door',
    address: '192.0.2.7',
    username: 'viewer',
    password: 'secret',
    tlsFingerprint: Array(32).fill('A7').join(':'),
    createdMs: unixMillis(5_000),
    maxAgeDays: 7.5,
    streams: [stream('main'), stream('sub', { record: false })],
    ...more,
  };
}

test('a camera comes back as it was inserted, also after a restart', (context) => {
  const fixture = fixtureFor(context);
  const full = camera();
  const bare: Camera = { id: randomUUID(), name: 'Yard', createdMs: unixMillis(6_000), streams: [] };
  fixture.index.cameras.insert(bare);
  fixture.index.cameras.insert(full);
  const { cameras } = fixture.reopen();
  assert.deepEqual(cameras.list(), [full, bare]);
  assert.deepEqual(cameras.get(full.id), full);
  assert.equal(cameras.get(randomUUID()), undefined);
});

test('a change touches what it names: undefined clears, absence keeps', (context) => {
  const { cameras } = fixtureFor(context).index;
  const before = camera();
  cameras.insert(before);
  const { password: _, ...rest } = before;
  assert.deepEqual(cameras.update(before.id, { name: 'Gate', password: undefined }), {
    ...rest,
    name: 'Gate',
  });
  assert.throws(() => cameras.update(randomUUID(), { name: 'x' }), { code: 'camera_unknown' });
});

test('streams keep their ids through a change of URL, and may swap roles', (context) => {
  const { cameras } = fixtureFor(context).index;
  const before = camera();
  cameras.insert(before);
  const [main, sub] = before.streams as [CameraStream, CameraStream];
  const swapped = [
    { ...sub, role: 'main' as const, url: 'rtsp://other/1' },
    { ...main, role: 'sub' as const },
  ];
  assert.deepEqual(cameras.update(before.id, { streams: swapped }).streams, swapped);
});

test('two streams of one role, or a stream of another camera, are refused and nothing is half applied', (context) => {
  const { cameras } = fixtureFor(context).index;
  const before = camera();
  const other = camera();
  cameras.insert(before);
  cameras.insert(other);
  const twice = [stream('main'), stream('main')];
  assert.throws(() => cameras.update(before.id, { name: 'x', streams: twice }), /UNIQUE/);
  assert.throws(() => cameras.update(before.id, { streams: [other.streams[0]!] }), { code: 'internal' });
  assert.deepEqual(cameras.list(), [before, other]);
});

test('a removed camera is not listed, its credentials are wiped, its footage stays until it is deleted', (context) => {
  const fixture = fixtureFor(context);
  const { index } = fixture;
  const removed = camera();
  index.cameras.insert(removed);
  const streamId = removed.streams[0]!.id;
  const segment = fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 5_000, endMs: 6_000 });
  index.ledger.openGap(streamId, unixMillis(6_000), 'unreachable');
  fixture.clock.advance(2_000);
  index.cameras.remove(removed.id);
  assert.deepEqual(index.cameras.list(), []);
  assert.equal(index.cameras.get(removed.id), undefined);
  assert.throws(() => index.cameras.remove(removed.id), { code: 'camera_unknown' });
  assert.deepEqual(
    index.cameras.retained().map((retained) => [retained.streamId, retained.maxAgeDays]),
    [[streamId, 7.5]],
  );
  assert.equal(index.footage.segmentsBetween(streamId, 0, 10_000).length, 1);
  assert.deepEqual(index.footage.gaps(streamId, 0, 10_000), [
    { startMs: 6_000, endMs: 7_000, cause: 'unreachable' },
  ]);
  fixture.deleteSegment(segment);
  assert.deepEqual(index.cameras.retained(), []);
  assert.equal(
    index.footage.expectedFrom(streamId),
    undefined,
    'the stream is forgotten with its last footage',
  );
  assert.deepEqual(index.check(), []);
});

test('a stream that is dropped keeps its footage, and is the same when it comes back', (context) => {
  const fixture = fixtureFor(context);
  const { index } = fixture;
  const before = camera();
  index.cameras.insert(before);
  const [main, sub] = before.streams as [CameraStream, CameraStream];
  fixture.record({ streamId: sub.id, runId: randomUUID(), number: 0, startMs: 5_000, endMs: 6_000 });
  assert.deepEqual(index.cameras.update(before.id, { streams: [main] }).streams, [main]);
  assert.equal(index.footage.coverage(sub.id, 0, 10_000).length, 1);
  assert.deepEqual(index.cameras.update(before.id, { streams: [main, sub] }).streams, [main, sub]);
});

test('footage is expected since the stream was added, or since the footage before that', (context) => {
  const fixture = fixtureFor(context);
  const { streamId } = fixture.addCamera();
  assert.equal(fixture.index.footage.expectedFrom(streamId), 5_000);
  const id = fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: 4_200, endMs: 6_000 });
  assert.equal(fixture.index.footage.expectedFrom(streamId), 4_200);
  fixture.deleteSegment(id);
  assert.equal(fixture.index.footage.expectedFrom(streamId), 4_200, 'a gap says that it was deleted');
});
