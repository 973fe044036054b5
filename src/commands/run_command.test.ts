import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedClock } from '../clock/simulated_clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { settingNames, settingTable } from '../settings/setting_table.ts';
import { resolveSettings } from '../settings/settings.ts';
import { version } from '../version.ts';
import type { CommandModule, CommandProcess } from './command.ts';
import { commandLoader } from './command_loader.ts';
import { commandTable } from './command_table.ts';
import { runCommand } from './run_command.ts';

async function run(words: string[], module?: CommandModule['run']) {
  let [stdout, stderr] = ['', ''];
  const process: CommandProcess = {
    environment: {},
    workingDir: '/',
    clock: new SimulatedClock(),
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    signal: new AbortController().signal,
  };
  const code = await runCommand(words, process, async ({ command }) => {
    return module ? { run: module } : commandLoader[command.name as keyof typeof commandLoader]();
  });
  return { code, stdout, stderr };
}

test('the exit code of a command is that of the program', async () => {
  assert.deepEqual(await run(['serve'], async () => 0), { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(await run(['serve'], async () => 1), { code: 1, stdout: '', stderr: '' });
});

test('a usage error is 2, with one line that says what exists', async () => {
  assert.deepEqual(await run(['discovr']), {
    code: 2,
    stdout: '',
    stderr:
      'nightjar: There is no command "discovr". Did you mean discover? The commands are serve, discover, probe, record, replay, coverage, demo, verify, reindex, backup, restore, doctor, help, version. See `nightjar help`, or `nightjar COMMAND --help`. (usage)\n',
  });
});

test('a failure is 1, with what to do', async () => {
  const failing = async () => {
    throw new NightjarError('camera_refused', 'rtsp://camera refused the connection.');
  };
  assert.deepEqual(await run(['serve'], failing), {
    code: 1,
    stdout: '',
    stderr:
      'nightjar: rtsp://camera refused the connection. Check the port, and that RTSP is switched on in the camera. (camera_refused)\n',
  });
});

test('our own mistakes come with a stack', async () => {
  const { code, stderr } = await run(['serve'], async () => {
    throw new TypeError('oops');
  });
  assert.equal(code, 1);
  assert.match(stderr, /^nightjar: oops Please report it .*\(internal\)\nTypeError: oops\n {4}at /);
});

test('a wrong value is a usage error on the command line, and a failed start elsewhere', async () => {
  const resolving = (source: 'flags' | 'environment') =>
    run(['serve', '--port', 'x'], async ({ settingFlags }) => {
      const environment = { port: { text: 'x', source: 'NIGHTJAR_PORT' } };
      const flags = source === 'flags' ? settingFlags : {};
      resolveSettings(
        { flags, environment: source === 'environment' ? environment : {}, file: {} },
        { cores: 1 },
      );
      return 0;
    });
  assert.equal((await resolving('flags')).code, 2);
  assert.equal((await resolving('environment')).code, 1);
});

test('version prints the version, and JSON alone when asked', async () => {
  const node = process.versions.node;
  assert.equal((await run(['version'])).stdout, `nightjar ${version} (Node ${node})\n`);
  assert.deepEqual(JSON.parse((await run(['version', '--json'])).stdout), { version, node });
});

test('help lists every command', async () => {
  const { code, stdout } = await run(['help']);
  assert.equal(code, 0);
  for (const { name, summary } of commandTable) {
    assert.match(stdout, new RegExp(`nightjar ${name}.*${summary.replaceAll('.', '\\.')}`));
  }
  const { commands } = JSON.parse((await run(['help', '--json'])).stdout);
  assert.deepEqual(
    commands.map(({ name }: { name: string }) => name),
    commandTable.map(({ name }) => name),
  );
});

test('the help of serve explains every setting', async () => {
  const { code, stdout } = await run(['serve', '--help']);
  assert.equal(code, 0);
  for (const name of settingNames) {
    assert(stdout.includes(`--${settingTable[name].flag} ${settingTable[name].placeholder}`), name);
  }
});

const badRecordings: [what: string, words: string[], message: RegExp][] = [
  ['no folder', ['--duration', '5'], /^nightjar: --out is missing\. /],
  ['no duration', ['--out', 'x'], /^nightjar: --duration is missing\. /],
  [
    'a bad duration',
    ['--out', 'x', '--duration', 'long'],
    /--duration is "long", but must be a number from 0\.1 to/,
  ],
  [
    'another transport',
    ['--out', 'x', '--duration', '5', '--transport', 'pigeon'],
    /--transport is "pigeon", but must be one of auto, tcp, udp, multicast, http, websocket\./,
  ],
];

for (const [what, words, message] of badRecordings) {
  test(`record with ${what} is a usage error`, async () => {
    const { code, stdout, stderr } = await run(['record', 'rtsp://camera/', ...words]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, message);
  });
}
