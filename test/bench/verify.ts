/**
 * How long `nightjar verify` takes at once (not deep) over a million segments, and how much memory.
 *
 * Eight streams, a segment a minute, 60 to a folder, as recording leaves them; the files have their sizes but no bytes,
 * since nothing reads them. All is made in memory (/dev/shm) unless TMPDIR says where, which leaves out what a disk takes
 * to read its folders.
 */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { encodeFragments } from '../../src/index/fragment_table.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { segmentPath } from '../../src/recorder/paths.ts';
import { defaultRootName } from '../../src/roots/root_folders.ts';
import { trackTicks, unixMillis } from '../../src/units/time.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { scriptOptions } from '../fixtures/script_options.ts';

const { segments } = scriptOptions({
  command: 'node test/bench/verify.ts',
  about: 'How long `nightjar verify` takes, and how much memory.',
  options: { segments: { value: 'N', default: '1000000', meaning: 'So many are looked at.' } },
});
const streams = 8;
const segmentMs = 60_000;
const bytes = 30_000_000;
/** To reach, in seconds. */
const goalSeconds = 60;
const startMs = Date.UTC(2026, 0, 1);
const mainFile = path.join(import.meta.dirname, '../../src/main.ts');

const folder = mkdtempSync(path.join(process.env['TMPDIR'] ?? '/dev/shm', 'nightjar-bench-'));
try {
  const began = systemClock.monotonic();
  fill();
  const seconds = (systemClock.monotonic() - began) / 1000;
  const size = statSync(path.join(folder, 'nightjar.db')).size / 1e6;
  console.log(`${segments} segments made in ${seconds.toFixed(1)} s, index ${size.toFixed(0)} MB`);
  const words = [
    'verify',
    '--json',
    '--data-dir',
    folder,
    '--recordings-dir',
    path.join(folder, 'recordings'),
  ];
  const {
    stdout,
    stderr,
    status,
    error: failure,
  } = spawnSync('/usr/bin/env', ['time', '-f', '%M', process.execPath, mainFile, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw failure ?? new Error(`verify ended with ${status}: ${stderr}`);
  const result = JSON.parse(stdout);
  const megabytes = (Number(stderr.trim().split('\n').at(-1)) * 1_024) / 1e6;
  console.log(`Memory ${megabytes.toFixed(0)} MB at most. Load average ${loadavg()[0]!.toFixed(1)}.`);
  console.log(result);
  if (result.count > 0 || result.seconds > goalSeconds) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}

/** Rows and files as recording would have left them, but written in one transaction. */
function fill(): void {
  const file = path.join(folder, 'nightjar.db');
  const index = openIndex({ file, migrationsDir, clock: new SimulatedClock(startMs) });
  const places = Array.from({ length: streams }, (_, number) => {
    const place = { cameraId: randomUUID(), streamId: randomUUID(), runId: randomUUID() };
    index.cameras.insert({
      id: place.cameraId,
      name: `Camera ${number}`,
      createdMs: unixMillis(startMs),
      streams: [
        { id: place.streamId, role: 'main', url: 'rtsp://camera/1', transport: 'auto', record: true },
      ],
    });
    return place;
  });
  const { installationId } = index;
  const { id: rootId } = index.roots.named(defaultRootName);
  index.close();
  const recordings = path.join(folder, 'recordings');
  mkdirSync(recordings);
  writeFileSync(path.join(recordings, '.nightjar'), `${JSON.stringify({ installationId, rootId })}\n`);
  const database = new SqliteDatabase(file);
  database.pragma('synchronous = off');
  // Ids are random: else each would wait for its page of their index.
  database.pragma('cache_size = -1000000');
  const insertSegment = database.prepare(`
    insert into segments (root_key, key, id, stream_key, run_key, number, state, path, start_ms, end_ms, bytes,
      independent, overlap, header_hash, body_hash)
    values ((select key from roots), ?, ?, ?, ?, ?, 'closed', ?, ?, ?, ${bytes}, 1, 0, randomblob(32), randomblob(32))`);
  const insertTrack = database.prepare(
    "insert into segment_tracks values (?, 1, 1, ?, 0, 5400000, 1500, 29000000, 60, x'dc0ba038', x'dc0b00')",
  );
  const insertFragments = database.prepare('insert into segment_fragments values (?, 60, ?)');
  database.prepare("insert into track_formats values (1, 'video', 'avc1.64001f', 90000, zeroblob(32))").run();
  const perStream = Math.ceil(segments / streams);
  database.transaction(() => {
    let key = 0;
    for (const [at, place] of places.entries()) {
      database
        .prepare('insert into runs (key, id, stream_key, clock_epoch) values (?, ?, ?, 0)')
        .run(at + 1, place.runId, at + 1);
      let made = '';
      for (let number = 0; number < perStream && key < segments; number++) {
        key += 1;
        const from = startMs + number * segmentMs;
        const name = segmentPath({ ...place, provisionalStartMs: unixMillis(from), number });
        insertSegment.run(key, randomUUID(), at + 1, at + 1, number, name, from, from + segmentMs);
        insertTrack.run(key, number * 5_400_000);
        insertFragments.run(key, fragments(from));
        const parent = path.join(recordings, path.dirname(name));
        if (parent !== made) mkdirSync(parent, { recursive: true });
        made = parent;
        const descriptor = openSync(path.join(recordings, name), 'w');
        ftruncateSync(descriptor, bytes);
        closeSync(descriptor);
      }
      const count = Math.min(perStream, key - at * perStream);
      database
        .prepare('insert into coverage values (?, ?, ?, ?, ?)')
        .run(at + 1, startMs, startMs + count * segmentMs, at + 1, count * bytes);
    }
    database.prepare(`update streams set longest_segment_ms = ${segmentMs}`).run();
  })();
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}

/** A fragment a second, of equal sizes. */
function fragments(fromMs: number): Uint8Array {
  return encodeFragments(
    Array.from({ length: 60 }, (_, second) => ({
      offset: 5_000 + second * 499_000,
      bytes: 499_000,
      startTicks: trackTicks(second * 90_000),
      durationTicks: trackTicks(90_000),
      startMs: unixMillis(fromMs + second * 1000),
      arrivalMs: unixMillis(fromMs + second * 1000 + 40),
      keyFrame: true,
    })),
  );
}
