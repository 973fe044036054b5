import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { frameNumbers, holesIn } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { storedSegment } from '../fixtures/stored_segment.ts';
import { until } from '../fixtures/until.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** The whole server as people run it: cameras on the network, files on the disk, answers over HTTP. */

const timeout = 120_000;
const noGstreamer = await gstreamerMissing();
const frameMs = 40;

interface Timeline {
  expectedFromMs: number;
  knownToMs: number;
  recordings: { startMs: number; endMs: number; runId: string; growing: boolean }[];
  gaps: { startMs: number; endMs: number; cause: string; ongoing: boolean }[];
}

async function startServer(context: TestContext, cwd: string, segmentSeconds = 2) {
  const words = [
    'serve',
    '--port',
    '0',
    '--segment-seconds',
    String(segmentSeconds),
    '--min-free-bytes',
    '0',
  ];
  const server = new NightjarProcess(context, words, { cwd });
  return { server, api: `${await server.url()}/api/v1` };
}

async function addCamera(api: string, url: string, account: object = {}): Promise<string> {
  const answer = await fetch(`${api}/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Yard',
      ...account,
      streams: [{ role: 'main', url, transport: 'auto', record: true }],
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return ((await answer.json()) as { id: string }).id;
}

async function stopRecording(api: string, camera: string, url: string): Promise<void> {
  const answer = await fetch(`${api}/cameras/${camera}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ streams: [{ role: 'main', url, record: false }] }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
}

async function timeline(api: string, camera: string): Promise<Timeline> {
  const answer = await fetch(`${api}/cameras/${camera}/timeline?from=0&to=${Date.now() + 60_000}`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as Timeline;
}

const recordedMs = ({ recordings }: Timeline): number =>
  recordings.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);

/** A numbered clip of a minute, shown by a simulated camera from its beginning. */
async function numberedCamera(context: TestContext) {
  const clip = await numberedClip({ frames: 1_500, audio: true });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [{ path: 'yard', clip: await readClip({ ...clip, audioFile: clip.audioFile! }) }],
  });
  context.after(() => simulator.close());
  return simulator;
}

function assertTiled({ expectedFromMs, knownToMs, recordings, gaps }: Timeline): void {
  const parts = [...recordings, ...gaps].sort((a, b) => a.startMs - b.startMs);
  assert.equal(parts[0]!.startMs, expectedFromMs);
  assert.equal(parts.at(-1)!.endMs, knownToMs);
  for (let index = 1; index < parts.length; index++)
    assert.equal(parts[index]!.startMs, parts[index - 1]!.endMs);
}

// They wait for footage, which comes in real time, more than for a core.
describe('the whole server', { concurrency: 3 }, () => {
  test('a clip begins with the very frame that was asked for, wherever that is', {
    timeout,
  }, async (context) => {
    const cwd = temporaryFolder(context);
    const simulator = await numberedCamera(context);
    const { api } = await startServer(context, cwd);
    const camera = await addCamera(api, simulator.url('yard'));
    await until(async () => recordedMs(await timeline(api, camera)) > 11_000);
    const { recordings } = await timeline(api, camera);
    const [recording] = recordings;
    // The run's first picture has the number 0 and is shown from the run's start on.
    for (const frame of [0, 1, 24, 25, 26, 49, 50, 63, 111, 187, 200]) {
      const from = recording!.startMs + (frame + 0.5) * frameMs;
      const url = `${api}/cameras/${camera}/clip.mp4?from=${Math.round(from)}&to=${Math.round(from) + 2_000}`;
      assert.equal(await decodeErrors(url), '');
      const numbers = await frameNumbers(url);
      assert.equal(numbers[0], frame);
      assert.deepEqual(holesIn(numbers), []);
      const { format } = await ffprobe(url);
      assert.ok(Math.abs(Number(format.duration) - 2) < 0.05, `${format.duration} s`);
    }
  });

  test('a clip up to the present is the same file for every part of it', { timeout }, async (context) => {
    const simulator = await numberedCamera(context);
    const { api } = await startServer(context, temporaryFolder(context));
    const camera = await addCamera(api, simulator.url('yard'));
    await until(async () => recordedMs(await timeline(api, camera)) > 4_000);
    const { recordings } = await timeline(api, camera);
    const url = `${api}/cameras/${camera}/clip.mp4?from=${recordings[0]!.startMs}&to=${Date.now() + 60_000}`;
    const moved = await fetch(url, { redirect: 'manual' });
    assert.equal(moved.status, 307);
    const there = new URL(moved.headers.get('location')!, url);
    assert.ok(Number(there.searchParams.get('to')) <= Date.now());
    const bodies: Buffer[] = [];
    for (let count = 0; count < 2; count++) {
      await until(async () => recordedMs(await timeline(api, camera)) > 5_000 + count * 2_000);
      bodies.push(Buffer.from(await (await fetch(there)).arrayBuffer()));
    }
    assert.ok(bodies[0]!.equals(bodies[1]!));
    // ffmpeg asks for parts of the file as it needs them, without If-Range.
    assert.equal(await decodeErrors(url), '');
  });

  test('a playlist plays through all segments without a hole', { timeout }, async (context) => {
    const cwd = temporaryFolder(context);
    const simulator = await numberedCamera(context);
    const { api } = await startServer(context, cwd);
    const camera = await addCamera(api, simulator.url('yard'));
    await until(async () => recordedMs(await timeline(api, camera)) > 9_000);
    // What a part begins with belongs to the list whole: the last one must not grow between two looks at it.
    await stopRecording(api, camera, simulator.url('yard'));
    await until(async () => (await timeline(api, camera)).recordings[0]!.growing === false);
    const { recordings } = await timeline(api, camera);
    const { startMs, endMs } = recordings[0]!;
    const url = `${api}/cameras/${camera}/playlist.m3u8?from=${startMs}&to=${endMs}`;
    assert.equal(await decodeErrors(url), '');
    const numbers = await frameNumbers(url);
    assert.equal(numbers[0], 0);
    assert.deepEqual(holesIn(numbers), []);
    assert.ok(Math.abs(numbers.length - (endMs - startMs) / frameMs) <= 1, `${numbers.length} frames`);
  });

  test('after a kill -9 everything up to the last whole fragment plays and is on the timeline', {
    timeout,
  }, async (context) => {
    const cwd = temporaryFolder(context);
    const simulator = await numberedCamera(context);
    const first = await startServer(context, cwd, 4);
    const camera = await addCamera(first.api, simulator.url('yard'));
    await until(async () => recordedMs(await timeline(first.api, camera)) > 7_000);
    const before = await timeline(first.api, camera);
    first.server.child.kill('SIGKILL');
    await first.server.ended;

    const second = await startServer(context, cwd, 4);
    await until(async () => (await timeline(second.api, camera)).recordings.length === 2);
    const after = await timeline(second.api, camera);
    assertTiled(after);
    const [kept, later] = after.recordings;
    assert.equal(kept!.startMs, before.recordings[0]!.startMs);
    assert.ok(kept!.endMs >= before.recordings[0]!.endMs, 'nothing that was told is missing');
    assert.deepEqual(after.gaps.map(({ cause, startMs, endMs }) => ({ cause, startMs, endMs })).at(-1), {
      cause: 'crash',
      startMs: kept!.endMs,
      endMs: later!.startMs,
    });
    const url = `${second.api}/cameras/${camera}/playlist.m3u8?from=${kept!.startMs}&to=${kept!.endMs}`;
    assert.equal(await decodeErrors(url), '');
    const numbers = await frameNumbers(url);
    assert.deepEqual(holesIn(numbers), []);
    assert.ok(
      Math.abs(numbers.length - (kept!.endMs - kept!.startMs) / frameMs) <= 1,
      `${numbers.length} frames`,
    );
    const files = (await readdir(path.join(cwd, 'recordings'), { recursive: true })).filter((name) =>
      name.endsWith('.mp4'),
    );
    for (const file of files.slice(0, -1))
      assert.equal(await decodeErrors(path.join(cwd, 'recordings', file)), '');
  });

  test('an orderly stop closes every file and says so on the timeline', { timeout }, async (context) => {
    const cwd = temporaryFolder(context);
    const simulator = await numberedCamera(context);
    const first = await startServer(context, cwd);
    const camera = await addCamera(first.api, simulator.url('yard'));
    await until(async () => recordedMs(await timeline(first.api, camera)) > 3_000);
    const askedMs = performance.now();
    first.server.child.kill('SIGTERM');
    assert.deepEqual(await first.server.ended, { code: 0, signal: null });
    assert.ok(performance.now() - askedMs < 10_000);
    const files = (await readdir(path.join(cwd, 'recordings'), { recursive: true })).filter((name) =>
      name.endsWith('.mp4'),
    );
    for (const file of files)
      assert.ok((await storedSegment(path.join(cwd, 'recordings', file))).closed, file);

    const second = await startServer(context, cwd);
    await until(async () => (await timeline(second.api, camera)).recordings.length === 2);
    const after = await timeline(second.api, camera);
    assertTiled(after);
    assert.equal(after.gaps.at(-1)!.cause, 'recorder_stopped');
  });

  test('a camera that nobody here wrote is recorded again after it lost its power', {
    skip: noGstreamer,
    timeout,
  }, async (context) => {
    const cwd = temporaryFolder(context);
    const account = { username: 'viewer', password: 'opens sesame' };
    const camera = await startGstreamerCamera(account);
    context.after(() => camera.stop());
    const { api } = await startServer(context, cwd);
    const id = await addCamera(api, camera.url('live'), account);
    await until(async () => recordedMs(await timeline(api, id)) > 3_000);
    await camera.kill();
    await until(async () => (await timeline(api, id)).gaps.some(({ cause }) => cause === 'refused'));
    const { streams } = (await (await fetch(`${api}/cameras/${id}`)).json()) as {
      streams: { state: string; stateReason: string; url: string }[];
    };
    assert.equal(streams[0]!.state, 'backing_off');
    assert.match(streams[0]!.stateReason, /refused|ECONNREFUSED/i);

    const back = await startGstreamerCamera(account);
    context.after(() => back.stop());
    const change = await fetch(`${api}/cameras/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        // It has another port now, so the password must be given again.
        password: account.password,
        streams: [{ role: 'main', url: back.url('live'), transport: 'tcp', record: true }],
      }),
    });
    assert.equal(change.status, 200, await change.clone().text());
    await until(async () => (await timeline(api, id)).recordings.length === 2);
    const known = await timeline(api, id);
    assertTiled(known);
    const { startMs, endMs } = known.recordings[0]!;
    assert.equal(await decodeErrors(`${api}/cameras/${id}/clip.mp4?from=${startMs}&to=${endMs}`), '');
  });

  test('a recordings folder that turns unwritable ends the run with a reason and not the camera or the server', {
    timeout,
  }, async (context) => {
    const cwd = temporaryFolder(context);
    const simulator = await numberedCamera(context);
    const { api, server } = await startServer(context, cwd);
    const camera = await addCamera(api, simulator.url('yard'));
    await until(async () => recordedMs(await timeline(api, camera)) > 3_000);
    // The camera's folder becomes a file: what tests running as root can do in place of taking the right to write.
    const folder = path.join(cwd, 'recordings', camera);
    const { rename, rm } = await import('node:fs/promises');
    await rename(folder, `${folder}.away`);
    await writeFile(folder, '');
    interface Answer {
      streams: { state: string; stateReason: string }[];
    }
    const { streams } = await askUntil<Answer>(
      `${api}/cameras/${camera}`,
      (answer) => answer.streams[0]!.state === 'backing_off',
    );
    assert.match(streams[0]!.stateReason, /recordings|folder|disk|written/i);
    await rm(folder);
    await rename(`${folder}.away`, folder);
    await mkdir(folder, { recursive: true });
    await askUntil<Answer>(
      `${api}/cameras/${camera}`,
      (answer) => answer.streams[0]!.state === 'recording',
      60_000,
    );
    assert.equal(server.child.exitCode, null);
    const known = await timeline(api, camera);
    assertTiled(known);
    assert.ok(
      known.gaps.some(({ cause }) => cause === 'disk_missing'),
      JSON.stringify(known.gaps),
    );
  });
});
