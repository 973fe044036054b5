import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeTimeline } from '../../src/footage/timeline.ts';
import { unixMillis } from '../../src/units/time.ts';
import { type AskTimeline, lookUp } from './footage_lookup.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2026, 10, 21, 14);
const added = now - 50 * 24 * hourMs;

/** Footage from `added` to now but for these holes, in hours before now. */
function serverWith(
  holes: readonly (readonly [from: number, to: number])[],
  ongoingHours?: number,
): { ask: AskTimeline; asked: number } {
  const gaps = holes.map(([from, to]) => ({
    startMs: unixMillis(now - from * hourMs),
    endMs: unixMillis(now - to * hourMs),
    cause: 'crash' as const,
  }));
  const ends = [
    ...gaps,
    {
      startMs: unixMillis(ongoingHours === undefined ? now : now - ongoingHours * hourMs),
      endMs: unixMillis(now),
    },
  ];
  const server = {
    asked: 0,
    ask: async (fromMs: number, toMs: number) => {
      server.asked++;
      let startMs = unixMillis(added);
      const coverage = ends.map((gap, index) => {
        const stretch = { runId: `${index}`, startMs, endMs: gap.startMs, bytes: 1 };
        startMs = gap.endMs;
        return stretch;
      });
      const ongoing =
        ongoingHours === undefined
          ? []
          : [{ startMs: ends.at(-1)!.startMs, endMs: undefined, cause: 'refused' as const }];
      const timeline = composeTimeline({
        fromMs,
        toMs,
        nowMs: now,
        expectedFromMs: added,
        coverage,
        gaps: [...gaps, ...ongoing],
        live: [],
        damages: [],
        defaultCause: 'no_packets',
      });
      return { ...timeline, recordings: [...timeline.recordings], gaps: [...timeline.gaps] };
    },
  };
  return server;
}

test('an instant of footage is one short question', async () => {
  const server = serverWith([[5, 4.9]]);
  assert.equal((await lookUp(server.ask, now - 10 * hourMs, now)).kind, 'recorded');
  assert.equal(server.asked, 1);
});

test('a gap is told whole, however long it is, with where footage begins again', async () => {
  for (const [from, to] of [
    [5, 4.9],
    [30, 10],
    [40 * 24, 2 * 24],
  ] as const) {
    const middle = now - ((from + to) / 2) * hourMs;
    assert.deepEqual(await lookUp(serverWith([[from, to]]).ask, middle, now), {
      kind: 'gap',
      startMs: now - from * hourMs,
      endMs: now - to * hourMs,
      cause: 'crash',
      ongoing: false,
      nextMs: now - to * hourMs,
    });
  }
});

test('a gap that lasts has no next footage', async () => {
  const place = await lookUp(serverWith([], 50).ask, now - hourMs, now);
  assert.deepEqual(place, {
    kind: 'gap',
    startMs: now - 50 * hourMs,
    endMs: now,
    cause: 'refused',
    ongoing: true,
    nextMs: undefined,
  });
});

test('before the camera was added, and now', async () => {
  assert.deepEqual(await lookUp(serverWith([]).ask, added - 100 * hourMs, now), {
    kind: 'before',
    nextMs: added,
  });
  assert.deepEqual(await lookUp(serverWith([]).ask, now + 5, now), { kind: 'present', lastMs: now });
});
