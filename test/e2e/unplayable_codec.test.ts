import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { decodeErrors, ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { until } from '../fixtures/until.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Debian's Chromium decodes no H.265 and no MJPEG: what people see of a camera that sends them must never be blank. */

const skip = await gstreamerMissing();
const timeout = 120_000;

async function h265Camera(): Promise<Camera> {
  const camera = await startGstreamerCamera({ codec: 'h265' });
  return { url: camera.url('live'), stop: () => camera.stop() };
}

/** GStreamer plays a file, which is long enough for the test. */
async function jpegCamera(): Promise<Camera> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-mjpeg-'));
  const clip = path.join(folder, 'clip.mkv');
  const source = ['-f', 'lavfi', '-i', 'testsrc=s=328x240:r=10:d=120', '-pix_fmt', 'yuvj420p'];
  const { code, errors } = await runTool('ffmpeg', [
    ...['-v', 'error', ...source, '-c:v', 'mjpeg', '-q:v', '8', '-huffman', 'default', clip],
  ]);
  assert.equal(code, 0, errors);
  const camera = await startGstreamerCamera({ clip, codec: 'jpeg', audio: false });
  const stop = async () => {
    await camera.stop();
    await rm(folder, { recursive: true });
  };
  return { url: camera.url('clip'), stop };
}

interface Camera {
  readonly url: string;
  stop(): Promise<void>;
}

async function startWith(context: TestContext, camera: Camera, otherStreams: object[]) {
  context.after(() => camera.stop());
  await buildInterface();
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--discovery-interfaces', 'lo'];
  const server = new NightjarProcess(context, words, { cwd: temporaryFolder(context) });
  const url = await server.url();
  const answer = await fetch(`${url}/api/v1/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Gate',
      streams: [{ role: 'main', url: camera.url }, ...otherStreams],
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id } = (await answer.json()) as { id: string };
  const timeline = `${url}/api/v1/cameras/${id}/timeline?from=0&to=${Date.now() + 600_000}`;
  await askUntil<TimelineAnswer>(
    timeline,
    ({ recordings }) => recordings.length > 0 && recordings[0]!.endMs - recordings[0]!.startMs > 9_000,
  );
  const browser = await launchChromium();
  context.after(() => browser.close());
  return { url, id, browser };
}

// The encoder of H.265 falls behind on a slow machine: its key frames may be far apart, and with them the parts.
for (const [shown, codecName, startCamera, fewestParts] of [
  ['H.265', 'hevc', h265Camera, 1],
  ['MJPEG', 'mjpeg', jpegCamera, 3],
] as const) {
  test(`${shown} is recorded; where the browser cannot play it, words and a download stand in`, {
    skip,
    timeout,
  }, async (context) => {
    const { url, id, browser } = await startWith(context, await startCamera(), []);
    const { page, faults } = await openPage(browser, `${url}/live`);
    await page.locator('.tile-card').getByText(shown).waitFor();
    await page.goto(`${url}/timeline?camera=${id}`);
    const stage = page.getByTestId('stage');
    await stage.getByText(shown).waitFor();
    const download = stage.getByRole('link', { name: /Download/ });
    const clip = new URL((await download.getAttribute('href'))!, url).href;
    const { streams } = await ffprobe(clip);
    assert.equal(streams[0]!.codec_name, codecName);
    assert.equal(await decodeErrors(clip), '');
    await assertListed(url, id, codecName, fewestParts);
    assert.deepEqual(faults, []);
  });
}

/** Each picture of MJPEG is a key frame, which must make neither files nor lists longer than those of other codecs. */
async function assertListed(url: string, id: string, codecName: string, fewestParts: number): Promise<void> {
  const timeline = await fetch(`${url}/api/v1/cameras/${id}/timeline?from=0&to=${Date.now()}`);
  const { recordings } = (await timeline.json()) as TimelineAnswer;
  const { startMs } = recordings[0]!;
  const address = `${url}/api/v1/cameras/${id}/playlist.m3u8?from=${startMs}&to=${startMs + 8_000}`;
  const parts = (await (await fetch(address)).text()).match(/#EXTINF/g) ?? [];
  assert.ok(parts.length >= fewestParts && parts.length <= 5, `${parts.length} parts in 8 s`);
  assert.equal((await ffprobe(address)).streams[0]!.codec_name, codecName);
  const keyFrame = await ffprobe(`${url}/api/v1/cameras/${id}/keyframe?at=${startMs + 8_000}`);
  assert.equal(keyFrame.streams[0]!.codec_name, codecName);
  const status = (await (await fetch(`${url}/api/v1/status`)).json()) as StatusAnswer;
  const { fragmentsWritten, framesWritten } = status.cameras[0]!.streams[0]!.counters;
  assert.ok(
    framesWritten / fragmentsWritten >= 2,
    `${framesWritten} pictures in ${fragmentsWritten} fragments`,
  );
}

test('the sub stream is shown where the main stream cannot be', { skip, timeout }, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'sub' }] });
  context.after(() => simulator.close());
  const { url, id, browser } = await startWith(context, await h265Camera(), [
    { role: 'sub', url: simulator.url('sub') },
  ]);
  const { page, faults } = await openPage(browser, `${url}/live`);
  const tile = page.locator('.tile').first();
  await until(async () => (await shownFrameNumber(tile.locator('video').first())) !== undefined);
  await tile.getByRole('button', { name: 'Enlarge Gate' }).click();
  const large = page.locator('.tile.large');
  await large.waitFor();
  await until(async () => (await shownFrameNumber(large.locator('video').last())) !== undefined);
  await page.goto(`${url}/timeline?camera=${id}`);
  // On the timeline it stands in by itself, with a word; who asks for the main stream is told why it is not shown.
  await page.getByText('This browser does not play H.265: the sub stream is shown.').waitFor();
  await until(async () => (await shownFrameNumber(page.getByTestId('player'))) !== undefined);
  await page.getByRole('combobox', { name: 'Stream' }).selectOption('main');
  await page.getByTestId('stage').getByText('H.265').waitFor();
  await page.getByTestId('stage').getByRole('button', { name: 'Show the sub stream' }).click();
  await until(async () => (await shownFrameNumber(page.getByTestId('player'))) !== undefined);
  assert.deepEqual(faults, []);
});
