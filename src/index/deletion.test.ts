import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { testRootId } from '../../test/fixtures/test_root.ts';

function fixtureFor(context: TestContext) {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  const record = (number: number, startMs: number, endMs: number, bytes = 1_000) =>
    fixture.record({ streamId, runId, number, startMs, endMs, bytes });
  const coverage = () =>
    fixture.index.footage
      .coverage(streamId, 0, 10_000)
      .map(({ startMs, endMs, bytes }) => [startMs, endMs, bytes]);
  const gaps = () =>
    fixture.index.footage
      .gaps(streamId, 0, 10_000)
      .map(({ startMs, endMs, cause }) => [startMs, endMs, cause]);
  return { fixture, index: fixture.index, streamId, record, coverage, gaps };
}

test('each step of a deletion survives a restart', (context) => {
  const { fixture, streamId, record, coverage, gaps } = fixtureFor(context);
  const id = record(0, 100, 200);
  record(1, 200, 300);
  fixture.index.deletion.markDeleting([id], 'max_age');
  let index = fixture.reopen();
  assert.deepEqual(
    index.deletion.pendingDeletions().map((segment) => [segment.id, segment.because]),
    [[id, 'max_age']],
  );
  assert.equal(
    index.footage.segmentsBetween(streamId, 0, 1_000).length,
    1,
    'a condemned file is not offered',
  );
  assert.deepEqual(coverage(), [[100, 300, 2_000]]);
  assert.deepEqual(index.check(), []);
  index.deletion.finishDeleting([id]);
  index = fixture.reopen();
  assert.deepEqual(index.deletion.pendingDeletions(), []);
  assert.deepEqual(coverage(), [[200, 300, 1_000]]);
  assert.deepEqual(gaps(), [[100, 200, 'deleted']]);
  assert.deepEqual(index.check(), []);
});

test('a hole in the middle of a stretch splits it, and its bytes', (context) => {
  const { fixture, record, coverage, gaps } = fixtureFor(context);
  record(0, 100, 200, 10);
  const middle = record(1, 200, 300, 200);
  record(2, 300, 400, 3_000);
  record(3, 400, 500, 40_000);
  fixture.deleteSegment(middle);
  assert.deepEqual(coverage(), [
    [100, 200, 10],
    [300, 500, 43_000],
  ]);
  assert.deepEqual(gaps(), [[200, 300, 'deleted']]);
  assert.deepEqual(fixture.index.check(), []);
});

test('gaps of deleted footage that touch are one', (context) => {
  const { fixture, index, record, gaps } = fixtureFor(context);
  const ids = [record(0, 100, 200), record(1, 200, 300), record(2, 300, 400)];
  for (const id of [ids[0]!, ids[2]!, ids[1]!]) fixture.deleteSegment(id);
  assert.deepEqual(gaps(), [[100, 400, 'deleted']]);
  assert.deepEqual(index.footage.coverage(ids[0]!, 0, 1_000), []);
  assert.deepEqual(index.check(), []);
});

test('footage that was eclipsed comes to light when what eclipsed it is deleted', (context) => {
  const { fixture, index, streamId, record, gaps } = fixtureFor(context);
  const first = record(0, 100, 300);
  const runId = randomUUID();
  const second = fixture.record({ streamId, runId, number: 0, startMs: 200, endMs: 250 });
  assert.equal(index.footage.segment(second)!.overlap, true);
  fixture.deleteSegment(first);
  assert.deepEqual(index.footage.coverage(streamId, 0, 1_000), [
    { runId, startMs: 200, endMs: 250, bytes: 1_000 },
  ]);
  assert.deepEqual(gaps(), [
    [100, 200, 'deleted'],
    [250, 300, 'deleted'],
  ]);
  assert.deepEqual(index.check(), []);
});

test('only closed segments can be condemned, only condemned ones forgotten', (context) => {
  const { fixture, index, streamId, record } = fixtureFor(context);
  const closed = record(0, 100, 200);
  const open = fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 200 });
  index.deletion.finishDeleting([closed, open]);
  index.deletion.markDeleting([open, 'nothing'], 'min_free');
  assert.deepEqual(index.deletion.pendingDeletions(), []);
  assert.equal(index.footage.segmentsBetween(streamId, 0, 1_000).length, 1);
  assert.equal(index.ledger.openSegments().length, 1);
});

test('retention is given closed segments of one class alone, oldest first, up to a limit', (context) => {
  const { fixture, index, streamId, record } = fixtureFor(context);
  const other = fixture.addCamera().streamId;
  const ids = [record(0, 100, 200), record(1, 200, 300), record(2, 300, 400)];
  const runId = randomUUID();
  const foreign = fixture.record({ streamId: other, runId, number: 0, startMs: 50, endMs: 250 });
  fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 0 });
  const oldest = (id: string, startMs: number, endMs: number, limit = 10, offset = 0) => {
    const segments = { streamId: id, rootId: testRootId, hasEvent: false };
    const found = index.deletion.oldestSegments(segments, { startMs, endMs }, limit, offset);
    return found.map((segment) => segment.id);
  };
  assert.deepEqual(oldest(streamId, 0, 1_000), ids);
  assert.deepEqual(oldest(streamId, 0, 1_000, 1), ids.slice(0, 1));
  assert.deepEqual(oldest(streamId, 0, 1_000, 1, 2), ids.slice(2));
  assert.deepEqual(oldest(streamId, 100, 300), ids.slice(0, 2));
  assert.deepEqual(oldest(streamId, 101, 399), ids.slice(1, 2), 'what reaches out of the time is left out');
  assert.deepEqual(oldest(other, 0, 1_000), [foreign]);
  fixture.index.deletion.markDeleting([ids[0]!], 'max_age');
  assert.deepEqual(oldest(streamId, 0, 1_000), ids.slice(1));
});

test('how much of each stream is where is always known', (context) => {
  const { fixture, index, streamId, record } = fixtureFor(context);
  const stored = () => index.deletion.stored().map(({ segments, bytes }) => [segments, bytes]);
  assert.deepEqual(stored(), []);
  const id = record(0, 100, 200, 10);
  record(1, 200, 300, 500);
  fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 300 });
  assert.deepEqual(stored(), [[2, 510]]);
  index.deletion.markDeleting([id], 'max_age');
  assert.deepEqual(stored(), [[2, 510]], 'its file may still be there');
  index.deletion.finishDeleting([id]);
  assert.deepEqual(stored(), [[1, 500]]);
  assert.deepEqual(fixture.reopen().check(), []);
});

test('segments that go together leave what they would leave one after the other', () => {
  const anySegment = fc.record({
    run: fc.nat(1),
    // Mostly one after the other, now and then with a hole before it; the other run has the same time.
    before: fc.constantFrom(0, 0, 0, 0, 0, 50),
    length: fc.integer({ min: 1, max: 200 }),
    bytes: fc.nat(10_000),
    goes: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(anySegment, { minLength: 1, maxLength: 16 }), (history) => {
      const results = [true, false].map((atOnce) => {
        const fixture = new IndexFixture();
        const { streamId } = fixture.addCamera();
        const runs: string[] = [randomUUID(), randomUUID()];
        const numbers = [0, 0];
        const ends = [1_000, 1_000];
        const going: string[] = [];
        for (const { run, before, length, bytes, goes } of history) {
          const startMs = Math.max(0, ends[run]! + before);
          ends[run] = startMs + length;
          const place = { streamId, runId: runs[run]!, number: numbers[run]!++ };
          const id = fixture.record({ ...place, startMs, endMs: startMs + length, bytes });
          if (goes) going.push(id);
        }
        if (atOnce) {
          fixture.index.deletion.markDeleting(going, 'max_age');
          fixture.index.deletion.finishDeleting(going);
        } else for (const id of going) fixture.deleteSegment(id);
        const { footage } = fixture.index;
        const covered = footage.coverage(streamId, 0, 1e9).map(({ runId, startMs, endMs }) => {
          return [runs.indexOf(runId), startMs, endMs];
        });
        const found = { covered, gaps: footage.gaps(streamId, 0, 1e9), faults: fixture.index.check() };
        fixture.remove();
        return found;
      });
      assert.deepEqual(results[0], results[1]);
      assert.deepEqual(results[0]!.faults, []);
    }),
    // Each transaction waits for the disk.
    { numRuns: 10 },
  );
});
