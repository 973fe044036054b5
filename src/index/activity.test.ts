import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { IndexFixture, summaryOf } from '../../test/fixtures/index_fixture.ts';
import { emptyStrip, levelsText } from '../footage/activity.ts';
import { unixMillis } from '../units/time.ts';

function fixtureFor(context: TestContext) {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  let number = 0;
  /** A segment with a fragment each second, of these levels; `-` is one without. */
  const record = (startMs: number, levels: string) => {
    const id = fixture.reserve({ streamId, runId, number: number++, startMs });
    const summary = summaryOf({ id, startMs, endMs: startMs + 1_000 * levels.length });
    const fragments = Array.from(levels, (digit, index) => ({
      ...summary.fragments[0]!,
      startMs: unixMillis(startMs + 1_000 * index),
      ...(digit !== '-' && { activity: Number.parseInt(digit, 16) }),
    }));
    fixture.index.ledger.close({ ...summary, fragments }, { overlap: false });
    return id;
  };
  const levels = (startMs: number, endMs: number, stepMs = 1_000) => {
    const strip = emptyStrip({ startMs, endMs }, stepMs);
    fixture.index.footage.addActivity(strip, streamId);
    return levelsText(strip.levels);
  };
  return { fixture, streamId, record, levels };
}

test('activity comes with the footage by the second, and survives a restart', (context) => {
  const { fixture, record, levels } = fixtureFor(context);
  record(100_000, '1f3-2');
  record(105_000, '4');
  assert.equal(levels(99_000, 108_000), '01f302400');
  fixture.reopen();
  assert.equal(levels(99_000, 108_000), '01f302400');
  assert.deepEqual(fixture.index.check(), []);
});

test('footage that begins within a second counts for all of it', (context) => {
  const { record, levels } = fixtureFor(context);
  record(100_500, '91');
  assert.equal(levels(100_000, 104_000), '9910');
});

test('a window has what reaches into it, from however far', (context) => {
  const { record, levels } = fixtureFor(context);
  record(100_000, '1'.repeat(59) + '9');
  assert.equal(levels(158_000, 162_000), '1900');
});

test('a step of some seconds has the highest of them', (context) => {
  const { record, levels } = fixtureFor(context);
  record(100_000, '1112229991');
  assert.equal(levels(100_000, 110_000, 5_000), '29');
});

test('a step of minutes has the mean of the peaks of its segments', (context) => {
  const { record, levels } = fixtureFor(context);
  record(600_000, '19');
  record(660_000, '11');
  record(720_000, '15');
  assert.equal(levels(600_000, 780_000, 60_000), '915');
  assert.equal(levels(600_000, 720_000, 120_000), '5');
});

test('footage of which nothing is known has no row', (context) => {
  const { fixture, record, levels } = fixtureFor(context);
  record(100_000, '---');
  assert.equal(levels(100_000, 103_000), '000');
  assert.deepEqual(fixture.index.check(), []);
});

test('activity goes with its footage', (context) => {
  const { fixture, record, levels } = fixtureFor(context);
  const first = record(100_000, '99');
  record(102_000, '11');
  fixture.deleteSegment(first);
  assert.equal(levels(100_000, 104_000), '0011');
  assert.deepEqual(fixture.index.check(), []);
});

test('segments with bursts are found in both directions', (context) => {
  const { fixture, streamId, record } = fixtureFor(context);
  record(100_000, '19');
  record(200_000, '11');
  record(300_000, '16');
  const { nextBurst, previousBurst } = fixture.index.footage;
  const next = (startMs: number) => nextBurst(streamId, { startMs, endMs: 1e12 })?.startMs;
  assert.deepEqual([0, 100_000, 102_000, 301_000, 302_000].map(next), [
    100_000,
    100_000,
    300_000,
    300_000,
    undefined,
  ]);
  const previous = (ms: number) => previousBurst(streamId, ms)?.startMs;
  assert.deepEqual([1e12, 300_000, 100_001, 100_000].map(previous), [300_000, 100_000, 100_000, undefined]);
});
