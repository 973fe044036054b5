import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import { unixMillis } from '../units/time.ts';
import { GapHistory } from './gap_history.ts';
import { tellMissedGaps } from './missed_gaps.ts';

type Line = { readonly fromMs?: number; readonly toMs?: number; readonly cause?: GapCause };

/** The backup is of the instant 1,000; what it has as an open gap, what the journal says, and what is told then. */
const cases: readonly {
  name: string;
  open?: readonly [number, GapCause];
  lines: readonly Line[];
  told: readonly string[];
}[] = [
  { name: 'nothing happened', lines: [], told: [] },
  {
    name: 'a gap began and ended',
    lines: [{ fromMs: 1_200, cause: 'refused' }, { toMs: 1_300 }],
    told: ['1200-1300 refused'],
  },
  {
    name: 'a gap began and goes on',
    lines: [{ fromMs: 1_200, cause: 'recorder_stopped' }],
    told: ['1200- recorder_stopped'],
  },
  {
    name: 'one that lasted ended',
    open: [900, 'unreachable'],
    lines: [{ fromMs: 900, cause: 'unreachable' }, { toMs: 1_300 }],
    told: ['900-1300 unreachable'],
  },
  {
    name: 'one that lasted goes on',
    open: [900, 'unreachable'],
    lines: [{ fromMs: 900, cause: 'unreachable' }],
    told: ['900- unreachable'],
  },
  {
    name: 'one that lasted got another cause',
    open: [900, 'unreachable'],
    lines: [
      { fromMs: 900, cause: 'unreachable' },
      { fromMs: 1_100, cause: 'authentication' },
      { toMs: 1_300 },
    ],
    told: ['900-1100 unreachable', '1100-1300 authentication'],
  },
  {
    name: 'another one took the place of one that lasted',
    open: [900, 'damaged'],
    lines: [{ fromMs: 900, cause: 'damaged' }, { fromMs: 900, cause: 'crash' }, { toMs: 1_300 }],
    told: ['900-1300 crash'],
  },
  {
    name: 'the end of one that lasted is in no journal',
    open: [900, 'unreachable'],
    lines: [{ fromMs: 1_500, cause: 'crash' }, { toMs: 1_600 }],
    told: ['900-1500 unreachable', '1500-1600 crash'],
  },
  {
    name: 'what came and was deleted meanwhile',
    lines: [{ fromMs: 1_100, toMs: 1_900, cause: 'deleted' }],
    told: ['1100-1900 deleted'],
  },
  {
    name: 'what the index had of its own time stays',
    lines: [{ fromMs: 300, cause: 'refused' }, { toMs: 400 }],
    told: [],
  },
];

for (const { name, open, lines, told } of cases) {
  test(`an index of an older time is told why there was no footage since: ${name}`, (context) => {
    const fixture = new IndexFixture();
    context.after(() => fixture.remove());
    const { streamId } = fixture.addCamera();
    const { ledger, footage } = fixture.index;
    ledger.heartbeat(unixMillis(1_000));
    if (open) ledger.openGap(streamId, unixMillis(open[0]), open[1]);
    const history = new GapHistory();
    history.add('{"streamId":"another","fromMs":1200,"cause":"crash"}');
    for (const line of lines) history.add(JSON.stringify({ streamId, ...line }));
    tellMissedGaps(fixture.index, history);
    const words = footage
      .gaps(streamId, 0, 1e15)
      .map(({ startMs, endMs, cause }) => `${startMs}-${endMs ?? ''} ${cause}`);
    assert.deepEqual(words, told);
    assert.deepEqual(fixture.index.check(), []);
  });
}
