import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { IndexFixture } from '../../test/fixtures/index_fixture.ts';
import { unixMillis } from '../units/time.ts';
import { commandLoader } from './command_loader.ts';
import { runCommand } from './run_command.ts';

const noon = Date.UTC(2026, 2, 1, 12);
const minute = 60_000;

/** Two cameras, the second of which was away for a while; the index stays open as a server has it. */
function recorded(context: TestContext) {
  const fixture = new IndexFixture(noon);
  context.after(() => fixture.remove());
  const { index } = fixture;
  const door = fixture.addCamera({ name: 'Front door' });
  const yard = fixture.addCamera({ name: 'Yard, "north"' });
  const record = (streamId: string, from: number, to: number) =>
    fixture.record({ streamId, runId: randomUUID(), number: 0, startMs: noon + from, endMs: noon + to });
  record(door.streamId, 0, 60 * minute);
  record(yard.streamId, 0, 20 * minute);
  index.ledger.openGap(yard.streamId, unixMillis(noon + 20 * minute), 'unreachable');
  index.ledger.closeGap(yard.streamId, unixMillis(noon + 25 * minute));
  index.ledger.openGap(yard.streamId, unixMillis(noon + 25 * minute), 'crash');
  index.ledger.closeGap(yard.streamId, unixMillis(noon + 26 * minute));
  record(yard.streamId, 26 * minute, 59 * minute);
  // What comes after the newest footage may be being written: nothing is known of it.
  fixture.reserve({ streamId: yard.streamId, runId: randomUUID(), number: 1, startMs: noon + 59 * minute });
  fixture.clock.advance(60 * minute);
  const run = async (...words: string[]) => {
    let [stdout, stderr] = ['', ''];
    const code = await runCommand(
      ['coverage', '--data-dir', fixture.folder, ...words],
      {
        environment: {},
        workingDir: fixture.folder,
        clock: fixture.clock,
        stdout: { write: (text: string) => (stdout += text) },
        stderr: { write: (text: string) => (stderr += text) },
        signal: new AbortController().signal,
      },
      commandLoader.coverage,
    );
    return { code, stdout, stderr };
  };
  return { fixture, run, door, yard };
}

test('the report says per stream what is covered, what is missing and why, and what is not known yet', async (context) => {
  const { run } = recorded(context);
  const { code, stdout, stderr } = await run();
  assert.equal(stderr, '');
  assert.equal(
    stdout,
    `Coverage from 2026-02-28 13:00:00 UTC to 2026-03-01 13:00:00 UTC

Camera         Stream  Covered    Recorded       Longest gap
Front door     main    100.000 %  1 h 0 min 0 s  none
Yard, "north"  main    89.830 %   53 min 0 s     6 min 0 s from 2026-03-01 12:20:00 UTC
    unreachable: 5 min 0 s in 1 gap
    crash: 1 min 0 s in 1 gap
    not known yet: the last 1 min 0 s
`,
  );
  assert.equal(code, 0);
});

test('with --min-percent the exit code tells whether every stream has that much', async (context) => {
  const { run } = recorded(context);
  assert.equal((await run('--min-percent', '89.8')).code, 0);
  assert.equal((await run('--min-percent', '90')).code, 1);
  assert.equal((await run('--min-percent', '90', '--camera', 'Front door')).code, 0);
  assert.equal((await run('--min-percent', '101')).code, 2);
});

test('--csv has a row for each gap, and --json all figures', async (context) => {
  const { run, yard, fixture } = recorded(context);
  const header = 'camera,camera_id,stream,start,end,start_ms,end_ms,seconds,cause,ongoing\r\n';
  const name = `"Yard, ""north""",${yard.cameraId},main`;
  const [a, b, c] = [20, 25, 26].map((minutes) => noon + minutes * minute);
  const rows = [
    `${name},2026-03-01T12:20:00.000Z,2026-03-01T12:25:00.000Z,${a},${b},300,unreachable,false\r\n`,
    `${name},2026-03-01T12:25:00.000Z,2026-03-01T12:26:00.000Z,${b},${c},60,crash,false\r\n`,
  ];
  assert.equal((await run('--csv', '-')).stdout, header + rows.join(''));
  const window = ['--from', '2026-03-01T12:10:00Z', '--to', '2026-03-01T13:25:30+01:00'];
  const { stdout } = await run(...window, '--camera', yard.cameraId, '--csv', 'gaps.csv', '--json');
  assert.equal(readFileSync(path.join(fixture.folder, 'gaps.csv'), 'utf8').split('\r\n').length, 4);
  const { streams } = JSON.parse(stdout);
  assert.equal(streams.length, 1);
  const { camera, coveredMs, missingMs, percent, gapsByCause, gaps, longestGap } = streams[0];
  assert.deepEqual(
    { camera, coveredMs, missingMs, percent },
    { camera: 'Yard, "north"', coveredMs: 10 * minute, missingMs: 5.5 * minute, percent: 64.516 },
  );
  assert.equal(gapsByCause.length, 2);
  assert.equal(gaps.length, 2);
  assert.deepEqual(longestGap.causes, ['unreachable', 'crash']);
});

test('a camera that is not there, a wrong time and a folder without an index are told', async (context) => {
  const { run, fixture } = recorded(context);
  assert.match((await run('--camera', 'Cellar')).stderr, /no camera "Cellar"; there are Front door, Yard/);
  const wrong = await run('--from', 'yesterday');
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /--from is "yesterday", but must be a time such as/);
  assert.equal((await run('--to', '5', '--from', '5')).code, 2);
  assert.equal((await run('--json', '--csv', '-')).code, 2);
  const nowhere = await run('--data-dir', path.join(fixture.folder, 'nowhere'));
  assert.match(nowhere.stderr, /There is no index database .*reindex/s);
  assert.equal(nowhere.code, 1);
});
