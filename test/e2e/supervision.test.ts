import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { type App, startApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { createLog } from '../../src/logging/logger.ts';
import { resolveSettings } from '../../src/settings/settings.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { decodeErrors } from '../fixtures/ffprobe.ts';
import { LiveWatcher } from '../fixtures/live_watcher.ts';
import { until } from '../fixtures/until.ts';
import { temporaryFolder } from '../process/nightjar_process.ts';

interface Timeline {
  recordings: { startMs: number; endMs: number; runId: string }[];
  gaps: { startMs: number; endMs: number; cause: string }[];
}

async function startInFolder(context: TestContext): Promise<App> {
  const folder = temporaryFolder(context);
  const flag = (text: string) => ({ text, source: 'the test' });
  const settings = resolveSettings(
    {
      flags: {
        port: flag('0'),
        dataDir: flag(path.join(folder, 'data')),
        recordingsDir: flag(path.join(folder, 'recordings')),
        minFreeBytes: flag('0'),
        workers: flag('1'),
      },
      environment: {},
      file: {},
    },
    { cores: 2 },
  );
  const log = createLog({ level: 'fatal', clock: systemClock, sink: { write: () => {} } });
  const app = await startApp({ settings, clock: systemClock, log });
  context.after(() => app.stop());
  return app;
}

async function addCamera({ url }: App, streams: object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'Yard', streams });
  const answer = await fetch(`${url}/api/v1/cameras`, { method: 'POST', headers, body });
  assert.equal(answer.status, 201, await answer.text());
}

test('a recorder worker that dies costs a gap with its cause, and nothing that it had written', {
  timeout: 60_000,
}, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'yard' }] });
  context.after(() => simulator.close());
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => workers.push(worker);
  process.on('worker', onWorker);
  context.after(() => process.off('worker', onWorker));

  const app = await startInFolder(context);
  await addCamera(app, [{ role: 'main', url: simulator.url('yard'), transport: 'tcp', record: true }]);
  const { cameras } = (await (await fetch(`${app.url}/api/v1/cameras`)).json()) as {
    cameras: { id: string }[];
  };
  const camera = `${app.url}/api/v1/cameras/${cameras[0]!.id}`;
  const timeline = async () =>
    (await (await fetch(`${camera}/timeline?from=0&to=${Date.now() + 60_000}`)).json()) as Timeline;

  await until(async () => {
    const [recording] = (await timeline()).recordings;
    return recording !== undefined && recording.endMs - recording.startMs > 3_000;
  });
  const before = (await timeline()).recordings[0]!;
  // The recorder's is the first of the process.
  await workers[0]!.terminate();
  // In the moment without a worker cameras come and go all the same.
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'Gate', streams: [{ role: 'main', url: simulator.url('nowhere') }] });
  const gate = await fetch(`${app.url}/api/v1/cameras`, { method: 'POST', headers, body });
  assert.equal(gate.status, 201);
  const { id } = (await gate.json()) as { id: string };
  assert.equal((await fetch(`${app.url}/api/v1/cameras/${id}`, { method: 'DELETE' })).ok, true);
  await until(async () => (await timeline()).recordings.length === 2);

  const { recordings, gaps } = await timeline();
  const [kept, later] = recordings;
  assert.ok(kept!.endMs >= before.endMs, 'what was told is still there');
  assert.deepEqual(gaps.at(-1), {
    startMs: kept!.endMs,
    endMs: later!.startMs,
    cause: 'crash',
    ongoing: false,
  });
  assert.notEqual(kept!.runId, later!.runId);
  assert.equal(await decodeErrors(`${camera}/clip.mp4?from=${kept!.startMs}&to=${kept!.endMs}`), '');
});

test('who watches live is told that a recorder worker died, and goes on with the next one', {
  timeout: 60_000,
}, async (context) => {
  const cameras = [{ path: 'yard' }, { path: 'gate' }];
  const simulator = await startSimulator({ clock: systemClock, cameras });
  context.after(() => simulator.close());
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => workers.push(worker);
  process.on('worker', onWorker);
  context.after(() => process.off('worker', onWorker));
  const app = await startInFolder(context);
  for (const [name, record] of [
    ['yard', true],
    ['gate', false],
  ] as const) {
    const stream = { role: 'main', url: simulator.url(name), transport: 'tcp', record } as const;
    await addCamera(app, [stream]);
  }
  const listed = (await (await fetch(`${app.url}/api/v1/cameras`)).json()) as { cameras: { id: string }[] };
  const watchers = listed.cameras.map(({ id }) => new LiveWatcher(`${app.url}/api/v1/cameras/${id}/live`));
  for (const watcher of watchers) await watcher.untilFragments(10);
  await workers[0]!.terminate();
  for (const watcher of watchers) {
    await until(() => watcher.of('state').some(({ reason }) => reason.startsWith('The recorder of this')));
    await until(() => watcher.state === 'playing' && (watcher.inputs[1]?.parts.length ?? 0) > 10);
    await watcher.close();
  }
});

test('a stream that never connected can be dropped, and the other one goes on', {
  timeout: 60_000,
}, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'yard' }] });
  context.after(() => simulator.close());
  const app = await startInFolder(context);
  const main = { role: 'main', url: simulator.url('yard'), transport: 'tcp', record: true } as const;
  const sub = { role: 'sub', url: simulator.url('nowhere'), transport: 'tcp', record: true } as const;
  await addCamera(app, [main, sub]);
  const { cameras } = (await (await fetch(`${app.url}/api/v1/cameras`)).json()) as {
    cameras: { id: string }[];
  };
  const camera = `${app.url}/api/v1/cameras/${cameras[0]!.id}`;
  interface Camera {
    streams: { state: string }[];
  }
  const states = async () =>
    ((await (await fetch(camera)).json()) as Camera).streams.map(({ state }) => state);
  await until(async () => (await states()).join() === 'recording,backing_off');
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ password: 'new', username: 'viewer', streams: [main] });
  const changed = await fetch(camera, { method: 'PATCH', headers, body });
  assert.equal(changed.status, 200, await changed.clone().text());
  await until(async () => (await states()).join() === 'recording');
});

test('a new camera has no gap when it connects at once, and one with the reason when it does not', {
  timeout: 60_000,
}, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'yard' }] });
  context.after(() => simulator.close());
  const app = await startInFolder(context);
  const add = async (name: string, url: string) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name, streams: [{ role: 'main', url }] });
    const answer = await fetch(`${app.url}/api/v1/cameras`, { method: 'POST', headers, body });
    return (await answer.json()) as { id: string; createdMs: number };
  };
  const yard = await add('Yard', simulator.url('yard'));
  const gate = await add('Gate', 'rtsp://127.0.0.1:9/main');
  const timeline = async ({ id }: { id: string }) => {
    const window = `from=0&to=${Date.now() + 60_000}`;
    return (await (await fetch(`${app.url}/api/v1/cameras/${id}/timeline?${window}`)).json()) as Timeline & {
      expectedFromMs: number;
    };
  };
  await until(async () => (await timeline(gate)).gaps.some(({ cause }) => cause === 'refused'));
  const [refused, ...more] = (await timeline(gate)).gaps;
  assert.deepEqual(more, []);
  assert.equal(refused!.cause, 'refused');
  assert.equal(refused!.startMs, gate.createdMs);

  await until(async () => (await timeline(yard)).recordings.length === 1);
  const { expectedFromMs, recordings, gaps } = await timeline(yard);
  const waitedMs = recordings[0]!.startMs - yard.createdMs;
  if (waitedMs <= 3_000) {
    assert.deepEqual(gaps, []);
    assert.equal(expectedFromMs, recordings[0]!.startMs);
  } else assert.equal(gaps[0]!.cause, 'no_packets', 'this machine is slow');
});

test('a disk that goes away is an alarm everywhere', {
  timeout: 60_000,
}, async (context) => {
  const app = await startInFolder(context);
  const ask = async (what: string) => (await fetch(`${app.url}/api/v1/${what}`)).json();
  const { storage } = (await ask('status')) as { storage: { folder: string } };
  const updates = await fetch(`${app.url}/api/v1/updates`);
  let pushed = '';
  const reading = (async () => {
    for await (const text of updates.body!.pipeThrough(new TextDecoderStream())) pushed += text;
  })().catch(() => {});
  const alarms = async () => ((await ask('alarms')) as { alarms: { id: string; text: string }[] }).alarms;

  const marker = path.join(storage.folder, '.nightjar');
  renameSync(marker, `${marker}.elsewhere`);
  await until(async () => (await alarms()).length > 0);
  const [alarm] = await alarms();
  assert.equal(alarm?.id, 'storage_missing:default');
  assert.match(alarm.text, /as if its disk were not mounted/);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  const line =
    'nightjar_alarm{kind="storage_missing",severity="critical",camera="",stream="",root="default"} 1';
  assert.ok(metrics.split('\n').includes(line));
  assert.match(pushed, /^event: alarms\ndata: \{"alarms":\[\{"id":"storage_missing:default"/m);

  await app.stop();
  await reading;
});
