import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GapCause } from '../footage/gap_cause.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import { GapKeeper, gapAtStart, type StreamPast } from './gap_keeper.ts';

const past: StreamPast = {
  createdMs: unixMillis(1_000),
  startedMs: unixMillis(8_000),
  lastFootageMs: undefined,
  openGap: undefined,
  heartbeatMs: undefined,
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
