/**
 * How long a timeline query takes in process, with a million segments in the index.
 *
 * Twelve streams, 60 days, a segment a minute but for some, 1,000 runs and as many holes per stream: every day has
 * holes of several causes. The same number of rows as an answer is made of, read raw from the same database by one
 * bare `select` in the same round, says what the machine can do.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { readTimeline, type TimelineSources } from '../../src/api/timeline_service.ts';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { type Index, openIndex } from '../../src/index/open_index.ts';
import { unixMillis } from '../../src/units/time.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';

const segments = 1_000_000;
const streams = 12;
const runsPerStream = 1_000;
const days = 60;
const rounds = 31;
const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const endMs = startMs + days * dayMs;
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
  const streamIds = fill(index, file);
  console.log(
    `${segments} segments, ${streams} streams, ${streams * runsPerStream} runs, ${days} days: built in ` +
      `${((systemClock.monotonic() - began) / 1_000).toFixed(1)} s, ${(statSync(file).size / 2 ** 20).toFixed(0)} MB`,
  );
  clock.advance(endMs - startMs);
  const sources = { footage: index.footage, openFootage: () => [], clock };
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
  sources: TimelineSources,
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

/** Rows as recording would have left them, but written in one transaction, without hashes and fragments of note. */
function fill(index: Index, file: string): string[] {
  const streamIds = Array.from({ length: streams }, () => randomUUID());
  for (const [number, id] of streamIds.entries()) {
    const stream = {
      id,
      role: 'main' as const,
      url: 'rtsp://camera/1',
      transport: 'auto' as const,
      record: true,
    };
    index.cameras.insert({
      id: randomUUID(),
      name: `Camera ${number}`,
      createdMs: unixMillis(startMs),
      streams: [stream],
    });
  }
  const database = new SqliteDatabase(file);
  database.pragma('synchronous = off');
  const insertRun = database.prepare(
    'insert into runs (key, id, stream_key, clock_epoch) values (?, ?, ?, 0)',
  );
  const insertSegment = database.prepare(`
    insert into segments (id, stream_key, run_key, number, state, path, start_ms, end_ms, bytes, independent, overlap,
      header_hash, body_hash)
    values (?, ?, ?, ?, 'closed', ?, ?, ?, 30000000, 1, 0, zeroblob(32), zeroblob(32))`);
  const insertCoverage = database.prepare('insert into coverage values (?, ?, ?, ?, ?)');
  const insertGap = database.prepare('insert into gaps values (?, ?, ?, ?)');
  const streamKeys = streamIds.map((id) => {
    return database.prepare('select key from streams where id = ?').pluck().get(id) as number;
  });
  const causes = ['unreachable', 'no_packets', 'deleted', 'crash'] as const;
  const perStream = Math.ceil(segments / streams);
  const runMs = (endMs - startMs) / runsPerStream;
  database.transaction(() => {
    let written = 0;
    for (let run = 0; run < runsPerStream; run++) {
      const perRun =
        Math.floor(((run + 1) * perStream) / runsPerStream) - Math.floor((run * perStream) / runsPerStream);
      const runStartMs = Math.round(startMs + run * runMs);
      // After each run, something between a quarter of a minute and most of one is missing.
      const segmentMs = Math.floor((runMs - 15_000 - (run % 40) * 1_000) / perRun);
      const runEndMs = runStartMs + perRun * segmentMs;
      for (const [at, streamKey] of streamKeys.entries()) {
        const runKey = run * streams + at + 1;
        insertRun.run(runKey, randomUUID(), streamKey);
        for (let number = 0; number < perRun && written < segments; number++, written++) {
          const from = runStartMs + number * segmentMs;
          const path = `${streamIds[at]}/${from}-${number}.mp4`;
          insertSegment.run(randomUUID(), streamKey, runKey, number, path, from, from + segmentMs);
        }
        insertCoverage.run(streamKey, runStartMs, runEndMs, runKey, perRun * 30_000_000);
        const nextMs = Math.round(startMs + (run + 1) * runMs);
        insertGap.run(streamKey, runEndMs, nextMs, causes[run % causes.length]);
      }
    }
    database.prepare('update streams set longest_segment_ms = 300000').run();
  })();
  database.pragma('wal_checkpoint(truncate)');
  database.close();
  return streamIds;
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
