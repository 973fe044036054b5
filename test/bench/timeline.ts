/**
 * How long a timeline query takes in process, with a million segments in the index.
 *
 * Twelve streams, 60 days, a segment a minute but for some, 1,000 runs and as many holes per stream: every day has
 * holes of several causes. The same number of rows as an answer is made of, read raw from the same database by one
 * bare `select` in the same round, says what the machine can do.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { readTimeline } from '../../src/api/timeline_service.ts';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { unixMillis } from '../../src/units/time.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import {
  dayMs,
  days,
  endMs,
  fillIndex,
  runsPerStream,
  segments,
  startMs,
  streams,
} from './storage/million_segments.ts';

const rounds = 31;
/** To reach, in milliseconds. */
const goals = { day: 5, all: 20 };

const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
try {
  run(join(folder, 'nightjar.db'));
} finally {
  rmSync(folder, { recursive: true });
}

function run(file: string): void {
  const clock = new SimulatedClock(startMs);
  const index = openIndex({ file, migrationsDir, clock });
  const began = systemClock.monotonic();
  const streamIds = fillIndex(index, file);
  console.log(
    `${segments} segments, ${streams} streams, ${streams * runsPerStream} runs, ${days} days: built in ` +
      `${((systemClock.monotonic() - began) / 1_000).toFixed(1)} s, ${(statSync(file).size / 2 ** 20).toFixed(0)} MB`,
  );
  clock.advance(endMs - startMs);
  const sources = { footage: index.footage, events: index.events, openFootage: () => [], clock };
  const raw = new SqliteDatabase(file, { readonly: true });
  const rows = [
    measure(sources, raw, streamIds, 'a day', 1, goals.day),
    measure(sources, raw, streamIds, '60 days', days, goals.all),
  ];
  console.table(rows);
  raw.close();
  index.close();
  if (rows.some((row) => row['median ms'] > row['goal ms'])) process.exitCode = 1;
}

/** The medians of both ways of reading, taken in turns. */
function measure(
  sources: Parameters<typeof readTimeline>[0],
  raw: SqliteDatabase.Database,
  streamIds: readonly string[],
  window: string,
  windowDays: number,
  goal: number,
) {
  const ours: number[] = [];
  const bare: number[] = [];
  let parts = 0;
  for (let round = 0; round < rounds; round++) {
    const streamId = streamIds[round % streamIds.length]!;
    // Whole days somewhere in the recorded time, another one in each round.
    const fromMs = unixMillis(startMs + ((round * 7) % (days - windowDays + 1)) * dayMs);
    ours.push(
      timed(() => {
        const timeline = readTimeline(sources, {
          streamId,
          fromMs,
          toMs: unixMillis(fromMs + windowDays * dayMs),
        });
        parts = timeline.recordings.length + timeline.gaps.length;
      }),
    );
    const select = raw.prepare('select key, id, start_ms, end_ms, bytes from segments where key > ? limit ?');
    bare.push(timed(() => select.all(round * 1_000, parts)));
  }
  return {
    window,
    parts,
    'median ms': rounded(median(ours)),
    'worst ms': rounded(Math.max(...ours)),
    'goal ms': goal,
    'raw select of as many rows, median ms': rounded(median(bare)),
    ratio: rounded(median(ours) / median(bare)),
  };
}

function timed(work: () => unknown): number {
  const began = systemClock.monotonic();
  work();
  return systemClock.monotonic() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
