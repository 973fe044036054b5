import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { ActivityMeter } from '../../src/recorder/activity_meter.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** What activity is told of what encoders that nobody here wrote make of a scene in which something moves for a while. */

const framesPerSecond = 25;

/** A still picture with grain; a thing of a seventh of its width goes by between two instants, in seconds. */
async function encode(
  file: string,
  scene: { seconds: number; from: number; to: number },
  codec: readonly string[],
): Promise<void> {
  const { seconds, from, to } = scene;
  const wall = `smptehdbars=s=640x360:r=${framesPerSecond}:d=${seconds},noise=alls=3:allf=t`;
  const thing = `mandelbrot=s=96x160:r=${framesPerSecond}`;
  const moves = `overlay=x='mod((t-${from})*160\\,640)':y=100:enable='between(t\\,${from}\\,${to})':shortest=1`;
  const result = await runTool('ffmpeg', [
    ...['-v', 'error', '-y', '-f', 'lavfi', '-i', wall, '-f', 'lavfi', '-i', thing],
    ...['-filter_complex', `[0][1]${moves},format=yuv420p`, '-t', String(seconds), ...codec, file],
  ]);
  assert.equal(result.code, 0, result.errors);
}

/** Levels by the second, of a file as if each second were a fragment. */
async function levelsOf(file: string): Promise<number[]> {
  const { packets } = await ffprobe(file, { packets: true });
  const meter = new ActivityMeter();
  const levels: number[] = [];
  for (let at = 0; at < packets.length; at += framesPerSecond) {
    const pictures = packets
      .slice(at, at + framesPerSecond)
      .map(({ size, flags }) => ({ bytes: Number(size), keyFrame: flags.startsWith('K') }));
    levels.push(meter.fragment(pictures, 1_000) ?? 0);
  }
  return levels;
}

const x264 = ['-c:v', 'libx264', '-preset', 'superfast', '-threads', '1'];
const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:pools=1'];

const encoders: readonly (readonly [name: string, extension: string, codec: readonly string[]])[] = [
  ['H.264 of constant quality', 'mp4', [...x264, '-crf', '28', '-g', '50', '-bf', '0']],
  [
    'H.264 of a quality up to a rate',
    'mp4',
    [...x264, '-crf', '28', '-maxrate', '1M', '-bufsize', '1M', '-g', '50', '-bf', '0'],
  ],
  ['H.264 with B-pictures', 'mp4', [...x264, '-crf', '28', '-g', '50', '-bf', '2']],
  ['H.264 with long groups', 'mp4', [...x264, '-crf', '28', '-g', '250', '-bf', '0', '-sc_threshold', '0']],
  ['H.265', 'mp4', [...x265, '-crf', '30', '-g', '50']],
];

for (const [name, extension, codec] of encoders) {
  test(`${name}: the seconds in which something moves are the active ones`, {
    timeout: 120_000,
  }, async (context) => {
    const file = join(temporaryFolder(context), `scene.${extension}`);
    await encode(file, { seconds: 40, from: 20, to: 26 }, codec);
    const levels = await levelsOf(file);
    const moving = levels.slice(20, 26);
    const quiet = [...levels.slice(6, 20), ...levels.slice(30)];
    assert.ok(Math.min(...moving) > Math.max(...quiet), `moving ${moving.join()}, quiet ${quiet.join()}`);
    assert.ok(Math.max(...quiet) <= 3, `quiet ${quiet.join()}`);
    assert.ok(Math.max(...moving) >= 6, `moving ${moving.join()}`);
  });
}

/** Records the scene, over and over again, for as long as it takes. */
async function recordScene(context: TestContext, scene: { seconds: number; from: number; to: number }) {
  const folder = temporaryFolder(context);
  const videoFile = join(folder, 'scene.h264');
  await encode(videoFile, scene, [...x264, '-crf', '28', '-g', '25', '-bf', '0']);
  const clip = await readClip({ videoFile, framesPerSecond });
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'scene', clip }] });
  context.after(() => simulator.close());
  const server = new NightjarProcess(
    context,
    ['serve', '--port', '0', '--segment-seconds', '4', '--min-free-bytes', '0'],
    { cwd: folder },
  );
  const api = `${await server.url()}/api/v1`;
  const answer = await fetch(`${api}/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Yard', streams: [{ role: 'main', url: simulator.url('scene') }] }),
  });
  const camera = (await answer.json()) as CameraAnswer;
  const startedMs = Date.now() - 60_000;
  const url = `${api}/cameras/${camera.id}`;
  const timeline = await askUntil<TimelineAnswer>(
    `${url}/timeline?from=${startedMs}&to=${startedMs + 3_600_000}`,
    ({ recordings: [first] }) =>
      first !== undefined && first.endMs - first.startMs > 2 * scene.seconds * 1_000,
    90_000,
  );
  return { url, timeline };
}

test('what is recorded tells when something moved, also of the file that is being written, and leads there', {
  timeout: 180_000,
}, async (context) => {
  const scene = { seconds: 12, from: 7, to: 10 };
  const { url, timeline } = await recordScene(context, scene);
  const [first] = timeline.recordings;
  const { startMs, stepMs, levels } = timeline.activity;
  assert.equal(stepMs, 1_000);
  const of = (ms: number) => Number.parseInt(levels[Math.floor((ms - startMs) / stepMs)]!, 16);
  // The camera may have been in the middle of the scene when the recording began.
  const seconds = Array.from({ length: 2 * scene.seconds }, (_, index) =>
    of(first!.startMs + 500 + index * 1_000),
  );
  assert.ok(!seconds.includes(0), `each second of footage has a level: ${levels}`);
  const active = seconds.slice(-scene.seconds).filter((level) => level >= 6).length;
  const length = scene.to - scene.from;
  assert.ok(
    active >= length - 1 && active <= length + 2,
    `${length} seconds in which something moves: ${levels}`,
  );

  const burst = async (from: number, direction: 'next' | 'previous') => {
    const answer = await fetch(`${url}/bursts?from=${Math.floor(from)}&direction=${direction}`);
    return ((await answer.json()) as { burst?: { startMs: number } }).burst?.startMs;
  };
  const last = await burst(timeline.recordings.at(-1)!.endMs, 'previous');
  assert.ok(
    last !== undefined && of(last) >= 6 && of(last - 1_000) < 6,
    `a burst begins at ${last}: ${levels}`,
  );
  assert.equal(await burst(last - 2_000, 'next'), last);
  const before = await burst(last, 'previous');
  if (before !== undefined) {
    const apart = last - before;
    assert.ok(Math.abs(apart - scene.seconds * 1_000) <= 1_000, `${apart} ms from one to the next`);
  }

  // On the page: to the last burst and back by keys, told to who does not see it.
  await buildInterface();
  const browser = await launchChromium();
  context.after(() => browser.close());
  const end = timeline.recordings.at(-1)!.endMs;
  const address = url.replace(
    /\/api\/v1\/cameras\/(.*)$/,
    `/timeline?camera=$1&at=${Math.round(end - 200)}&span=60000`,
  );
  const { page, faults } = await openPage(browser, address, { timezoneId: 'UTC' });
  const slider = page.getByRole('slider', { name: 'Timeline of Yard' });
  await slider.focus();
  const standsAt = (ms: number) =>
    page.waitForFunction(
      ([at]) =>
        Math.abs(
          Number(document.querySelector<HTMLVideoElement>('[data-testid=player]')?.dataset.instantMs) - at!,
        ) <= 60,
      [ms],
    );
  await page.getByTestId('player').and(page.locator('[data-instant-ms]')).waitFor();
  await page.keyboard.press('p');
  await standsAt(last);
  const told = page.getByRole('status').getByTestId('told-card');
  await told.getByText('Activity').waitFor();
  await told.getByText(new Date(last).toISOString().slice(11, 19)).waitFor();
  if (before !== undefined) {
    await page.keyboard.press('p');
    await standsAt(before);
    await page.keyboard.press('n');
    await standsAt(last);
  }
  assert.deepEqual(faults, []);
});
