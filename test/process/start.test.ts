import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { runCommand } from '../../src/commands/run_command.ts';
import * as serve from '../../src/commands/serve.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from './nightjar_process.ts';

async function takenPort(context: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return (server.address() as { port: number }).port;
}

/** A start that fails: one line on standard error, nothing on standard output, no stack. */
async function failedStart(
  cwd: string,
  words: string[] = [],
  environment: Record<string, string> = {},
): Promise<{ code: number; line: string }> {
  let [stdout, stderr] = ['', ''];
  const code = await runCommand(
    ['serve', '--log-level', 'error', ...words],
    {
      environment,
      workingDir: cwd,
      clock: systemClock,
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      signal: new AbortController().signal,
    },
    async () => serve,
  );
  assert.equal(stdout, '');
  assert.match(stderr, /^nightjar: [^\n]*\n$/);
  return { code, line: stderr };
}

test('serve says where it is and what to do next, and ends well on SIGTERM and SIGINT', async (context) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const cwd = temporaryFolder(context);
    const nightjar = new NightjarProcess(context, ['serve', '--port', '0'], { cwd });
    const url = await nightjar.url();
    await nightjar.printed('stdout', /\/docs\n/);
    assert.match(nightjar.stdout, /There is no camera yet\. Open that address in a browser/);
    assert.equal((await fetch(`${url}/health`)).status, 200);
    assert.equal(statSync(path.join(cwd, 'data/nightjar.db')).mode & 0o777, 0o600);
    assert(existsSync(path.join(cwd, 'recordings')));
    const asked = performance.now();
    nightjar.child.kill(signal);
    assert.deepEqual(await nightjar.ended, { code: 0, signal: null });
    assert(performance.now() - asked < 2_000);
    assert.equal(existsSync(path.join(cwd, 'data/nightjar.db-wal')), false, 'the database is closed');
  }
});

test('settings come from file, environment and flags; with --json, standard output is JSON alone', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(path.join(cwd, 'nightjar.yaml'), 'dataDir: from-file\nrecordingsDir: from-file-too\n');
  const nightjar = new NightjarProcess(context, ['serve', '--port', '0', '--json'], {
    cwd,
    env: { NIGHTJAR_RECORDINGS_DIR: 'from-environment' },
  });
  const url = await nightjar.url();
  await nightjar.printed('stdout', /\n/);
  assert.deepEqual(JSON.parse(nightjar.stdout), { url });
  assert.deepEqual(readdirSync(cwd).sort(), ['from-environment', 'from-file', 'nightjar.yaml']);
});

test('a port that is taken is a clean end, and disturbs no camera', async (context) => {
  const cwd = temporaryFolder(context);
  const port = await takenPort(context);
  let connections = 0;
  const camera = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => camera.listen(0, '127.0.0.1', resolve));
  context.after(() => camera.close());
  const index = openIndex({ file: path.join(cwd, 'data/nightjar.db'), migrationsDir, clock: systemClock });
  const url = `rtsp://127.0.0.1:${(camera.address() as { port: number }).port}/`;
  const streams = [{ id: randomUUID(), role: 'main', url, transport: 'tcp', record: true }] as const;
  index.cameras.insert({ id: randomUUID(), name: 'Yard', createdMs: systemClock.now(), streams });
  index.close();
  const { code, line } = await failedStart(cwd, ['--port', String(port)]);
  assert.equal(code, 1);
  assert.equal(
    line,
    `nightjar: Another program listens on 127.0.0.1 port ${port}. Stop it, or choose another port with --port. (port_in_use)\n`,
  );
  assert.equal(connections, 0);
});

test('a data folder that cannot be made is a clean end', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(path.join(cwd, 'data'), 'a file');
  const { code, line } = await failedStart(cwd, ['--port', '0']);
  assert.equal(code, 1);
  assert.match(line, /data.*\(data_folder_unwritable\)\n$/);
});

test('a recordings folder that cannot be made is a clean end', async (context) => {
  const cwd = temporaryFolder(context);
  writeFileSync(path.join(cwd, 'recordings'), 'a file');
  const { code, line } = await failedStart(cwd, ['--port', '0']);
  assert.equal(code, 1);
  assert.match(line, /recordings\/?.*: ENOTDIR.*\(recordings_unwritable\)\n$/);
});

test('a database that is none is a clean end, and is left as it is', async (context) => {
  const cwd = temporaryFolder(context);
  mkdirSync(path.join(cwd, 'data'));
  const file = path.join(cwd, 'data/nightjar.db');
  writeFileSync(file, 'this is no database, '.repeat(500));
  const { code, line } = await failedStart(cwd, ['--port', '0']);
  assert.equal(code, 1);
  assert.match(line, /nightjar\.db.*nightjar restore.*nightjar reindex --replace.*\(database_damaged\)\n$/);
  assert.equal(statSync(file).size, 10_500);
});

test('a second server on the same data folder is refused', async (context) => {
  const cwd = temporaryFolder(context);
  const first = new NightjarProcess(context, ['serve', '--port', '0'], { cwd });
  const url = await first.url();
  const { code, line } = await failedStart(cwd, ['--port', '0']);
  assert.equal(code, 1);
  assert.match(line, /\(database_locked\)\n$/);
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

const badSettings: [
  what: string,
  words: string[],
  env: Record<string, string>,
  file: string,
  code: number,
  line: RegExp,
][] = [
  [
    'a flag',
    ['--port', 'x'],
    {},
    '',
    2,
    /--port: port is "x", but must be a whole number.*\(setting_invalid\)/,
  ],
  ['a variable', [], { NIGHTJAR_PORT: 'x' }, '', 1, /NIGHTJAR_PORT: port is "x".*\(setting_invalid\)/],
  ['a line', [], {}, '\nport: x\n', 1, /nightjar\.yaml line 2: port is "x".*\(setting_invalid\)/],
  ['an unknown line', [], {}, 'prot: 1\n', 1, /there is no setting "prot"\. Did you mean port\?/],
  [
    'an open host',
    ['--host', '0.0.0.0'],
    {},
    '',
    1,
    /host is "0\.0\.0\.0".*SSH tunnel\. \(host_not_loopback\)/,
  ],
];

for (const [what, words, env, file, expected, pattern] of badSettings) {
  test(`a wrong setting in ${what} is a clean end that makes nothing`, async (context) => {
    const cwd = temporaryFolder(context);
    writeFileSync(path.join(cwd, 'nightjar.yaml'), file);
    const { code, line } = await failedStart(cwd, words, env);
    assert.equal(code, expected);
    assert.match(line, pattern);
    assert.deepEqual(readdirSync(cwd), ['nightjar.yaml']);
  });
}

test('what either thread compiled is kept for the next start, without an end of this one', {
  timeout: 60_000,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const cache = path.join(cwd, 'cache');
  const env = { NODE_COMPILE_CACHE: cache };
  const server = new NightjarProcess(context, ['serve', '--port', '0'], { cwd, env });
  await server.url();
  // The cache has the code itself, without its types: one part of it that each thread alone loads.
  const awaited = new Set(['function startServing(', 'class RtspClient ']);
  const seen = new Set<string>();
  const look = (file: string) => {
    seen.add(file);
    const content = readFileSync(file);
    for (const code of awaited) if (content.includes(code)) awaited.delete(code);
  };
  await until(() => {
    const kept = readdirSync(cache, { recursive: true, withFileTypes: true });
    const files = kept.filter((entry) => entry.isFile() && !entry.name.includes('.'));
    for (const { parentPath, name } of files) {
      const file = path.join(parentPath, name);
      if (!seen.has(file)) look(file);
    }
    return awaited.size === 0;
  });
});

test('a server whose log nobody reads any more goes on', { timeout: 60_000 }, async (context) => {
  const cwd = temporaryFolder(context);
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--log-level', 'debug'];
  const server = new NightjarProcess(context, words, { cwd });
  const url = await server.url();
  server.child.stderr!.destroy();
  server.child.stdout!.destroy();
  // Each camera that is added and cannot be reached has something to say.
  for (let count = 0; count < 3; count++) {
    const answer = await fetch(`${url}/api/v1/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Gone', streams: [{ role: 'main', url: 'rtsp://127.0.0.1:1/' }] }),
    });
    const { id } = (await answer.json()) as { id: string };
    await askUntil<{ streams: { state: string }[] }>(
      `${url}/api/v1/cameras/${id}`,
      ({ streams }) => streams[0]!.state === 'backing_off',
    );
  }
  server.child.kill('SIGTERM');
  assert.deepEqual(await server.ended, { code: 0, signal: null });
});
