import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { IndexFixture, summaryOf } from '../../test/fixtures/index_fixture.ts';
import type { FragmentDamage } from '../footage/damaged_range.ts';
import { unixMillis } from '../units/time.ts';

function fixtureFor(context: TestContext) {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  /** A segment of ten seconds whose first fragment was damaged so. */
  const record = (number: number, startMs: number, damage: readonly FragmentDamage[]) => {
    const id = fixture.reserve({ streamId, runId, number, startMs });
    const summary = summaryOf({ id, startMs, endMs: startMs + 10_000 });
    const fragments = summary.fragments.map((each) => ({ ...each, startMs: unixMillis(startMs), damage }));
    fixture.index.ledger.close({ ...summary, fragments }, { overlap: false });
    return id;
  };
  const damages = (fromMs = 0, toMs = 1_000_000) =>
    fixture.index.footage
      .damages(streamId, fromMs, toMs)
      .map(({ media, startMs, endMs, packetsLost, unitsDropped }) => [
        media,
        startMs,
        endMs,
        packetsLost,
        unitsDropped,
      ]);
  return { fixture, runId, streamId, record, damages };
}

const pictures: FragmentDamage = { media: 'video', fromMs: 200, toMs: 900, packetsLost: 7, unitsDropped: 2 };
const sound: FragmentDamage = { media: 'audio', fromMs: 300, toMs: 320, packetsLost: 1, unitsDropped: 1 };

test('damage comes with the footage, in the same transaction, and survives a restart', (context) => {
  const { fixture, runId, streamId, record, damages } = fixtureFor(context);
  record(0, 100_000, [pictures, sound]);
  record(1, 110_000, []);
  const expected = [
    ['video', 100_200, 100_900, 7, 2],
    ['audio', 100_300, 100_320, 1, 1],
  ];
  assert.deepEqual(damages(), expected);
  const index = fixture.reopen();
  assert.deepEqual(damages(), expected);
  assert.equal(index.footage.damages(streamId, 0, 1_000_000)[0]!.runId, runId);
  assert.deepEqual(index.check(), []);
});

test('a window has what reaches into it', (context) => {
  const { record, damages } = fixtureFor(context);
  for (let number = 0; number < 4; number++) record(number, 100_000 + number * 10_000, [pictures]);
  assert.deepEqual(
    damages(110_899, 120_201).map(([, startMs]) => startMs),
    [110_200, 120_200],
  );
  assert.deepEqual(damages(110_900, 120_200), []);
});

test('damage goes with its footage', (context) => {
  const { fixture, record, damages } = fixtureFor(context);
  const first = record(0, 100_000, [pictures]);
  record(1, 110_000, [sound]);
  fixture.index.deletion.markDeleting([first], 'max_age');
  fixture.index.deletion.finishDeleting([first]);
  assert.deepEqual(damages(), [['audio', 110_300, 110_320, 1, 1]]);
  assert.deepEqual(fixture.index.check(), []);
});

test('a stream that is not known has none', (context) => {
  const { fixture } = fixtureFor(context);
  assert.deepEqual(fixture.index.footage.damages(randomUUID(), 0, 1_000_000), []);
});
