import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const watchedProcess = fileURLToPath(new URL('../../test/process/watched_process.ts', import.meta.url));

/** Runs a process with a watchdog, whose main thread does as it is told. */
async function watched(context: TestContext, words: readonly string[], onLine?: (pid: number) => void) {
  const child = spawn(process.execPath, [watchedProcess, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  context.after(() => child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
    onLine?.(child.pid!);
  });
  return await new Promise<{ code: number | null; signal: string | null; out: string; err: string }>(
    (resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })),
  );
}

test('a process whose main thread is blocked says so and is ended', { timeout: 30_000 }, async (context) => {
  const { signal, err } = await watched(context, ['block', '1000']);
  assert.equal(signal, 'SIGKILL');
  const { level, msg, time } = JSON.parse(err);
  assert.equal(level, 60);
  assert.ok(Math.abs(Date.now() - time) < 30_000);
  assert.match(msg, /^The main thread has been blocked for 1 s\. Nightjar is ended/);
});

test('a busy process lives on, also when it was stopped for longer than the limit', {
  timeout: 60_000,
}, async (context) => {
  let stopped = false;
  const { code, err } = await watched(context, ['work', '4000'], (pid) => {
    if (stopped) return;
    stopped = true;
    process.kill(pid, 'SIGSTOP');
    setTimeout(() => process.kill(pid, 'SIGCONT'), 4_500);
  });
  assert.equal(err, '');
  assert.equal(code, 0);
});
