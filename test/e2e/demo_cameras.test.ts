import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { UpdateEvents } from '../../src/api/contract/update.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Cameras for whoever has none, and what the server pushes of them: through the whole server, with restarts. */

const timeout = 120_000;

/** Makes a process say which files of the simulator it loads. */
const loadNotes = `import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (url.includes('/src/simulator/')) process.stderr.write('loaded ' + url + '\\n');
    return next(url, context);
  },
});`;

async function startServer(context: TestContext, cwd: string) {
  const words = ['serve', '--port', '0', '--min-free-bytes', '0'];
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(loadNotes)}` };
  const server = new NightjarProcess(context, words, { cwd, env });
  const api = `${await server.url()}/api/v1`;
  const stop = async () => {
    server.child.kill('SIGTERM');
    assert.deepEqual(await server.ended, { code: 0, signal: null });
  };
  return { server, api, stop };
}

async function askForDemo(api: string): Promise<CameraAnswer[]> {
  const answer = await fetch(`${api}/demo-cameras`, { method: 'POST' });
  assert.equal(answer.status, 201);
  return ((await answer.json()) as { cameras: CameraAnswer[] }).cameras;
}

/** All cameras, once every stream is recorded. */
async function recorded(api: string): Promise<CameraAnswer[]> {
  const { cameras } = await askUntil<{ cameras: CameraAnswer[] }>(`${api}/cameras`, (answer) =>
    answer.cameras.every(({ streams }) => streams.every(({ state }) => state === 'recording')),
  );
  return cameras;
}

/** What says which camera is which, and where. */
const places = (cameras: readonly CameraAnswer[]) =>
  cameras.map(({ id, name, address, streams }) => ({
    id,
    name,
    address,
    streams: streams.map((stream) => ({ id: stream.id, url: stream.url })),
  }));

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** Reads what the server pushes until it ends; the newest event of each kind, and how many there were. */
function listenTo(context: TestContext, api: string) {
  const end = new AbortController();
  context.after(() => end.abort());
  const events: { name: keyof UpdateEvents; data: UpdateEvents[keyof UpdateEvents] }[] = [];
  const over = (async () => {
    const response = await fetch(`${api}/updates`, { signal: end.signal });
    let text = '';
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + part).split('\n\n');
      text = blocks.pop()!;
      for (const block of blocks) {
        const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (name) events.push({ name: name as keyof UpdateEvents, data: JSON.parse(data!) });
      }
    }
  })().catch(() => {});
  const of = <Name extends keyof UpdateEvents>(name: Name) =>
    events.filter((event) => event.name === name).map(({ data }) => data as UpdateEvents[Name]);
  return { of, over };
}

test('demo cameras are added once, recorded and pushed, and come back after a restart', {
  timeout,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const first = await startServer(context, cwd);
  const { of, over } = listenTo(context, first.api);
  await until(() => of('hello').length === 1);

  assert.doesNotMatch(first.server.stderr, /loaded .*simulator/, 'only who asks for it has the simulator');
  const added = await askForDemo(first.api);
  assert.deepEqual(
    added.map(({ name, username, hasPassword, streams }) => [name, username, hasPassword, streams.length]),
    [
      ['Front door', 'demo', true, 2],
      ['Garage', 'demo', true, 2],
    ],
  );
  assert.match(first.server.stderr, /loaded .*simulator/);
  assert.deepEqual(places(await askForDemo(first.api)), places(added));
  assert.deepEqual(places(await recorded(first.api)), places(added));

  const streamIds = added.flatMap(({ streams }) => streams.map(({ id }) => id)).sort();
  const grown = () => [...new Set(of('footage').map(({ streamId }) => streamId))].sort();
  await until(() => grown().length === 4);
  assert.deepEqual(grown(), streamIds);
  const told = new Map(of('camera').map((camera) => [camera.id, camera]));
  assert.deepEqual(places([...told.values()]), places(added));
  const seen = [...told.values()].flatMap(({ streams }) => streams.map(({ state, width }) => [state, width]));
  assert.deepEqual(seen, [
    ['recording', 640],
    ['recording', 320],
    ['recording', 640],
    ['recording', 320],
  ]);
  await first.stop();
  await over;

  const second = await startServer(context, cwd);
  assert.deepEqual(places(await recorded(second.api)), places(added));
  assert.deepEqual(places(await askForDemo(second.api)), places(added));
  await second.stop();
});

test('a demo camera whose port was taken meanwhile moves to another one, with its footage', {
  timeout,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const first = await startServer(context, cwd);
  const added = await askForDemo(first.api);
  await recorded(first.api);
  await first.stop();

  const taken = new URL(added[0]!.streams[0]!.url);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(taken.port), taken.hostname, resolve));
  context.after(() => other.close());

  const second = await startServer(context, cwd);
  const [moved, stayed] = places(await recorded(second.api));
  const [before, beside] = places(added);
  assert.notEqual(moved!.streams[0]!.url, before!.streams[0]!.url);
  assert.deepEqual(
    [moved!.id, moved!.streams.map(({ id }) => id)],
    [before!.id, before!.streams.map(({ id }) => id)],
  );
  assert.deepEqual(stayed, beside);
  assert.deepEqual(places(await askForDemo(second.api)), [moved, stayed]);
  await second.stop();
});

test('demo cameras end when all of them are removed, and one that was removed can be had again', {
  timeout,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const { api, stop } = await startServer(context, cwd);
  const added = await askForDemo(api);
  const urls = added.flatMap(({ streams }) => streams.map(({ url }) => url));
  const remove = async (id: string) =>
    assert.equal((await fetch(`${api}/cameras/${id}`, { method: 'DELETE' })).status, 204);

  await remove(added[0]!.id);
  assert.equal(await isListening(urls[0]!), true);
  const [again, same] = await askForDemo(api);
  assert.notEqual(again!.id, added[0]!.id);
  assert.deepEqual([again!.streams[0]!.url, same!.id], [urls[0], added[1]!.id]);

  await remove(again!.id);
  await remove(same!.id);
  for (const url of urls) await until(async () => !(await isListening(url)));
  await until(() => !existsSync(path.join(cwd, 'data/demo-cameras.json')));
  await stop();
});

test('a file about demo cameras that cannot be read costs a line in the log', {
  timeout,
}, async (context) => {
  const cwd = temporaryFolder(context);
  const first = await startServer(context, cwd);
  await askForDemo(first.api);
  await first.stop();
  writeFileSync(path.join(cwd, 'data/demo-cameras.json'), '{"cameras":[{"name":5}]}');
  const second = await startServer(context, cwd);
  await second.server.printed('stderr', /Where the demo cameras were is not known/);
  assert.equal((await askForDemo(second.api)).length, 2);
  await second.stop();
});
