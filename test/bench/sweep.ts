/**
 * How long retention takes to delete 10,000 files of a million, and how long when there is nothing to do, also when a
 * third of all footage is protected. The files that go are there, with a little in them; the rows are as recording
 * leaves them.
 *
 * The disk decides: beside it stands how long the same disk takes, in the same run, to do no more than unlink as many
 * such files and sync their folders, with all threads of the pool.
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { RetentionSweep } from '../../src/retention/sweep.ts';
import { sweepFiles } from '../../src/retention/sweep_files.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { testRoots } from '../fixtures/test_root.ts';
import {
  dayMs,
  days,
  endMs,
  fillIndex,
  segmentBytes,
  segments,
  startMs,
} from './storage/million_segments.ts';

/** To be deleted. */
const files = 10_000;
/** To reach, in seconds. */
const goalSeconds = 5;
const protectedDays = days / 3;
/** All that is left after the sweeps is younger. */
const unprotectedDays = days - protectedDays;
/** Threads of the pool. */
const callsAtOnce = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);

const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-bench-'));
try {
  await run();
} finally {
  rmSync(folder, { recursive: true });
}

async function run(): Promise<void> {
  const file = path.join(folder, 'nightjar.db');
  const clock = new SimulatedClock(startMs);
  const index = openIndex({ file, migrationsDir, clock });
  const recordings = path.join(folder, 'recordings');
  // The protected days come first: what goes is behind them.
  const goingFromMs = startMs + protectedDays * dayMs;
  let made = 0;
  let goneByMs = 0;
  const folders = new Set<string>();
  const yardstick: string[] = [];
  fillIndex(index, file, {
    onSegment(segment) {
      if (segment.startMs < goingFromMs || made === 3 * files) return;
      // The last of them are no footage: they tell what the disk can do.
      const isYardstick = made >= 2 * files;
      const place = path.join(isYardstick ? path.join(folder, 'yardstick') : recordings, segment.path);
      if (isYardstick) yardstick.push(place);
      if (!folders.has(path.dirname(place))) mkdirSync(path.dirname(place), { recursive: true });
      folders.add(path.dirname(place));
      writeFileSync(place, Buffer.alloc(4_096, 1));
      if (++made === files) goneByMs = segment.startMs;
    },
  });
  // Else the first commit would wait for thirty thousand new files.
  execFileSync('sync');
  clock.advance(endMs - startMs);
  const held = { reason: 'benchmark', createdBy: 'benchmark', createdMs: startMs };
  const id = randomUUID();
  index.protections.insert({ id, cameraId: undefined, startMs, endMs: goingFromMs, ...held });
  const sweepBy = (rules: { maxBytes?: number; maxAgeDays?: number }) =>
    new RetentionSweep({
      index,
      roots: testRoots(recordings),
      isRootPresent: async () => true,
      minFreeBytes: 0,
      maxBytes: rules.maxBytes,
      defaults: { maxAgeDays: rules.maxAgeDays, eventMaxAgeDays: undefined, minAgeHours: 0.25 },
      clock,
      log: { info() {}, warn() {}, error() {} },
      record: { info() {} },
      // As large as their rows say.
      files: {
        ...sweepFiles,
        remove: async (each) => ((await sweepFiles.remove(each)) ? segmentBytes : undefined),
      },
    });
  // Half of it before and half of it after: a disk that others use too is not as fast all the time.
  const before = await removeAndSync(yardstick.slice(0, files / 2));
  const rows = [
    await measure('10,000 by age', sweepBy({ maxAgeDays: (endMs - goneByMs) / dayMs })),
    await measure('10,000 by bytes', sweepBy({ maxBytes: remaining() - files * segmentBytes })),
    await measure('nothing to do', sweepBy({ maxBytes: remaining(), maxAgeDays: unprotectedDays })),
  ];
  const floorSeconds = before + (await removeAndSync(yardstick.slice(files / 2)));
  console.log(`${segments} segments; ${protectedDays} days of all cameras are protected.`);
  console.log(
    `The disk alone: ${floorSeconds.toFixed(2)} s. Load average ${loadavg()[0]!.toFixed(1)}, ${callsAtOnce} threads.`,
  );
  console.table(rows.map((row) => ({ ...row, 'times the disk alone': row.seconds / floorSeconds })));
  index.close();
  if (rows.some(({ seconds }) => seconds > goalSeconds)) process.exitCode = 1;

  function remaining(): number {
    return index.deletion.stored().reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

/** @returns seconds */
async function removeAndSync(places: readonly string[]): Promise<number> {
  const began = systemClock.monotonic();
  await together(places, unlink);
  await together([...new Set(places.map(path.dirname))], async (parent) => {
    await using handle = await open(parent, 'r');
    await handle.sync();
  });
  return (systemClock.monotonic() - began) / 1_000;
}

async function together<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
}

async function measure(what: string, sweep: RetentionSweep) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = systemClock.monotonic();
  const cpu = process.cpuUsage();
  const { deleted, shortfalls } = await sweep.sweepNow();
  const seconds = (systemClock.monotonic() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  if (shortfalls.length > 0) throw new Error(JSON.stringify(shortfalls));
  return {
    what,
    deleted,
    seconds,
    'CPU seconds': (user + system) / 1e6,
    'main thread blocked at most ms': Math.round(delay.max / 1e6),
  };
}
