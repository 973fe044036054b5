import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { chromium } from 'playwright-core';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { until } from '../fixtures/until.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Chromium judges what is sent live: its Media Source Extensions play it, or they do not. */

const timeout = 90_000;

/** What the player of the page tells (test/fixtures/live_player.js). */
interface Playing {
  readonly mimeType: string;
  readonly currentTime: number;
  readonly width: number;
  readonly ranges: number;
  readonly shown: number;
  readonly frames: number;
  readonly errors: readonly string[];
}

async function playInChromium(context: TestContext, cameraUrl: string): Promise<Playing> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  });
  context.after(() => browser.close());
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  await page.goto(`${new URL(cameraUrl).origin}/health`);
  const live = `${cameraUrl.replace(/^http/, 'ws')}/live`;
  await page.addScriptTag({ path: path.join(import.meta.dirname, '../fixtures/live_player.js') });
  await page.evaluate(`startPlayer(${JSON.stringify(live)})`);
  const report = () => page.evaluate('playing()') as Promise<Playing>;
  await until(async () => {
    const { currentTime, errors } = await report();
    return currentTime > 5 || errors.length > 0;
  });
  return report();
}

async function startServer(context: TestContext, url: string): Promise<string> {
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--workers', '1'];
  const server = new NightjarProcess(context, words, { cwd: temporaryFolder(context) });
  const api = `${await server.url()}/api/v1`;
  const answer = await fetch(`${api}/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Yard', streams: [{ role: 'main', url }] }),
  });
  const { id } = (await answer.json()) as { id: string };
  await until(async () => {
    const { streams } = (await (await fetch(`${api}/cameras/${id}`)).json()) as {
      streams: { state: string }[];
    };
    return streams[0]!.state === 'recording';
  });
  return `${api}/cameras/${id}`;
}

test('Chromium plays pictures and sound as they come', { timeout }, async (context) => {
  const clip = await numberedClip({ frames: 1_500, audio: true });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [{ path: 'yard', clip: await readClip({ ...clip, audioFile: clip.audioFile! }) }],
  });
  context.after(() => simulator.close());
  const camera = await startServer(context, simulator.url('yard'));
  const { errors, mimeType, ranges, width, shown } = await playInChromium(context, camera);
  assert.deepEqual(errors, []);
  assert.match(mimeType, /avc1.*mp4a/);
  assert.equal(ranges, 1, 'no hole in what is buffered');
  assert.equal(width, 320);
  assert.ok(shown > 100, `${shown} pictures`);
});

test('Chromium plays a camera with B-frames', {
  timeout,
  skip: await gstreamerMissing(),
}, async (context) => {
  const source = await startGstreamerCamera({ bFrames: 2 });
  context.after(() => source.stop());
  const camera = await startServer(context, source.url('live'));
  const { errors, ranges, width, shown } = await playInChromium(context, camera);
  assert.deepEqual(errors, []);
  assert.equal(ranges, 1, 'no hole in what is buffered');
  assert.equal(width, 640);
  assert.ok(shown > 100, `${shown} pictures`);
});
