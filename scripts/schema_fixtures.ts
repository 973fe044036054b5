/**
 * Makes the databases of old schemas that `src/index/released_schemas.test.ts` opens: for each number of `migrations/` that has
 * none yet, one with rows in every table, as that version of Nightjar would have left it.
 *
 *     node scripts/schema_fixtures.ts
 *
 * One that is there stays as it is: it stands for what is on people's disks.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Database as Sqlite } from 'better-sqlite3';
import { SimulatedClock } from '../src/clock/simulated_clock.ts';
import { openDatabase } from '../src/index/database.ts';
import { encodeFragments } from '../src/index/fragment_table.ts';
import { migrate } from '../src/index/migrations.ts';
import { trackTicks, unixMillis } from '../src/units/time.ts';

const root = path.join(import.meta.dirname, '..');
const migrations = path.join(root, 'migrations');
const fixtures = path.join(root, 'test/fixtures/schemas');
const startMs = Date.UTC(2026, 0, 1);
const minuteMs = 60_000;

const id = (digit: string) =>
  `${digit.repeat(8)}-${digit.repeat(4)}-4${digit.repeat(3)}-8${digit.repeat(3)}-${digit.repeat(12)}`;

mkdirSync(fixtures, { recursive: true });
for (let number = 1; number <= readdirSync(migrations).length; number++) {
  const fixture = path.join(fixtures, `${String(number).padStart(4, '0')}.db.gz`);
  if (existsSync(fixture)) continue;
  writeFileSync(fixture, gzipSync(databaseOf(number), { level: 9 }));
  console.log(`made ${path.relative(root, fixture)}`);
}

/** The bytes of a database with the first migrations. */
function databaseOf(number: number): Uint8Array {
  const folder = mkdtempSync(path.join(tmpdir(), 'nightjar-schema-'));
  try {
    const file = path.join(folder, 'nightjar.db');
    const old = path.join(folder, 'migrations');
    mkdirSync(old);
    for (const name of readdirSync(migrations).sort().slice(0, number)) {
      cpSync(path.join(migrations, name), path.join(old, name));
    }
    const database = openDatabase(file);
    migrate(database, old, new SimulatedClock(startMs));
    fill(database.sqlite, number);
    const empty = emptyTables(database.sqlite);
    if (empty.length > 0) throw new Error(`schema ${number} has tables without a row: ${empty.join(', ')}`);
    database.sqlite.pragma('journal_mode = delete');
    database.sqlite.exec('vacuum');
    database.sqlite.close();
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function emptyTables(sqlite: Sqlite): string[] {
  const tables = sqlite
    .prepare("select name from sqlite_schema where type = 'table'")
    .pluck()
    .all() as string[];
  return tables.filter((table) => sqlite.prepare(`select 1 from "${table}" limit 1`).get() === undefined);
}

/** Two runs, of which one is about to be deleted, a file that is open, gaps, and a camera that was removed. */
function fill(sqlite: Sqlite, number: number): void {
  const at = (minutes: number) => startMs + minutes * minuteMs;
  const rooted = number >= 4;
  if (rooted)
    sqlite.exec(`insert into roots (id, name, created_ms) values ('${id('e')}', 'default', ${startMs})`);
  sqlite.exec(`
    insert into installation values (1, '${id('a')}', ${startMs});
    insert into heartbeat values (1, ${at(4)});
    insert into cameras (key, id, name, address, username, password, created_ms, max_age_days)
      values (1, '${id('b')}', 'Yard', '192.0.2.7', 'viewer', 'secret', ${startMs}, 36500);
    insert into cameras (key, id, name, created_ms, archived_ms)
      values (2, '${id('c')}', 'Gate', ${startMs}, ${at(4)});
    insert into streams (key, id, camera_key, role, url, transport, record, created_ms, archived_ms, longest_segment_ms)
      values (1, '${id('1')}', 1, 'main', 'rtsp://192.0.2.7/1', 'auto', 1, ${startMs}, null, ${minuteMs}),
        (2, '${id('2')}', 2, 'main', 'rtsp://192.0.2.8/1', 'tcp', 1, ${startMs}, ${at(4)}, ${minuteMs});
    insert into track_formats values (1, 'video', 'avc1.64001f', 90000, zeroblob(32));
    insert into runs (key, id, stream_key, clock_epoch)
      values (1, '${id('5')}', 1, 0), (2, '${id('6')}', 1, 1), (3, '${id('7')}', 1, 1), (4, '${id('8')}', 2, 0);
    insert into coverage values (1, ${at(0)}, ${at(2)}, 1, 2000), (1, ${at(3)}, ${at(4)}, 2, 1000),
      (2, ${at(0)}, ${at(1)}, 4, 1000);
    insert into gaps values (1, ${at(2)}, ${at(3)}, 'unreachable'), (1, ${at(4)}, null, 'crash')`);
  const segments = [
    { stream: 1, run: 1, number: 0, minute: 0, state: 'closed', because: null },
    { stream: 1, run: 1, number: 1, minute: 1, state: 'closed', because: null },
    { stream: 1, run: 2, number: 0, minute: 3, state: 'deleting', because: 'max_age' },
    { stream: 2, run: 4, number: 0, minute: 0, state: 'closed', because: null },
  ];
  const column = rooted ? ', root_key' : '';
  const value = rooted ? ', 1' : '';
  for (const [index, { stream, run, number: inRun, minute, state, because }] of segments.entries()) {
    const key = index + 1;
    sqlite
      .prepare(`
        insert into segments (key, id, stream_key, run_key, number, state, path, start_ms, end_ms, bytes, independent,
          overlap, header_hash, body_hash, deleting_because${column})
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, 1000, 1, 0, zeroblob(32), zeroblob(32), ?${value})`)
      .run(
        key,
        id(String(key)),
        stream,
        run,
        inRun,
        state,
        `camera/${key}.mp4`,
        at(minute),
        at(minute + 1),
        because,
      );
    sqlite
      .prepare(
        "insert into segment_tracks values (?, 1, 1, 0, 0, 5400000, 1500, 900, 60, x'dc0ba038', x'dc0b00')",
      )
      .run(key);
    sqlite.prepare('insert into segment_fragments values (?, 1, ?)').run(
      key,
      encodeFragments([
        {
          offset: 100,
          bytes: 900,
          startTicks: trackTicks(0),
          durationTicks: trackTicks(5_400_000),
          startMs: unixMillis(at(minute)),
          arrivalMs: unixMillis(at(minute) + 40),
          keyFrame: true,
        },
      ]),
    );
  }
  sqlite
    .prepare(`
      insert into segments (key, id, stream_key, run_key, number, state, path, start_ms${column})
      values (9, ?, 1, 3, 0, 'open', 'camera/9.mp4', ?${value})`)
    .run(id('9'), at(5));
  if (number >= 2) {
    sqlite.exec(`update cameras set tls_fingerprint = '${Array(32).fill('A7').join(':')}' where key = 1`);
  }
  if (number >= 3)
    sqlite.exec(`insert into damages values (1, ${at(0)}, ${at(0) + 500}, 'video', 1, 1, 3, 1)`);
  if (number >= 5) {
    sqlite.exec(`
      insert into events (id, camera_key, type, start_ms, end_ms, source, data, created_ms)
        values ('${id('d')}', 1, 'motion', ${at(0)}, ${at(1)}, 'test', '{"a":1}', ${at(0)});
      update cameras set longest_event_ms = ${minuteMs}, event_max_age_days = 60, max_bytes = 1000000 where key = 1;
      update segments set has_event = 1 where key = 1;
      insert into protections (id, camera_key, start_ms, end_ms, reason, created_by, created_ms)
        values ('${id('f')}', 1, ${at(0)}, null, 'police', 'owner', ${at(1)})`);
  }
  if (number === 7) sqlite.exec(`insert into verification values (1, ${at(3)}, ${at(4)}, 0, 3, 0, 0, '[]')`);
  if (number >= 8) {
    sqlite.exec(`
      insert into verification_passes values
        (0, 1, ${at(3)}, ${at(4)}, 3, 0, 0, '[]', null), (1, 0, ${at(4)}, ${at(5)}, 1, 0, 0, '[]', 1)`);
  }
  if (number >= 9) sqlite.exec(`insert into activity values (1, 1, ${at(0)}, 9, x'1190')`);
}
