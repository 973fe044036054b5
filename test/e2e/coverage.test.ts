import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Reads the tables as anybody could who knows docs/storage.md: nothing of Nightjar is in it. */
const secondReader = `
import sqlite3, sys
rows = sqlite3.connect('file:%s?mode=ro' % sys.argv[1], uri=True).execute('''
    select stream_key, start_ms, end_ms, 'footage' from coverage
    union all select stream_key, start_ms, end_ms, cause from gaps order by 1, 2''').fetchall()
for before, after in zip(rows, rows[1:]):
    if before[0] == after[0] and before[2] != after[1]:
        print('from', before, 'to', after)
print(' '.join(row[3] for row in rows))
`;

test('a second reader of the index finds it tiled after kill -9, and nightjar coverage says the same', {
  timeout: 120_000,
}, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'yard' }] });
  context.after(() => simulator.close());
  const cwd = temporaryFolder(context);
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--log-level', 'error'];
  let server = new NightjarProcess(context, words, { cwd });
  const create = await fetch(`${await server.url()}/api/v1/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Yard', streams: [{ role: 'main', url: simulator.url('yard') }] }),
  });
  const { id } = (await create.json()) as { id: string };
  const recorded = async (count: number) => {
    const url = `${await server.url()}/api/v1/cameras/${id}/timeline?from=0&to=${Date.now() + 600_000}`;
    await askUntil<TimelineAnswer>(url, ({ recordings }) => {
      const newest = recordings.at(-1);
      return recordings.length === count && newest!.endMs - newest!.startMs > 2_000;
    });
  };
  await recorded(1);
  await server.kill();
  server = new NightjarProcess(context, words, { cwd });
  await recorded(2);
  server.child.kill('SIGTERM');
  await server.ended;

  const file = path.join(cwd, 'data', 'nightjar.db');
  const told = execFileSync('python3', ['-c', secondReader, file], { encoding: 'utf8' });
  assert.equal(told, 'footage crash footage recorder_stopped\n');

  const command = new NightjarProcess(context, ['coverage', '--json'], { cwd });
  await command.ended;
  const [stream] = JSON.parse(command.stdout).streams;
  // On a busy machine the first connection may take long enough to be a gap of its own.
  assert.deepEqual(
    stream.gaps.slice(-2).map(({ cause }: { cause: string }) => cause),
    ['crash', 'recorder_stopped'],
  );
  assert.equal(stream.coveredMs + stream.missingMs, stream.knownToMs - stream.expectedFromMs);
});
