import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { readTimeline } from '../../src/api/timeline_service.ts';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { type IndexReader, openIndex, openIndexReadOnly } from '../../src/index/open_index.ts';
import { GapJournal } from '../../src/recorder/gap_journal.ts';
import { journalGone } from '../../src/retention/gone_journal.ts';
import { RootJournals } from '../../src/roots/root_journals.ts';
import type { Faults } from '../../src/simulator/faults.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { unixMillis } from '../../src/units/time.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Everything that makes a timeline more than a line. */
const cameras: readonly { name: string; faults: Faults }[] = [
  { name: 'change', faults: { parameterChangeAtFrame: 60 } },
  { name: 'cut', faults: { closeAfterPackets: 200 } },
  { name: 'lossy', faults: { dropEveryNthPacket: 150, damage: { atFrame: 60, seconds: 3.4 } } },
  { name: 'hole', faults: { stall: { atFrame: 25, seconds: 3.4, lose: true } } },
];

const main = path.join(import.meta.dirname, '../../src/main.ts');

interface Ids {
  readonly cameraId: string;
  readonly streamId: string;
}

function nightjar(cwd: string, ...words: string[]): { code: number; stdout: string } {
  try {
    const stdout = execFileSync(process.execPath, [main, ...words], { cwd, encoding: 'utf8', stdio: 'pipe' });
    return { code: 0, stdout };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, stdout: `${stdout}${stderr}` };
  }
}

async function serve(context: TestContext, cwd: string) {
  const words = [
    'serve',
    '--port',
    '0',
    '--segment-seconds',
    '3',
    '--min-free-bytes',
    '0',
    '--log-level',
    'error',
  ];
  const server = new NightjarProcess(context, words, { cwd });
  return { server, api: `${await server.url()}/api/v1` };
}

/** Records all cameras through a kill with a torn and a damaged file, and a second start; then deletes the beginning. */
async function recordedYear(context: TestContext, cwd: string) {
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: cameras.map(({ name, faults }) => ({ path: name, faults })),
  });
  context.after(() => simulator.close());
  const first = await serve(context, cwd);
  const ids = new Map<string, Ids>();
  for (const { name } of cameras) {
    const answer = await fetch(`${first.api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, streams: [{ role: 'main', url: simulator.url(name) }] }),
    });
    const camera = (await answer.json()) as CameraAnswer;
    ids.set(name, { cameraId: camera.id, streamId: camera.streams[0]!.id });
  }
  const recorded = (api: string, name: string, seconds: number, runs = 1) =>
    askUntil<TimelineAnswer>(
      `${api}/cameras/${ids.get(name)!.cameraId}/timeline?from=0&to=${Date.now() + 600_000}`,
      ({ recordings }) =>
        recordings.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0) > seconds * 1000 &&
        new Set(recordings.map(({ runId }) => runId)).size >= runs,
    );
  await recorded(first.api, 'change', 5);
  await recorded(first.api, 'cut', 3, 3);
  await recorded(first.api, 'hole', 1.5);
  assert.equal(nightjar(cwd, 'backup', '--to', 'old.db').code, 0);
  await happenings(first.api, ids.get('cut')!);
  // They are in the index when they are answered, and in the journals soon after.
  for (const name of ['events.jsonl', 'holds.jsonl']) {
    await until(() => existsSync(path.join(cwd, 'recordings', name)));
  }
  // A gap is in the index first, too: a kill between leaves the journals without why there is no footage.
  await until(async () => {
    const isTold = await Promise.all(
      [...ids.values()].map((each) => newestGapIsInJournal(first.api, each, cwd)),
    );
    return isTold.every(Boolean);
  });
  first.server.child.kill('SIGKILL');
  await first.server.ended;
  damageOpenFile(cwd);
  const second = await serve(context, cwd);
  for (const { name } of cameras) await recorded(second.api, name, 3, 2);
  second.server.child.kill('SIGTERM');
  await second.server.ended;
  await deleteBeginnings(cwd, [...ids.values()]);
  return { simulator, ids };
}

/** Whether the stream has footage again, and the end of its newest gap is in the journal, to half a second. */
async function newestGapIsInJournal(api: string, { cameraId, streamId }: Ids, cwd: string): Promise<boolean> {
  const window = `from=0&to=${Date.now() + 600_000}`;
  const answer = await fetch(`${api}/cameras/${cameraId}/timeline?${window}`);
  const newest = ((await answer.json()) as TimelineAnswer).gaps.at(-1);
  if (!newest) return true;
  const lines = readFileSync(path.join(cwd, 'recordings/gaps.jsonl'), 'utf8').trim().split('\n');
  const ends = lines
    .map((line) => JSON.parse(line) as { streamId: string; toMs?: number })
    .filter((line) => line.streamId === streamId && line.toMs !== undefined);
  return !newest.ongoing && ends.some(({ toMs }) => Math.abs(toMs! - newest.endMs) < 500);
}

/** What goes on over the backup is ended, and what it does not know begins. */
async function happenings(api: string, { cameraId }: Ids): Promise<void> {
  const post = async (place: string, body: object) => {
    const answer = await fetch(`${api}/${place}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, await answer.clone().text());
  };
  await post(`cameras/${cameraId}/events`, { type: 'motion', source: 'test' });
  await post('protections', { cameraId, startMs: Date.now(), reason: 'police', by: 'owner' });
}

/** A bit of the second fragment of a file that was being written is wrong: recovery leaves a hole there. */
function damageOpenFile(cwd: string): void {
  const database = new SqliteDatabase(path.join(cwd, 'data/nightjar.db'), { readonly: true });
  const open = database
    .prepare("select path from segments where state = 'open' order by start_ms")
    .pluck()
    .all();
  database.close();
  for (const name of open as string[]) {
    const file = path.join(cwd, 'recordings', name);
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch {
      continue;
    }
    const fragments = [...bytes.toString('latin1').matchAll(/mdat/g)].map(({ index }) => index);
    if (fragments.length < 3) continue;
    bytes[fragments[1]! + 50]! ^= 1;
    writeFileSync(file, bytes);
    return;
  }
}

/** As retention does it, the first file of each stream. */
async function deleteBeginnings(cwd: string, ids: readonly Ids[]): Promise<void> {
  const index = openIndex({ file: path.join(cwd, 'data/nightjar.db'), migrationsDir, clock: systemClock });
  const { id: rootId } = index.roots.named('default');
  const journals = new RootJournals(new Map([[rootId, path.join(cwd, 'recordings')]]), assert.fail);
  const journal = new GapJournal(
    () => rootId,
    (rootIds, entry) => journals.append('gaps', rootIds, entry),
  );
  for (const { streamId } of ids) {
    const gone = index.footage.segmentsBetween(streamId, 0, Number.MAX_SAFE_INTEGER).slice(0, 1);
    index.deletion.markDeleting(
      gone.map(({ id }) => id),
      'max_age',
    );
    for (const segment of gone) rmSync(path.join(cwd, 'recordings', segment.path));
    index.deletion.finishDeleting(gone.map(({ id }) => id));
    journalGone(
      gone.map(({ startMs, endMs }) => ({ streamId, startMs, endMs, rule: 'max_age' })),
      { gaps: index.footage.gaps, settled: journal.settled.bind(journal) },
    );
  }
  await journals.flush();
  assert.deepEqual(index.check(), []);
  index.close();
}

/** All that an index says of a stream: its timeline, and its segments but for the ids that no file has. */
function saysOf(index: IndexReader, streamId: string, nowMs: number) {
  const sources = { footage: index.footage, openFootage: () => [], clock: new SimulatedClock(nowMs) };
  const timeline = readTimeline(sources, { streamId, fromMs: unixMillis(0), toMs: unixMillis(nowMs) });
  const segments = index.footage.segmentsBetween(streamId, 0, Number.MAX_SAFE_INTEGER);
  const recordings = timeline.recordings.map(({ bytes: _, ...stretch }) => stretch);
  return {
    bytes: timeline.recordings.map(({ bytes }) => bytes),
    timeline: { ...timeline, recordings },
    segments: segments.map(({ id, ...segment }) => ({ ...segment, fragments: index.footage.fragments(id) })),
  };
}

/**
 * What one says, with the instants of the other where they are as good as the same: of two files of a run that were open at
 * a kill, recovery takes the end of the first and `reindex` the start of the second for where they meet.
 */
function sameInstants(one: unknown, other: unknown): unknown {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one;
  if (Array.isArray(one) && Array.isArray(other)) return one.map((item, at) => sameInstants(item, other[at]));
  const entries = Object.entries(one).map(([name, value]) => {
    const theirs: unknown = Reflect.get(other, name);
    const isInstant = /^(start|end)(Ms|_ms)$/.test(name) && typeof theirs === 'number';
    const isClose = isInstant && Math.abs(value - theirs) <= 2;
    return [name, isClose ? theirs : sameInstants(value, theirs)];
  });
  return Object.fromEntries(entries);
}

/** The timeline as it was at an instant, by whom is recorded what and why not, and what is damaged. */
function tiles(index: IndexReader, streamId: string, atMs: number) {
  const sources = { footage: index.footage, openFootage: () => [], clock: new SimulatedClock(atMs) };
  const { recordings, gaps, damages } = readTimeline(sources, {
    streamId,
    fromMs: unixMillis(0),
    toMs: unixMillis(atMs),
  });
  return {
    recordings: recordings.map(({ startMs, endMs, runId }) => ({ startMs, endMs, runId })),
    gaps: gaps.map(({ startMs, endMs, cause }) => ({ startMs, endMs, cause })),
    damages,
  };
}

/** The same of all streams by plain SQL, without a line of ours but the schema. */
const tables = {
  streams: 'select id, role, record, created_ms, archived_ms from streams order by id',
  segments: `select path, runs.id as run, streams.id as stream, clock_epoch, number, state, start_ms, end_ms, bytes,
      independent, overlap, hex(header_hash), hex(body_hash)
    from segments join runs on runs.key = run_key join streams on streams.key = segments.stream_key order by path`,
  coverage: `select streams.id as stream, start_ms, end_ms, runs.id as run
    from coverage join streams on streams.key = coverage.stream_key join runs on runs.key = run_key order by 1, 2`,
  gaps: `select streams.id as stream, start_ms, end_ms, cause from gaps join streams on streams.key = stream_key
    order by 1, 2`,
  damages: `select streams.id as stream, start_ms, end_ms, media, packets_lost, units_dropped
    from damages join streams on streams.key = damages.stream_key order by 1, 2, 4`,
} as const;

test('an index made from the files alone says the same as the one that was lost', {
  timeout: 240_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const { simulator, ids } = await recordedYear(context, cwd);
  const lost = path.join(cwd, 'data/nightjar.db');
  const made = path.join(cwd, 'data/nightjar.reindexed.db');
  const before = readFileSync(lost);
  const { code, stdout } = nightjar(cwd, 'reindex', '--json');
  assert.equal(code, 0, stdout);
  const report = JSON.parse(stdout);
  assert.equal(report.file, made);
  assert.deepEqual([report.cameras, report.left, report.faults], [cameras.length, [], []]);
  assert.deepEqual(readFileSync(lost), before, 'the old index is not touched');

  const old = openIndexReadOnly(lost);
  const fresh = openIndexReadOnly(made);
  context.after(() => {
    old.close();
    fresh.close();
  });
  assert.equal(fresh.installationId, old.installationId);
  const nowMs = Date.now();
  const seen = { gaps: new Set<string>(), damages: 0, runs: 0, codecs: 0 };
  for (const [name, { streamId }] of ids) {
    const { bytes, ...says } = saysOf(old, streamId, nowMs);
    const { bytes: freshBytes, ...freshSays } = saysOf(fresh, streamId, nowMs);
    assert.deepEqual(sameInstants(freshSays, says), says, name);
    // A stretch has the sum of shares, each rounded down: one that was shared more often has a few bytes less.
    for (const [at, count] of bytes.entries()) assert.ok(Math.abs(freshBytes[at]! - count) < 8, name);
    for (const { cause } of says.timeline.gaps) seen.gaps.add(cause);
    seen.damages += says.timeline.damages.length;
    seen.runs += new Set(says.segments.map(({ runId }) => runId)).size;
    seen.codecs += new Set(says.segments.map(({ tracks }) => tracks[0]?.sampleEntryHash)).size;
  }

  await context.test('what was recorded had everything that makes it hard', () => {
    for (const cause of ['deleted', 'crash', 'no_packets', 'recorder_stopped', 'damaged']) {
      assert.ok(seen.gaps.has(cause), `${cause} is not among ${[...seen.gaps]}`);
    }
    assert.ok(seen.damages > 0, 'damage');
    assert.ok(seen.runs > cameras.length + 3, `reconnects: ${seen.runs} runs`);
    assert.ok(seen.codecs > cameras.length, 'a change of parameters');
  });

  await context.test('another reader finds the same rows', () => {
    const [a, b] = [lost, made].map((file) => new SqliteDatabase(file, { readonly: true })) as [
      SqliteDatabase.Database,
      SqliteDatabase.Database,
    ];
    for (const [table, query] of Object.entries(tables)) {
      const rows = a.prepare(query).all();
      assert.ok(rows.length > 0, table);
      assert.deepEqual(sameInstants(b.prepare(query).all(), rows), rows, table);
    }
    assert.deepEqual(b.pragma('integrity_check'), [{ integrity_check: 'ok' }]);
    a.close();
    b.close();
  });

  await context.test('in the place of the lost one it verifies, and the old one is kept', () => {
    const replaced = nightjar(cwd, 'reindex', '--replace', '--json');
    assert.equal(replaced.code, 0, replaced.stdout);
    assert.deepEqual(readFileSync(JSON.parse(replaced.stdout).kept), before);
    const verified = nightjar(cwd, 'verify', '--deep', '--json');
    assert.equal(verified.code, 0, verified.stdout);
    assert.ok(JSON.parse(verified.stdout).segments > 0);
  });

  await context.test('an old backup that is restored says the same after a start', async (part) => {
    const copy = temporaryFolder(part);
    cpSync(cwd, copy, { recursive: true });
    const stoppedMs = nowMs;
    const restored = nightjar(copy, 'restore', 'old.db', '--json');
    assert.equal(restored.code, 0, restored.stdout);
    assert.equal(JSON.parse(restored.stdout).protections, 1);
    const { server } = await serve(part, copy);
    await until(() => nightjar(copy, 'verify').code === 0);
    server.child.kill('SIGTERM');
    await server.ended;
    const back = openIndexReadOnly(path.join(copy, 'data/nightjar.db'));
    part.after(() => back.close());
    for (const [name, { streamId }] of ids) {
      const tiled = tiles(old, streamId, stoppedMs);
      assert.deepEqual(sameInstants(tiles(back, streamId, stoppedMs), tiled), tiled, name);
    }
    const holds = new SqliteDatabase(path.join(copy, 'data/nightjar.db'), { readonly: true });
    assert.deepEqual(holds.prepare('select type from events').pluck().all(), ['motion']);
    assert.deepEqual(holds.prepare('select reason from protections').pluck().all(), ['police']);
    holds.close();
  });

  await context.test('its cameras answer, and record again when they have an address', async () => {
    const { api } = await serve(context, cwd);
    const { cameraId, streamId } = ids.get('change')!;
    const camera = (await (await fetch(`${api}/cameras/${cameraId}`)).json()) as CameraAnswer;
    assert.equal(camera.name, 'change');
    assert.deepEqual(
      camera.streams.map(({ id, state, url }) => [id, state, url]),
      [[streamId, 'needs-address', '']],
    );
    const window = `from=0&to=${Date.now() + 600_000}`;
    const timeline = (await (
      await fetch(`${api}/cameras/${cameraId}/timeline?${window}`)
    ).json()) as TimelineAnswer;
    const { startMs, endMs } = timeline.recordings[0]!;
    assert.deepEqual([timeline.gaps.at(-1)!.cause, timeline.gaps.at(-1)!.ongoing], ['unreachable', true]);
    const lastMs = timeline.recordings.at(-1)!.endMs;
    assert.ok(Math.abs(camera.streams[0]!.lastFootageMs! - lastMs) < 2, 'it has footage');
    const clip = await fetch(`${api}/cameras/${cameraId}/clip.mp4?from=${startMs}&to=${endMs}`);
    assert.equal(clip.status, 200);
    assert.ok((await clip.arrayBuffer()).byteLength > 1_000);
    assert.equal(nightjar(cwd, 'reindex', '--replace').code, 1, 'a server runs');
    const patched = await fetch(`${api}/cameras/${cameraId}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ streams: [{ role: 'main', url: simulator.url('change') }] }),
    });
    assert.equal(patched.status, 200, await patched.clone().text());
    await until(async () => {
      const again = (await (await fetch(`${api}/cameras/${cameraId}`)).json()) as CameraAnswer;
      return again.streams[0]!.id === streamId && again.streams[0]!.state === 'recording';
    });
    await askUntil<TimelineAnswer>(
      `${api}/cameras/${cameraId}/timeline?from=${endMs}&to=${Date.now() + 600_000}`,
      ({ recordings }) => recordings.some(({ growing }) => growing),
    );
    const running = nightjar(cwd, 'verify', '--deep', '--json');
    assert.equal(running.code, 0, running.stdout);
  });
});
