import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { Finding } from '../../src/doctor/diagnosis.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { NightjarProcess, temporaryFolder } from './nightjar_process.ts';

/** What the doctor says, by its checks. */
async function examined(context: TestContext, cwd: string, ...words: string[]) {
  const doctor = new NightjarProcess(context, ['doctor', '--json', '--min-free-bytes', '0', ...words], {
    cwd,
  });
  const { code } = await doctor.ended;
  const { verdict, findings } = JSON.parse(doctor.stdout) as { verdict: string; findings: Finding[] };
  assert.equal(code, verdict === 'bad' ? 1 : 0);
  return new Map(findings.map((finding) => [finding.check, finding]));
}

test('the doctor tries each camera beside a running server, and says what is wrong with whom', {
  timeout: 120_000,
}, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'good' }] });
  context.after(() => simulator.close());
  const cwd = temporaryFolder(context);
  const server = new NightjarProcess(
    context,
    ['serve', '--port', '0', '--min-free-bytes', '0', '--log-level', 'error'],
    { cwd },
  );
  const api = `${await server.url()}/api/v1`;
  for (const [name, url] of [
    ['Yard', simulator.url('good')],
    ['Gate', simulator.url('nobody')],
  ] as const) {
    const answer = await fetch(`${api}/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, streams: [{ role: 'main', url }] }),
    });
    assert.ok(((await answer.json()) as CameraAnswer).id);
  }
  const found = await examined(context, cwd);
  const verdicts = (names: readonly string[]) => names.map((name) => found.get(name)?.verdict);
  assert.deepEqual(verdicts(['data folder', 'index', 'storage root default', 'open files']), [
    'good',
    'good',
    'good',
    'good',
  ]);
  assert.ok(found.has('clock'));
  assert.equal(found.get('camera Yard, main')?.verdict, 'good', found.get('camera Yard, main')?.detail);
  assert.equal(found.get('camera Gate, main')?.verdict, 'bad');
  assert.ok(found.get('camera Gate, main')?.advice);
  server.child.kill('SIGTERM');
  await server.ended;

  rmSync(path.join(cwd, 'recordings/.nightjar'));
  const unmounted = await examined(context, cwd, '--no-cameras');
  assert.match(unmounted.get('storage root default')!.detail, /no marker/);
  assert.ok([...unmounted.keys()].every((check) => !check.startsWith('camera')));
});

test('the doctor of a machine without an index says that there is none', async (context) => {
  const found = await examined(context, temporaryFolder(context), '--no-cameras');
  assert.deepEqual(
    ['data folder', 'index', 'storage root default'].map((check) => found.get(check)?.verdict),
    ['warning', 'warning', 'warning'],
  );
});
