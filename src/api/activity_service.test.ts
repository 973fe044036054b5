import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { IndexFixture, summaryOf } from '../../test/fixtures/index_fixture.ts';
import type { OpenFootage } from '../recorder/open_footage.ts';
import { trackTicks, unixMillis } from '../units/time.ts';
import { findBurst, readActivity } from './activity_service.ts';

/** Footage without a break from 1,000 s on, in segments, of one fragment a second; the last segment is being written. */
function recorded(context: TestContext, segments: readonly string[], live = '') {
  const fixture = new IndexFixture();
  context.after(() => fixture.remove());
  const { streamId } = fixture.addCamera();
  const runId = randomUUID();
  const fragmentsOf = (startMs: number, levels: string) =>
    Array.from(levels, (digit, index) => ({
      ...summaryOf({ id: '', startMs, endMs: startMs }).fragments[0]!,
      startMs: unixMillis(startMs + 1_000 * index),
      durationTicks: trackTicks(90_000),
      activity: Number.parseInt(digit, 16),
    }));
  let startMs = 1_000_000;
  for (const [number, levels] of segments.entries()) {
    const id = fixture.reserve({ streamId, runId, number, startMs });
    const summary = summaryOf({ id, startMs, endMs: startMs + 1_000 * levels.length });
    fixture.index.ledger.close({ ...summary, fragments: fragmentsOf(startMs, levels) }, { overlap: false });
    startMs += 1_000 * levels.length;
  }
  const open = { tracks: [], fragments: fragmentsOf(startMs, live) } as unknown as OpenFootage;
  const sources = {
    footage: fixture.index.footage,
    openFootage: () => (live === '' ? [] : [open]),
  };
  const burst = (fromSeconds: number, direction: 'next' | 'previous') => {
    const found = findBurst(sources, {
      streamId,
      fromMs: unixMillis(1_000_000 + fromSeconds * 1_000),
      direction,
    });
    return found.burst && (found.burst.startMs - 1_000_000) / 1_000;
  };
  return { sources, streamId, burst };
}

const rows: readonly {
  readonly name: string;
  readonly segments: readonly string[];
  readonly live?: string;
  readonly next: Readonly<Record<number, number | undefined>>;
  readonly previous: Readonly<Record<number, number | undefined>>;
}[] = [
  {
    name: 'quiet footage has no bursts',
    segments: ['111111', '111111'],
    next: { [-100]: undefined, 3: undefined },
    previous: { 100: undefined },
  },
  {
    name: 'those of one segment are told apart',
    segments: ['1171111111911111'],
    next: { 0: 2, 2: 10, 10: undefined },
    previous: { 16: 10, 10: 2, 2: undefined },
  },
  {
    name: 'one that goes on in the next segments began in the first',
    segments: ['1111111118', '8888888888', '9999999999', '8111111111', '1111111711'],
    next: { 0: 9, 9: 47, 25: 47 },
    previous: { 60: 47, 47: 9, 25: 9, 9: undefined },
  },
  {
    name: 'one in what is being written is the last',
    segments: ['1171111111'],
    live: '11111118111',
    next: { 0: 2, 2: 17, 17: undefined },
    previous: { 30: 17, 17: 2 },
  },
];

for (const { name, segments, live, next, previous } of rows) {
  test(name, (context) => {
    const { burst } = recorded(context, segments, live);
    for (const [from, expected] of Object.entries(next)) {
      assert.deepEqual(burst(Number(from), 'next'), expected, `next after ${from}`);
    }
    for (const [from, expected] of Object.entries(previous)) {
      assert.deepEqual(burst(Number(from), 'previous'), expected, `previous before ${from}`);
    }
  });
}

test('a window has closed footage and what is being written, clipped to what is known', (context) => {
  const { sources, streamId } = recorded(context, ['123'], '45');
  const answer = readActivity(
    sources,
    { streamId, fromMs: unixMillis(0), toMs: unixMillis(1e12) },
    { startMs: 999_000, endMs: 1_005_000 },
  );
  assert.deepEqual(answer, { startMs: 999_000, stepMs: 1_000, levels: '012345' });
});

test('no answer has more steps than a screen can show, whatever is asked', (context) => {
  const { sources, streamId } = recorded(context, ['123']);
  const year = { startMs: 0, endMs: 365 * 86_400_000 };
  const answer = readActivity(sources, { streamId, fromMs: unixMillis(0), toMs: unixMillis(1e12) }, year);
  assert.ok(answer.levels.length <= 8_192);
  assert.ok(answer.levels.length * answer.stepMs >= year.endMs);
});
