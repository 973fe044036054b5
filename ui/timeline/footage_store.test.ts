import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { composeTimeline, type DamagedFootage } from '../../src/footage/timeline.ts';
import { unixMillis } from '../../src/units/time.ts';
import { levelAt } from './activity.ts';
import { askedResolution, type WindowKey } from './footage_levels.ts';
import { FootageStore } from './footage_store.ts';
import { maxSpanMs, msPerPx, type Viewport } from './viewport.ts';

const added = Date.UTC(2026, 8, 1);
const hourMs = 3_600_000;

/** A server with footage from `added` on, but for gaps, up to `edgeMs`; its clock shows `nowMs`. */
class FakeServer {
  asked: WindowKey[] = [];
  nowMs = added + 30 * 24 * hourMs;
  edgeMs = this.nowMs - 500;
  gaps: { startMs: number; endMs: number }[] = [];
  damages: DamagedFootage[] = [];
  events: TimelineAnswer['events'] = [];

  answer(key: WindowKey): TimelineAnswer {
    this.asked.push(key);
    const resolutionMs = askedResolution(key);
    const runs: { startMs: number; endMs: number }[] = [];
    let startMs = added;
    for (const gap of this.gaps) {
      runs.push({ startMs, endMs: gap.startMs });
      startMs = gap.endMs;
    }
    const timeline = composeTimeline({
      fromMs: key.fromMs,
      toMs: key.toMs,
      nowMs: this.nowMs,
      expectedFromMs: added,
      coverage: runs.map((run, index) => ({
        runId: `${index}`,
        startMs: unixMillis(run.startMs),
        endMs: unixMillis(run.endMs),
        bytes: 1,
      })),
      gaps: this.gaps.map((gap) => ({
        startMs: unixMillis(gap.startMs),
        endMs: unixMillis(gap.endMs),
        cause: 'unreachable' as const,
      })),
      live: [{ runId: 'live', startMs: unixMillis(startMs), endMs: unixMillis(this.edgeMs), bytes: 1 }],
      damages: this.damages,
      defaultCause: 'no_packets',
      ...(resolutionMs !== undefined && { resolutionMs }),
    });
    return {
      ...timeline,
      recordings: [...timeline.recordings],
      gaps: [...timeline.gaps],
      damages: [...timeline.damages],
      events: this.events.filter(({ startMs, endMs }) => startMs < key.toMs && endMs >= key.fromMs),
      activity: this.activity(key),
    };
  }

  /** Of each step the last digit of its number, as far as footage goes. */
  activity({ resolutionMs, fromMs, toMs }: WindowKey): TimelineAnswer['activity'] {
    const stepMs = Math.max(1_000, resolutionMs);
    const first = Math.floor(fromMs / stepMs);
    const count = Math.max(0, Math.ceil(Math.min(toMs, this.edgeMs) / stepMs) - first);
    const levels = Array.from({ length: count }, (_, index) => String((first + index) % 10)).join('');
    return { startMs: first * stepMs, stepMs, levels };
  }

  fill(store: FootageStore, view: Viewport): number {
    const keys = store.wanted(view, this.nowMs, 0);
    for (const key of keys) store.put(key, this.answer(key), this.nowMs);
    return keys.length;
  }
}

const viewOf = (centreMs: number, spanMs: number): Viewport => ({ centreMs, spanMs, widthPx: 1200 });

test('a view that was fetched is not fetched again, nor are small moves within the margin', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(added + 10 * 24 * hourMs, hourMs);
  assert.ok(server.fill(store, view) > 0);
  assert.deepEqual(store.compose(view, server.nowMs).unknown, []);
  assert.equal(server.fill(store, view), 0);
  const moved = { ...view, centreMs: view.centreMs + hourMs / 5 };
  assert.deepEqual(store.compose(moved, server.nowMs).unknown, [], 'the margin is there before it is seen');
});

test('never more detail than a pixel, nor more windows than a few, from 10 seconds to 60 days', () => {
  for (let spanMs = 10_000; spanMs <= maxSpanMs; spanMs *= 1.7) {
    const server = new FakeServer();
    const view = viewOf(added + 15 * 24 * hourMs, spanMs);
    assert.ok(server.fill(new FootageStore(), view) <= 4);
    for (const key of server.asked) {
      assert.ok(key.resolutionMs <= Math.max(128, msPerPx(view)));
      assert.ok(key.resolutionMs > msPerPx(view) / 2 || key.resolutionMs <= 128);
    }
  }
});

test('what a view shows is what happened, to a pixel, whatever was looked at before', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          at: fc.integer({ min: 0, max: 29 * 24 * 60 }),
          minutes: fc.integer({ min: 1, max: 300 }),
        }),
        { maxLength: 40 },
      ),
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          span: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      (holes, looks) => {
        const server = new FakeServer();
        let free = added + 60_000;
        for (const { at, minutes } of holes.toSorted((a, b) => a.at - b.at)) {
          const startMs = Math.max(free, added + at * 60_000);
          server.gaps.push({ startMs, endMs: startMs + minutes * 60_000 });
          free = startMs + (minutes + 5) * 60_000;
        }
        server.gaps = server.gaps.filter(({ endMs }) => endMs < server.edgeMs - 60_000);
        const store = new FootageStore();
        for (const { at, span } of looks) {
          const view = viewOf(added + at * 30 * 24 * hourMs, 10_000 * (maxSpanMs / 10_000) ** span);
          server.fill(store, view);
          const { parts } = store.compose(view, server.nowMs);
          for (const part of parts) {
            if (part.kind !== 'gap') continue;
            assert.ok(server.gaps.some((gap) => gap.startMs < part.endMs && gap.endMs > part.startMs));
          }
          for (const gap of server.gaps) {
            const middle = (gap.startMs + gap.endMs) / 2;
            if (Math.abs(middle - view.centreMs) * 2 >= view.spanMs || middle < added) continue;
            assert.ok(
              parts.some((part) => part.kind === 'gap' && part.startMs <= middle && part.endMs >= middle),
              'no gap is hidden',
            );
          }
        }
      },
    ),
    { seed: 3, numRuns: 60 },
  );
});

test('the present grows by what the server pushes; asked is for its activity alone, each ten seconds', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(server.nowMs, 60_000);
  server.fill(store, view);
  const asked: number[] = [];
  for (let second = 1; second <= 30; second++) {
    server.nowMs += 1000;
    server.edgeMs += 1000;
    store.grew(server.edgeMs);
    if (server.fill(store, view) > 0) asked.push(second);
  }
  assert.deepEqual(asked, [11, 22]);
  const { parts, activity } = store.compose(view, server.nowMs);
  assert.ok(levelAt(activity, server.edgeMs - 11_000) > 0 || levelAt(activity, server.edgeMs - 12_000) > 0);
  assert.equal(parts.at(-1)?.endMs, server.edgeMs);
  assert.equal(parts.length, 1);
});

test('silence and a leap are asked for, since they may be gaps', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(server.nowMs, 600_000);
  server.fill(store, view);
  server.nowMs += 6000;
  assert.ok(server.fill(store, view) > 0, 'silence');
  server.gaps.push({ startMs: server.edgeMs, endMs: server.edgeMs + 60_000 });
  server.edgeMs += 90_000;
  server.nowMs = server.edgeMs + 300;
  store.grew(server.edgeMs);
  assert.ok(server.fill(store, view) > 0, 'leap');
  assert.deepEqual(
    store.compose(view, server.nowMs).parts.map(({ kind }) => kind),
    ['recorded', 'gap', 'recorded'],
  );
});

test('a gap within a run is asked for, however short, in every window that shows it', () => {
  for (const holeMs of [3_100, 3_500, 4_300, 8_000]) {
    const server = new FakeServer();
    const store = new FootageStore();
    const [wide, close] = [viewOf(server.nowMs, 600_000), viewOf(server.nowMs, 60_000)];
    server.fill(store, wide);
    server.fill(store, close);
    server.gaps.push({ startMs: server.edgeMs, endMs: server.edgeMs + holeMs });
    for (let fragment = 1; fragment <= 5; fragment++) {
      const passedMs = fragment === 1 ? holeMs + 1000 : 1000;
      server.nowMs += passedMs;
      server.edgeMs += passedMs;
      store.grew(server.edgeMs);
      server.fill(store, close);
    }
    server.fill(store, wide);
    for (const view of [close, wide]) {
      const { parts } = store.compose(view, server.nowMs);
      const kinds = parts.map(({ kind }) => kind);
      assert.deepEqual(kinds, ['recorded', 'gap', 'recorded'], `${holeMs} ms in ${view.spanMs} ms`);
      assert.equal(parts.at(-1)?.endMs, server.edgeMs);
    }
  }
});

test('deleted footage is asked for where it was deleted, and the old is shown until the answer', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(added + 24 * hourMs, 2 * hourMs);
  server.fill(store, view);
  const gap = { startMs: view.centreMs - 60_000, endMs: view.centreMs + 60_000 };
  server.gaps.push(gap);
  store.invalidate(added + 100 * hourMs, added + 101 * hourMs);
  assert.equal(server.fill(store, view), 0, 'elsewhere');
  store.invalidate(gap.startMs, gap.endMs);
  assert.deepEqual(store.compose(view, server.nowMs).unknown, []);
  assert.ok(server.fill(store, view) > 0);
  assert.equal(store.compose(view, server.nowMs).parts.length, 3);
});

test('before it is fetched, a closer view shows what a wider one knows', () => {
  const server = new FakeServer();
  server.gaps.push({ startMs: added + 24 * hourMs, endMs: added + 48 * hourMs });
  const store = new FootageStore();
  server.fill(store, viewOf(added + 15 * 24 * hourMs, maxSpanMs));
  const close = viewOf(added + 36 * hourMs, hourMs);
  assert.deepEqual(store.compose(close, server.nowMs).unknown, []);
  assert.equal(store.compose(close, server.nowMs).parts[0]?.kind, 'gap');
  assert.equal(store.expectedFromMs, added);
});

test('a window that could not be fetched is wanted again; memory stays bounded', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(added + 24 * hourMs, hourMs);
  const keys = store.wanted(view, server.nowMs, 0);
  assert.equal(store.wanted(view, server.nowMs, 0).length, 0, 'not twice at once');
  for (const key of keys) store.failed(key);
  assert.equal(store.wanted(view, server.nowMs, 0).length, keys.length);
  for (const key of keys) store.failed(key);
  for (let day = 0; day < 29; day++) {
    for (let hour = 0; hour < 24; hour += 4)
      server.fill(store, viewOf(added + (day * 24 + hour) * hourMs, hourMs));
  }
  assert.equal(server.fill(store, view) > 0, true, 'the oldest were forgotten');
});

test('damage is shown whole across windows, with its counts', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(added + 10 * 24 * hourMs, hourMs);
  const startMs = view.centreMs - hourMs / 4;
  server.damages = [
    {
      runId: '0',
      media: 'video',
      startMs: unixMillis(startMs),
      endMs: unixMillis(startMs + hourMs),
      packetsLost: 40,
      unitsDropped: 7,
    },
  ];
  server.gaps = [{ startMs: server.nowMs - hourMs, endMs: server.nowMs - hourMs / 2 }];
  server.fill(store, view);
  assert.deepEqual(store.compose(view, server.nowMs).damages, [
    { media: 'video', startMs, endMs: view.centreMs + hourMs / 2, packetsLost: 40, unitsDropped: 7 },
  ]);
});

test('an event that windows have in common is told once, whole, and one that goes on ends now', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const motion = { type: 'motion', ongoing: false, count: 1 };
  const centreMs = server.nowMs - 20 * 60_000;
  server.events = [
    { ...motion, startMs: centreMs - 48 * hourMs, endMs: centreMs - 47 * hourMs },
    { ...motion, startMs: centreMs - 24 * hourMs, endMs: centreMs + 60_000 },
    { ...motion, startMs: centreMs, endMs: centreMs },
    { ...motion, startMs: centreMs + 1, endMs: centreMs + 1, ongoing: true },
  ];
  const view = viewOf(centreMs, hourMs);
  server.fill(store, view);
  assert.ok(server.asked.length > 1, 'several windows');
  server.nowMs += 1_000;
  const [, long, short, open] = server.events;
  assert.deepEqual(store.compose(view, server.nowMs).events, [long, short, { ...open, endMs: server.nowMs }]);
});

test('what changes while it is being fetched is fetched once more', () => {
  const server = new FakeServer();
  const store = new FootageStore();
  const view = viewOf(server.nowMs - hourMs, hourMs / 4);
  const keys = store.wanted(view, server.nowMs, 0);
  const answers = keys.map((key) => server.answer(key));
  store.invalidate(view.centreMs, view.centreMs + 1);
  for (const [index, key] of keys.entries()) store.put(key, answers[index]!, server.nowMs);
  const again = store.wanted(view, server.nowMs, 0);
  assert.deepEqual(
    again.map(({ fromMs, toMs }) => fromMs <= view.centreMs && toMs > view.centreMs),
    [true],
  );
  for (const key of again) store.put(key, server.answer(key), server.nowMs);
  assert.deepEqual(store.wanted(view, server.nowMs, 0), []);
});

test('activity is that of the step in which an instant lies, from window to window', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10_000, max: 30 * 24 * hourMs }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (spanMs, at) => {
        const server = new FakeServer();
        const store = new FootageStore();
        const view = viewOf(added + 15 * 24 * hourMs, spanMs);
        server.fill(store, view);
        const ms = Math.ceil(view.centreMs - spanMs / 2) + Math.floor(at * (spanMs - 2));
        const stepMs = Math.max(1_000, server.asked[0]!.resolutionMs);
        const expected = ms < server.edgeMs && ms >= added ? Math.floor(ms / stepMs) % 10 : 0;
        const { activity } = store.compose(view, server.nowMs);
        if (ms < server.edgeMs - stepMs && ms > added) assert.equal(levelAt(activity, ms), expected);
      },
    ),
  );
});
