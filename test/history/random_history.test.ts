import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCoverage } from '../../src/api/coverage_service.ts';
import { readTimeline } from '../../src/api/timeline_service.ts';
import { type GapCause, gapCauses } from '../../src/footage/gap_cause.ts';
import { GapKeeper, gapAtStart } from '../../src/recorder/gap_keeper.ts';
import { readStreamPast } from '../../src/recorder/stream_past.ts';
import { unixMillis } from '../../src/units/time.ts';
import { IndexFixture } from '../fixtures/index_fixture.ts';

type Command = readonly [kind: string, ms: number, cause: GapCause, overlapMs: number];

const noon = Date.UTC(2026, 2, 1, 12);
const kinds = [
  'record',
  'record',
  'record',
  'trouble',
  'wait',
  'stop',
  'crash',
  'step',
  'step back',
  'delete',
  'pause',
] as const;

/** A stream as the main thread keeps it, whose process may go at any moment. */
class Stream {
  readonly #fixture: IndexFixture;
  readonly streamId: string;
  #keeper: GapKeeper;
  #startedMs: number;
  #runId = randomUUID();
  #number = 0;
  readonly #segments: string[] = [];

  constructor(fixture: IndexFixture) {
    this.#fixture = fixture;
    this.streamId = fixture.addCamera().streamId;
    this.#keeper = new GapKeeper(fixture.index.ledger);
    this.#startedMs = this.#nowMs;
  }

  get #nowMs(): number {
    return this.#fixture.clock.now();
  }

  play([kind, ms, cause, overlapMs]: Command): void {
    const { clock, index } = this.#fixture;
    const report = (what: GapCause, sinceMs = this.#nowMs) =>
      this.#keeper.notRecording(this.streamId, unixMillis(sinceMs), what, clock.now());
    switch (kind) {
      case 'record': {
        // A reconnect may bring once more what was there.
        const startMs = this.#nowMs - overlapMs;
        clock.advance(ms);
        if (overlapMs > 0) this.#newRun();
        this.#keeper.recording(this.streamId, unixMillis(startMs));
        const runId = this.#runId;
        const segment = {
          streamId: this.streamId,
          runId,
          number: this.#number++,
          startMs,
          endMs: this.#nowMs,
        };
        this.#segments.push(this.#fixture.record(segment));
        return;
      }
      case 'trouble':
      case 'pause':
        report(kind === 'pause' ? 'paused' : cause);
        this.#newRun();
        return clock.advance(ms);
      case 'wait':
        return clock.advance(ms);
      case 'step':
        this.#newRun();
        return clock.stepWallClock(ms);
      case 'step back':
        this.#newRun();
        return clock.stepWallClock(-ms);
      case 'delete': {
        const oldest = this.#segments.shift();
        return oldest === undefined ? undefined : this.#fixture.deleteSegment(oldest);
      }
      case 'stop':
        report('recorder_stopped');
        index.ledger.heartbeat(clock.now());
        clock.advance(ms);
        return this.#start();
      default:
        // Killed: what its keeper knew is gone, what was committed is there.
        index.ledger.heartbeat(clock.now());
        clock.advance(ms);
        return this.#start();
    }
  }

  #start(): void {
    const { clock } = this.#fixture;
    const { ledger, footage } = this.#fixture.index;
    this.#keeper = new GapKeeper(ledger);
    this.#newRun();
    this.#startedMs = this.#nowMs;
    const past = readStreamPast(footage, {
      streamId: this.streamId,
      startedMs: unixMillis(this.#startedMs),
      heartbeatMs: ledger.lastHeartbeat(),
      nowMs: clock.now(),
    });
    if (past.openGap) this.#keeper.known(this.streamId, past.openGap.cause);
    const gap = gapAtStart(past);
    if (gap) this.#keeper.notRecording(this.streamId, gap.fromMs, gap.cause, clock.now());
  }

  #newRun(): void {
    this.#runId = randomUUID();
    this.#number = 0;
  }
}

test('whatever happened, footage and gaps tile all that is known, and every window tells the same of it', (context) => {
  const fixture = new IndexFixture(noon);
  context.after(() => fixture.remove());
  const command = fc.tuple(
    fc.constantFrom<string[]>(...kinds),
    fc.integer({ min: 1, max: 20_000 }),
    fc.constantFrom(...gapCauses),
    fc.oneof(fc.constant(0), fc.constant(0), fc.nat(8_000)),
  );
  const windows = fc.array(fc.tuple(fc.nat(200_000), fc.integer({ min: 1, max: 60_000 })), { minLength: 4 });
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 25 }), windows, (history, asked) => {
      const createdMs = Math.floor(fixture.clock.now());
      const stream = new Stream(fixture);
      for (const each of history) stream.play(each);
      const { streamId } = stream;
      const sources = { footage: fixture.index.footage, openFootage: () => [], clock: fixture.clock };
      const read = (fromMs: number, toMs: number) => {
        const window = { fromMs: unixMillis(fromMs), toMs: unixMillis(toMs) };
        const { recordings, gaps, ...bounds } = readTimeline(sources, { streamId, ...window });
        const parts = [
          ...recordings.map(({ startMs, endMs, runId }) => ({ startMs, endMs, what: runId })),
          ...gaps.map(({ startMs, endMs, cause }) => ({ startMs, endMs, what: cause as string })),
        ].sort((a, b) => a.startMs - b.startMs);
        let reached: number = bounds.expectedFromMs;
        for (const { startMs, endMs } of parts) {
          assert.equal(startMs, reached);
          assert.ok(endMs > startMs);
          reached = endMs;
        }
        assert.equal(reached, bounds.knownToMs);
        const summed = readCoverage(sources, { stream: { id: streamId, role: 'main' }, ...window });
        assert.equal(summed.coveredMs + summed.missingMs, bounds.knownToMs - bounds.expectedFromMs);
        return parts;
      };
      const whole = read(0, 2 * noon);
      for (const [offset, length] of asked) {
        const [fromMs, toMs] = [createdMs - 20_000 + offset, createdMs - 20_000 + offset + length];
        const clipped = whole
          .map((part) => ({
            ...part,
            startMs: Math.max(part.startMs, fromMs),
            endMs: Math.min(part.endMs, toMs),
          }))
          .filter(({ startMs, endMs }) => startMs < endMs);
        assert.deepEqual(read(fromMs, toMs), clipped);
      }
    }),
    { numRuns: 60 },
  );
  assert.deepEqual(
    fixture.index.check().filter((fault) => !/ bytes in segments and \d+ in coverage$/.test(fault)),
    [],
  );
});
