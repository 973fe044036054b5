import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import SqliteDatabase from 'better-sqlite3';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** How often the index is backed up while it is written; more of them make a soak. */
const rounds = Number(process.env.NIGHTJAR_BACKUP_ROUNDS ?? 2);
const cameras = ['a', 'b', 'c', 'd'];
const main = path.join(import.meta.dirname, '../../src/main.ts');

function nightjar(
  cwd: string,
  ...words: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], { cwd, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

async function serve(context: TestContext, cwd: string) {
  const words = [
    'serve',
    '--port',
    '0',
    '--segment-seconds',
    '1',
    '--min-free-bytes',
    '0',
    '--log-level',
    'error',
  ];
  const server = new NightjarProcess(context, words, { cwd });
  return { server, api: `${await server.url()}/api/v1` };
}

const timelineOf = (api: string, id: string) =>
  `${api}/cameras/${id}/timeline?from=0&to=${Date.now() + 600_000}`;

const coveredMs = ({ recordings }: TimelineAnswer) =>
  recordings.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);

test('the index is backed up again and again while four cameras record, and each backup can be restored', {
  timeout: 180_000 + rounds * 20_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: cameras.map((name) => ({ path: name })),
  });
  context.after(() => simulator.close());
  const { server, api } = await serve(context, cwd);
  const ids: string[] = [];
  for (const name of cameras) {
    const answer = await fetch(`${api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, streams: [{ role: 'main', url: simulator.url(name) }] }),
    });
    ids.push(((await answer.json()) as CameraAnswer).id);
  }
  // Of each camera some files are finished between one backup and the next, and after the last.
  const grow = async (round: number): Promise<void> => {
    const grownMs = 2_000 + round * 3_000;
    await Promise.all(
      ids.map((id) =>
        askUntil<TimelineAnswer>(timelineOf(api, id), (timeline) => coveredMs(timeline) > grownMs),
      ),
    );
  };
  const counts: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await grow(round);
    const { code, stdout, stderr } = await nightjar(cwd, 'backup', '--to', `backup-${round}.db`, '--json');
    assert.equal(code, 0, stderr);
    const file = path.join(cwd, `backup-${round}.db`);
    assert.deepEqual(JSON.parse(stdout), { file, bytes: statSync(file).size });
    assert.equal(statSync(file).mode & 0o777, 0o600, 'it has the passwords of cameras');
    const copy = new SqliteDatabase(file, { readonly: true });
    assert.deepEqual(copy.pragma('integrity_check'), [{ integrity_check: 'ok' }]);
    counts.push(copy.prepare("select count(*) from segments where state = 'closed'").pluck().get() as number);
    copy.close();
  }
  await grow(rounds);
  assert.ok(counts.at(-1)! > counts[0]!, `it recorded meanwhile: ${counts}`);
  const again = await nightjar(cwd, 'backup', '--to', 'backup-0.db');
  assert.deepEqual([again.code, /is there already/.test(again.stderr)], [1, true]);
  const beside = await nightjar(cwd, 'restore', 'backup-0.db');
  assert.deepEqual([beside.code, /in use by another Nightjar/.test(beside.stderr)], [1, true]);
  for (const id of ids) {
    await askUntil<CameraAnswer>(`${api}/cameras/${id}`, ({ streams }) => streams[0]!.state === 'recording');
  }
  server.child.kill('SIGTERM');
  await server.ended;
  const live = path.join(cwd, 'data/nightjar.db');
  const recorded = readFileSync(live);

  for (let round = rounds - 1; round >= 0; round--) {
    const { code, stdout, stderr } = await nightjar(cwd, 'restore', `backup-${round}.db`, '--json');
    assert.equal(code, 0, stderr);
    const { kept, gone } = JSON.parse(stdout);
    assert.equal(gone, 0);
    if (round === rounds - 1) assert.deepEqual(readFileSync(kept), recorded, 'what was replaced is kept');
    else rmSync(kept);
    const verified = await nightjar(cwd, 'verify', '--deep', '--json');
    const { differences } = JSON.parse(verified.stdout) as { differences: { kind: string }[] };
    assert.deepEqual([...new Set(differences.map(({ kind }) => kind))], ['file_without_row']);
  }
  const left = readdirSync(path.join(cwd, 'data')).filter((name) => name.includes('replacement'));
  assert.deepEqual(left, []);

  await context.test(
    'footage since the oldest backup is adopted, and a file that was missing is lost until it is put back',
    async () => {
      const [first] = closedFiles(live);
      const file = path.join(cwd, 'recordings', first!);
      const bytes = readFileSync(file);
      rmSync(file);
      const { stdout } = await nightjar(cwd, 'restore', 'backup-0.db', '--json');
      const { gone, missing } = JSON.parse(stdout);
      assert.deepEqual([gone, missing], [0, 1]);
      const second = await serve(context, cwd);
      const hasLost = async () => {
        const all = await Promise.all(
          ids.map(async (id) => (await (await fetch(timelineOf(second.api, id))).json()) as TimelineAnswer),
        );
        const causes = new Set(all.flatMap(({ gaps }) => gaps.map(({ cause }) => cause)));
        assert.ok(!causes.has('deleted'));
        return causes.has('lost');
      };
      assert.equal(await hasLost(), true);
      await until(async () => {
        const { alarms } = (await (await fetch(`${second.api}/status`)).json()) as StatusAnswer;
        return alarms.some(({ kind }) => kind === 'footage_missing');
      });
      writeFileSync(file, bytes);
      const asked = await fetch(`${second.api}/verification`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      assert.equal(asked.status, 202);
      await until(async () => !(await hasLost()));
      await until(async () => {
        const { code } = await nightjar(cwd, 'verify', '--json');
        return code === 0;
      });
      const timeline = (await (await fetch(timelineOf(second.api, ids[0]!))).json()) as TimelineAnswer;
      assert.ok(coveredMs(timeline) > 2_000);
      assert.deepEqual(readFileSync(file), bytes);
      second.server.child.kill('SIGTERM');
      await second.server.ended;
    },
  );

  await context.test('a damaged backup and the one of another installation are refused', async () => {
    const good = readFileSync(live);
    const damaged = Buffer.from(readFileSync(path.join(cwd, 'backup-0.db')));
    damaged.fill(0xff, 4096 * 3, 4096 * 5);
    writeFileSync(path.join(cwd, 'damaged.db'), damaged);
    const other = temporaryFolder(context);
    const { server: stranger } = await serve(context, other);
    stranger.child.kill('SIGTERM');
    await stranger.ended;
    await nightjar(other, 'backup', '--to', path.join(cwd, 'other.db'));
    for (const [file, words] of [
      ['damaged.db', /database_damaged/],
      ['other.db', /recordings_of_another/],
      ['none.db', /database_missing/],
    ] as const) {
      const { code, stderr } = await nightjar(cwd, 'restore', file);
      assert.equal(code, 1, file);
      assert.match(stderr, words);
      assert.deepEqual(readFileSync(live), good, 'the index is as it was');
    }
  });
});

/** Files of closed segments, oldest first. */
function closedFiles(file: string): string[] {
  const database = new SqliteDatabase(file, { readonly: true });
  const paths = database
    .prepare("select path from segments where state = 'closed' order by start_ms")
    .pluck()
    .all();
  database.close();
  return paths as string[];
}
