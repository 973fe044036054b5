import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { NightjarProcess, temporaryFolder } from './nightjar_process.ts';

const fixture = (name: string) => path.join(import.meta.dirname, '../fixtures/cameras', name, 'dialogue.txt');

test('a camera that is replayed is probed, captured, and replayed from its capture', async (context) => {
  const cwd = temporaryFolder(context);
  const start = (...words: string[]) => new NightjarProcess(context, words, { cwd });
  const replay = async (file: string) => {
    const camera = start('replay', file, '--json');
    await camera.printed('stdout', /\n/);
    return JSON.parse(camera.stdout) as { url: string; username?: string; password?: string };
  };
  const probe = async (camera: { url: string; username?: string; password?: string }, ...words: string[]) => {
    const { url, username = 'nobody', password = 'nothing' } = camera;
    const given = ['--username', username, '--password', password, '--duration', '1', '--json'];
    const run = start('probe', url, ...given, ...words);
    assert.deepEqual(await run.ended, { code: 0, signal: null }, run.stderr);
    return JSON.parse(run.stdout);
  };
  const camera = await replay(fixture('vstarcam-plain-digest'));
  assert.equal(camera.username, 'admin');
  const seen = await probe(camera, '--capture', 'captured.txt');
  const again = await probe(await replay('captured.txt'));
  for (const { video } of [seen, again]) {
    assert.equal(video.codecString, 'avc1.640015');
    assert.equal(video.width, 320);
  }
});

test('what is no dialogue is an error that names the line', async (context) => {
  const run = new NightjarProcess(context, ['replay', import.meta.filename], {
    cwd: temporaryFolder(context),
  });
  assert.deepEqual(await run.ended, { code: 1, signal: null });
  assert.match(run.stderr, /replay\.test\.ts, line 1: .* \(dialogue_malformed\)/);
});
