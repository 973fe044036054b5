import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { GapKeeper, gapAtStart, type StreamPast } from './gap_keeper.ts';
import { readStreamPast } from './stream_past.ts';

const past: StreamPast = {
  createdMs: unixMillis(1_000),
  startedMs: unixMillis(8_000),
  lastFootageMs: undefined,
  openGap: undefined,
  heartbeatMs: undefined,
  nowMs: unixMillis(10_000),
  lastPastFootageMs: undefined,
};

const table: [string, Partial<StreamPast>, { fromMs: number; cause: GapCause } | undefined][] = [
  ['a camera that was added just now has no gap yet', { createdMs: unixMillis(8_000) }, undefined],
  [
    'a camera of which there is no trace was added moments before a crash',
    {},
    { fromMs: 1_000, cause: 'crash' },
  ],
  [
    'footage that ends without a gap ended in a crash',
    { lastFootageMs: unixMillis(5_000), heartbeatMs: unixMillis(4_000) },
    { fromMs: 5_000, cause: 'crash' },
  ],
  [
    'a crash while the camera was away is dated by the last heartbeat',
    {
      openGap: { startMs: unixMillis(5_000), cause: 'unreachable' },
      heartbeatMs: unixMillis(9_000),
      lastFootageMs: unixMillis(5_000),
    },
    { fromMs: 9_000, cause: 'crash' },
  ],
  [
    'an orderly stop goes on until there is footage',
    { openGap: { startMs: unixMillis(5_000), cause: 'recorder_stopped' }, heartbeatMs: unixMillis(4_000) },
    undefined,
  ],
  [
    'footage of a clock that was ahead does not say when the outage began: it did after the newest before it',
    {
      lastFootageMs: unixMillis(90_000),
      lastPastFootageMs: unixMillis(6_000),
      heartbeatMs: unixMillis(90_000),
    },
    { fromMs: 6_000, cause: 'crash' },
  ],
  [
    'where all that is known is of a clock that was ahead, the gap begins now',
    { createdMs: unixMillis(80_000), startedMs: unixMillis(80_001), lastFootageMs: unixMillis(90_000) },
    { fromMs: 10_000, cause: 'crash' },
  ],
  [
    'an orderly stop by a clock that was ahead is one by the right clock too',
    {
      openGap: { startMs: unixMillis(90_000), cause: 'recorder_stopped' },
      lastFootageMs: unixMillis(90_000),
      lastPastFootageMs: unixMillis(6_000),
    },
    { fromMs: 6_000, cause: 'recorder_stopped' },
  ],
];

for (const [sentence, change, expected] of table) {
  test(sentence, () => assert.deepEqual(gapAtStart({ ...past, ...change }), expected));
}

test('a gap is opened once per cause and closed by footage', () => {
  const calls: string[] = [];
  const keeper = new GapKeeper({
    openGap: (_, fromMs: UnixMillis, cause) => calls.push(`${cause} from ${fromMs}`),
    closeGap: (_, toMs: UnixMillis) => calls.push(`until ${toMs}`),
  });
  keeper.notRecording('s', unixMillis(1), 'unreachable', unixMillis(1));
  keeper.notRecording('s', unixMillis(2), 'unreachable', unixMillis(2));
  keeper.notRecording('s', unixMillis(3), 'authentication', unixMillis(3));
  keeper.recording('s', unixMillis(4));
  keeper.recording('s', unixMillis(5));
  assert.deepEqual(calls, ['unreachable from 1', 'authentication from 3', 'until 4']);
});

test('a new cause does not reach back behind the last report of the one before', () => {
  const calls: string[] = [];
  const keeper = new GapKeeper({
    openGap: (_, fromMs: UnixMillis, cause) => calls.push(`${cause} from ${fromMs}`),
    closeGap: () => {},
  });
  keeper.known('s', 'recorder_stopped');
  keeper.notRecording('s', unixMillis(10), 'unreachable', unixMillis(20));
  keeper.notRecording('s', unixMillis(30), 'unreachable', unixMillis(30));
  keeper.notRecording('s', unixMillis(10), 'damaged', unixMillis(40));
  keeper.notRecording('s', unixMillis(60), 'no_packets', unixMillis(65));
  // The clock was set back.
  keeper.notRecording('s', unixMillis(50), 'refused', unixMillis(50));
  assert.deepEqual(calls, [
    'unreachable from 10',
    'damaged from 30',
    'no_packets from 60',
    'refused from 50',
  ]);
});

test('an outage that ends after the clock was set back is on record up to the first footage, and no longer', (context) => {
  const dayMs = 86_400_000;
  for (const end of ['crash', 'unreachable', 'recorder_stopped'] as const) {
    const fixture = new IndexFixture(dayMs);
    context.after(() => fixture.remove());
    const { ledger, footage } = fixture.index;
    const { streamId } = fixture.addCamera();
    fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: dayMs, endMs: dayMs + 60_000 });
    // The clock goes ahead.
    fixture.record({
      streamId,
      runId: randomUUID(),
      number: 0,
      startMs: 2 * dayMs,
      endMs: 2 * dayMs + 60_000,
    });
    if (end !== 'crash') ledger.openGap(streamId, unixMillis(2 * dayMs + 60_000), end);
    ledger.heartbeat(unixMillis(3 * dayMs));
    const nowMs = unixMillis(dayMs + 600_000);
    const heartbeatMs = ledger.lastHeartbeat();
    const read = readStreamPast(footage, { streamId, startedMs: nowMs, heartbeatMs, nowMs });
    const gap = gapAtStart(read)!;
    ledger.openGap(streamId, gap.fromMs, gap.cause);
    ledger.closeGap(streamId, unixMillis(nowMs + 5_000));
    assert.deepEqual(
      footage
        .gaps(streamId, 0, 4 * dayMs)
        .map((each) => [each.startMs - dayMs, each.endMs! - nowMs, each.cause]),
      [[60_000, 5_000, end === 'recorder_stopped' ? end : 'crash']],
    );
    assert.deepEqual(fixture.index.check(), []);
  }
});
