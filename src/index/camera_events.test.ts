import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';
import type { CameraEvent } from './camera_events.ts';

const anyTime = { startMs: 0, endMs: 1e9 };

function fixtureFor(context: TestContext) {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { cameraId, streamId } = fixture.addCamera();
  const runId = randomUUID();
  let number = 0;
  const record = (startMs: number, endMs: number) =>
    fixture.record({ streamId, runId, number: number++, startMs, endMs });
  const happen = (startMs: number, endMs?: number, more: Partial<CameraEvent> = {}): CameraEvent => {
    const id = randomUUID();
    const event = { id, cameraId, type: 'motion', startMs, endMs, source: 'test', data: undefined, ...more };
    fixture.index.events.insert({ ...event, createdMs: startMs });
    return { ...event, createdMs: startMs };
  };
  const marked = () =>
    [false, true].map((hasEvent) => {
      const segments = { streamId, rootId: testRootId, hasEvent };
      return fixture.index.deletion.oldestSegments(segments, anyTime, 100).map(({ startMs }) => startMs);
    });
  return { fixture, index: fixture.index, cameraId, streamId, record, happen, marked };
}

test('events of a window come oldest first, those that go on among them, up to a limit', (context) => {
  const { index, cameraId, happen } = fixtureFor(context);
  const open = happen(50, undefined, { data: '{"zone":2}' });
  const ids = [open, happen(100, 200), happen(150, 150, { type: 'line' }), happen(400, 500)].map(
    ({ id }) => id,
  );
  const between = (fromMs: number, toMs: number, more = {}) =>
    index.events.between({ cameraId, fromMs, toMs, limit: 10, ...more }).map(({ id }) => ids.indexOf(id));
  assert.deepEqual(between(0, 1_000), [0, 1, 2, 3]);
  assert.deepEqual(between(150, 151), [0, 1, 2]);
  assert.deepEqual(between(201, 400), [0]);
  assert.deepEqual(between(0, 50), []);
  assert.deepEqual(between(0, 1_000, { type: 'line' }), [2]);
  assert.deepEqual(between(0, 1_000, { limit: 2 }), [0, 1]);
  assert.deepEqual(index.events.get(cameraId, open.id), open);
  assert.equal(index.events.get(randomUUID(), open.id), undefined);
  index.events.close({ ...open, endMs: 60, data: '{}' });
  assert.deepEqual(between(61, 1_000), [1, 2, 3]);
  assert.equal(index.events.get(cameraId, open.id)!.data, '{}');
  assert.throws(() => happen(1, 2, { cameraId: randomUUID() }), { code: 'camera_unknown' });
});

test('those who draw get events of one type joined where they begin close to each other', (context) => {
  const { index, streamId, happen } = fixtureFor(context);
  happen(100, 120);
  happen(110, 180);
  happen(130, 130, { type: 'line' });
  happen(900);
  assert.deepEqual(index.events.stretches(streamId, 0, 1_000, 100), [
    { type: 'motion', startMs: 100, endMs: 180, count: 2 },
    { type: 'line', startMs: 130, endMs: 130, count: 1 },
    { type: 'motion', startMs: 900, endMs: undefined, count: 1 },
  ]);
  assert.deepEqual(index.events.stretches(randomUUID(), 0, 1_000), []);
});

test('footage knows whether something happened in it, whichever came first', (context) => {
  const { record, happen, index, marked } = fixtureFor(context);
  record(0, 100);
  record(100, 200);
  record(200, 300);
  happen(150, 160);
  assert.deepEqual(marked(), [[0, 200], [100]]);
  const open = happen(310);
  record(300, 400);
  record(400, 500);
  index.events.close({ ...open, endMs: 450 });
  record(500, 600);
  assert.deepEqual(marked(), [
    [0, 200, 500],
    [100, 300, 400],
  ]);
  happen(200, 200);
  assert.deepEqual(marked()[1], [100, 200, 300, 400], 'an instant is in the file that begins with it');
});

test('any order of footage and events marks the footage that they touch, and no other', (context) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('record' as const) }),
    fc.record({ kind: fc.constant('happen' as const), startMs: fc.nat(900), length: fc.nat(300) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
      const { record, happen, marked, fixture } = fixtureFor(context);
      const events: { startMs: number; endMs: number }[] = [];
      let endMs = 0;
      for (const each of steps) {
        if (each.kind === 'record') {
          record(endMs, endMs + 100);
          endMs += 100;
        } else {
          events.push({ startMs: each.startMs, endMs: each.startMs + each.length });
          happen(each.startMs, each.startMs + each.length);
        }
      }
      const touched = (startMs: number) => {
        return events.some((event) => event.startMs < startMs + 100 && event.endMs > startMs);
      };
      const [plain, eventful] = marked() as [number[], number[]];
      assert.equal(plain.length + eventful.length, endMs / 100);
      assert.deepEqual(plain.filter(touched), []);
      // One that only touches the end of a file may mark it.
      const near = (startMs: number) => {
        return events.some((event) => event.startMs <= startMs + 100 && event.endMs >= startMs);
      };
      assert.deepEqual(eventful, eventful.filter(near));
      assert.deepEqual(fixture.index.check(), []);
    }),
    { numRuns: 15 },
  );
});

test('events are forgotten when they are old, and no footage from before their end is left', (context) => {
  const { index, cameraId, record, happen } = fixtureFor(context);
  const id = record(100, 200);
  record(200, 300);
  for (const endMs of [50, 150, 190, 400]) happen(endMs, endMs);
  happen(10);
  const forget = (beforeMs: number, limit = 10) => index.events.forget(cameraId, beforeMs, limit);
  assert.equal(forget(40), 0);
  assert.equal(forget(1_000), 1, 'footage from 100 on is there');
  index.deletion.markDeleting([id], 'max_age');
  index.deletion.finishDeleting([id]);
  assert.equal(forget(180), 1);
  assert.equal(forget(1_000, 1), 1);
  assert.equal(forget(1_000), 0);
});
