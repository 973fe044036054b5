import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
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
