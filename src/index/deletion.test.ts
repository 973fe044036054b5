import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';

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

test('retention is given closed segments alone, oldest first, up to a limit', (context) => {
  const { fixture, index, streamId, record } = fixtureFor(context);
  const other = fixture.addCamera().streamId;
  const ids = [record(0, 100, 200), record(1, 200, 300), record(2, 300, 400)];
  const foreign = fixture.record({
    streamId: other,
    runId: randomUUID(),
    number: 0,
    startMs: 50,
    endMs: 250,
  });
  fixture.reserve({ streamId, runId: randomUUID(), number: 0, startMs: 0 });
  const idsOf = (segments: readonly { id: string }[]) => segments.map(({ id }) => id);
  assert.deepEqual(idsOf(index.deletion.oldestSegments(300, 10)), [ids[0], foreign, ids[1]]);
  assert.deepEqual(idsOf(index.deletion.oldestSegments(300, 1)), [ids[0]]);
  assert.deepEqual(idsOf(index.deletion.expiredSegments(streamId, 300, 10)), [ids[0], ids[1]]);
  assert.deepEqual(idsOf(index.deletion.expiredSegments(other, 249, 10)), []);
});
