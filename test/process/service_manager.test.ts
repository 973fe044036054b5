import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from './nightjar_process.ts';

/** A service manager's end of the protocol: a datagram socket, made by somebody who can. */
const receiver = `
import socket, sys
name = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind('\\0' + name[1:] if name.startswith('@') else name)
print('bound', flush=True)
while True:
    print(repr(end.recv(4096).decode()), flush=True)
`;

async function listen(context: TestContext, name: string): Promise<string[]> {
  const child = spawn('python3', ['-c', receiver, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => child.kill('SIGKILL'));
  const messages: string[] = [];
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    messages.splice(0, messages.length, ...text.split('\n').slice(0, -1));
  });
  await until(() => messages[0] === 'bound');
  return messages;
}

for (const kind of ['path', 'abstract'] as const) {
  test(`the service manager is told that the server is ready, alive and stopping, by a socket with ${kind} name`, {
    timeout: 60_000,
  }, async (context) => {
    const cwd = temporaryFolder(context);
    const name = kind === 'path' ? path.join(cwd, 'notify') : `@nightjar-test-${path.basename(cwd)}`;
    const messages = await listen(context, name);
    const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '900000' };
    const nightjar = new NightjarProcess(context, ['serve', '--port', '0'], { cwd, env });
    await until(() => messages.filter((each) => each.includes('WATCHDOG=1')).length >= 2);
    assert.match(messages[1]!, /^'READY=1\\nSTATUS=0 of 0 streams are recorded\.'$/);
    nightjar.child.kill('SIGTERM');
    assert.equal((await nightjar.ended).code, 0);
    await until(() => messages.some((each) => each.includes('STOPPING=1')));
    assert.equal(nightjar.stderr, '');
  });
}

test('a server without systemd-notify says so once and goes on', { timeout: 60_000 }, async (context) => {
  const cwd = temporaryFolder(context);
  const env = { NOTIFY_SOCKET: '/nowhere', WATCHDOG_USEC: '300000', PATH: cwd };
  const nightjar = new NightjarProcess(context, ['serve', '--port', '0'], { cwd, env });
  await nightjar.printed('stderr', /systemd-notify is needed: it is not installed/);
  const url = await nightjar.url();
  for (let time = 0; time < 3; time++) assert.equal((await fetch(`${url}/health`)).status, 200);
  nightjar.child.kill('SIGTERM');
  assert.equal((await nightjar.ended).code, 0);
  assert.equal(nightjar.stderr.split('\n').length, 2);
});
