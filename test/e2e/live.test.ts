import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { SimulatedCamera } from '../../src/simulator/camera.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { frameNumbers, holesIn } from '../fixtures/frame_numbers.ts';
import { LiveWatcher } from '../fixtures/live_watcher.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Watching live through the whole server: from a camera's packets to what a player gets. */

const timeout = 60_000;

async function numberedCamera(context: TestContext, changes: Partial<SimulatedCamera> = {}) {
  const clip = await numberedClip({ frames: 1_500, audio: true });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [{ path: 'yard', clip: await readClip({ ...clip, audioFile: clip.audioFile! }), ...changes }],
  });
  context.after(() => simulator.close());
  return simulator;
}

async function startServer(context: TestContext) {
  const cwd = temporaryFolder(context);
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--workers', '1'];
  const server = new NightjarProcess(context, words, { cwd });
  return { cwd, server, api: `${await server.url()}/api/v1` };
}

async function addCamera(api: string, url: string, record = true): Promise<string> {
  const answer = await fetch(`${api}/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Yard', streams: [{ role: 'main', url, record }] }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  return ((await answer.json()) as { id: string }).id;
}

// They wait for footage, which comes in real time, more than for a core.
describe('what is sent now', { concurrency: 3 }, () => {
  test('all that a watcher gets decodes, and no picture is missing from the current key frame on', {
    timeout,
  }, async (context) => {
    const simulator = await numberedCamera(context);
    const { api, cwd } = await startServer(context);
    const camera = await addCamera(api, simulator.url('yard'));
    await until(() => simulator.counters('yard').framesSent > 115);
    const before = simulator.counters('yard').framesSent;
    const first = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await first.untilFragments(1);
    // Before the next key frame: what came first was read from the file.
    const second = new LiveWatcher(`${api}/cameras/${camera}/live?stream=main`);
    await first.untilFragments(110);
    await second.untilFragments(100);
    for (const watcher of [first, second]) {
      await watcher.close();
      assert.deepEqual(watcher.order.slice(0, 3), ['hello', 'state', watcher === first ? 'state' : 'init']);
      assert.equal(watcher.inputs.length, 1);
      const { said } = watcher.inputs[0]!;
      assert.match(said.mimeType, /^video\/mp4; codecs="avc1\.[0-9a-f]{6}, mp4a\.40\.2"$/);
      assert.equal(said.hasAudio, true);
      const file = await watcher.save(path.join(cwd, 'live.mp4'));
      assert.equal(await decodeErrors(file), '');
      const numbers = await frameNumbers(file);
      assert.deepEqual(holesIn(numbers), []);
      assert.equal(numbers[0]! % 25, 0, 'it begins with a key frame');
      assert.ok(numbers[0]! <= before && numbers[0]! > before - 60, `${numbers[0]} of ${before}`);
      const { streams } = await ffprobe(file);
      assert.deepEqual(streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264']);
    }
  });

  test('between key frames a watcher gets the newest one from the file, at once', {
    timeout,
  }, async (context) => {
    // 2.5 s from one key frame to the next: more than a fragment.
    const simulator = await numberedCamera(context, { framesPerSecond: 10 });
    const { api, cwd } = await startServer(context);
    const camera = await addCamera(api, simulator.url('yard'));
    await until(() => simulator.counters('yard').framesSent % 25 === 18);
    const sent = simulator.counters('yard').framesSent;
    const watcher = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await watcher.untilFragments(2);
    assert.ok(simulator.counters('yard').framesSent < sent + 5, 'before the next key frame');
    await watcher.untilFragments(40);
    await watcher.close();
    const file = await watcher.save(path.join(cwd, 'live.mp4'));
    assert.equal(await decodeErrors(file), '');
    const numbers = await frameNumbers(file);
    assert.equal(numbers[0], sent - (sent % 25));
    assert.deepEqual(holesIn(numbers), []);
  });

  test('a watcher is told that the camera went away, and sees it again when it is back', {
    timeout,
  }, async (context) => {
    const simulator = await numberedCamera(context);
    const { api, cwd } = await startServer(context);
    const camera = await addCamera(api, simulator.url('yard'));
    const watcher = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await watcher.untilFragments(30);
    simulator.disconnect('yard');
    // It is back at once: whoever looks now and then may not see it wait.
    const waiting = () =>
      watcher.of('state').find(({ state, errorCode }) => state === 'waiting' && errorCode);
    await until(() => waiting() !== undefined);
    const { reason, errorCode } = waiting()!;
    assert.match(reason, /Trying again/);
    assert.equal(errorCode, 'camera_closed');
    await until(() => watcher.state === 'playing' && (watcher.inputs[1]?.parts.length ?? 0) > 30);
    await watcher.close();
    assert.equal(watcher.inputs.length, 2);
    for (const input of watcher.inputs) {
      const file = await watcher.save(path.join(cwd, 'live.mp4'), input);
      assert.equal(await decodeErrors(file), '');
      const numbers = await frameNumbers(file);
      assert.equal(numbers[0], 0);
      assert.deepEqual(holesIn(numbers), []);
    }
  });

  test('a stream that is not recorded is watched on demand, and leaves no trace', {
    timeout,
  }, async (context) => {
    const simulator = await numberedCamera(context);
    const { api, cwd } = await startServer(context);
    const camera = await addCamera(api, simulator.url('yard'), false);
    const sessions = () => simulator.counters('yard').playing;
    assert.equal(sessions(), 0);
    const watcher = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await watcher.untilFragments(40);
    assert.equal(sessions(), 1);
    const another = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await another.untilFragments(10);
    assert.equal(sessions(), 1, 'one session for all');
    const shown = (await (await fetch(`${api}/cameras/${camera}`)).json()) as {
      streams: { state: string }[];
    };
    assert.equal(shown.streams[0]!.state, 'paused');
    await watcher.close();
    await another.close();
    const file = await watcher.save(path.join(cwd, 'live.mp4'));
    assert.equal(await decodeErrors(file), '');
    const numbers = await frameNumbers(file);
    assert.equal(numbers[0], 0);
    assert.deepEqual(holesIn(numbers), []);
    await until(() => sessions() === 0);
    const window = `from=0&to=${Date.now() + 60_000}`;
    const timeline = (await (await fetch(`${api}/cameras/${camera}/timeline?${window}`)).json()) as {
      recordings: unknown[];
      gaps: { cause: string }[];
    };
    assert.deepEqual(timeline.recordings, []);
    assert.deepEqual(new Set(timeline.gaps.map(({ cause }) => cause)), new Set(['paused']));
    const files = await readdir(path.join(cwd, 'recordings'));
    assert.deepEqual(files.sort(), ['.nightjar', 'gaps.jsonl'], 'no folder of the camera');
  });

  test('watching goes on when recording of the stream is switched off and on', {
    timeout,
  }, async (context) => {
    const simulator = await numberedCamera(context);
    const { api } = await startServer(context);
    const url = simulator.url('yard');
    const camera = await addCamera(api, url);
    const watcher = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await watcher.untilFragments(10);
    for (const [index, record] of [false, true].entries()) {
      const answer = await fetch(`${api}/cameras/${camera}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams: [{ role: 'main', url, record }] }),
      });
      assert.equal(answer.status, 200, await answer.clone().text());
      await until(() => (watcher.inputs[index + 1]?.parts.length ?? 0) > 10);
      assert.equal(simulator.counters('yard').playing, 1);
    }
    await watcher.close();
  });

  test('the connection is closed with a code when the camera is removed, and when the server stops', {
    timeout,
  }, async (context) => {
    const simulator = await numberedCamera(context);
    const { api, server } = await startServer(context);
    const camera = await addCamera(api, simulator.url('yard'));
    const removed = new LiveWatcher(`${api}/cameras/${camera}/live`);
    await removed.untilFragments(1);
    assert.equal((await fetch(`${api}/cameras/${camera}`, { method: 'DELETE' })).status, 204);
    await until(() => removed.closed !== undefined);
    assert.deepEqual(removed.closed, { code: 4404, reason: 'The camera was removed.' });

    const other = await addCamera(api, simulator.url('yard'));
    const stopped = new LiveWatcher(`${api}/cameras/${other}/live`);
    await stopped.untilFragments(1);
    server.child.kill('SIGTERM');
    await until(() => stopped.closed !== undefined);
    assert.deepEqual(stopped.closed, { code: 1001, reason: 'The server stops.' });
    await server.ended;
  });
});
