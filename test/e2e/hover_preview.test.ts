import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { layoutFor } from '../../ui/timeline/layout.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { GOP_FRAMES } from '../fixtures/encode_clip.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { until } from '../fixtures/until.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** The picture under the pointer is the right key frame, by the number in it, whoever decodes it. */

const timeout = 180_000;
const frameMs = 40;
const clipFrames = 1_500;
const spanMs = 60_000;
const withoutWebCodecs = 'delete globalThis.VideoDecoder;';

let browser: Browser;
before(async () => {
  await buildInterface();
  browser = await launchChromium();
});
after(() => browser.close());

interface Recorded {
  readonly url: string;
  readonly cameras: readonly CameraAnswer[];
  /** Of the first camera: one stretch. */
  readonly startMs: number;
  readonly endMs: number;
}

/** Records the cameras of these addresses. */
async function record(
  context: TestContext,
  urls: readonly string[],
  { ms = 12_000, env = {} }: { ms?: number; env?: Record<string, string> } = {},
): Promise<Recorded> {
  const words = ['serve', '--port', '0', '--segment-seconds', '3', '--min-free-bytes', '0'];
  const server = new NightjarProcess(context, words, { cwd: temporaryFolder(context), env });
  const url = await server.url();
  const cameras: CameraAnswer[] = [];
  for (const [index, address] of urls.entries()) {
    const answer = await fetch(`${url}/api/v1/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: `Camera ${index + 1}`, streams: [{ role: 'main', url: address }] }),
    });
    assert.ok(answer.ok, await answer.clone().text());
    cameras.push((await answer.json()) as CameraAnswer);
  }
  const { recordings } = await askUntil<TimelineAnswer>(
    `${url}/api/v1/cameras/${cameras.at(-1)!.id}/timeline?from=0&to=${Date.now() + 600_000}`,
    ({ recordings: [first] }) => first !== undefined && first.endMs - first.startMs > ms,
    90_000,
  );
  const { startMs, endMs } = recordings[0]!;
  return { url, cameras, startMs, endMs };
}

async function simulated(context: TestContext, paths: readonly string[]): Promise<string[]> {
  const clip = await readClip({ ...(await numberedClip({ frames: clipFrames })) });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: paths.map((path) => ({ path, clip })),
  });
  context.after(() => simulator.close());
  return paths.map((path) => simulator.url(path));
}

/** The numbers of all recorded pictures and when the first of them was, from a clip that ffmpeg decodes. */
async function recordedPictures({ url, cameras, startMs, endMs }: Recorded, camera = 0) {
  const id = cameras[camera]!.id;
  const timeline = await fetch(`${url}/api/v1/cameras/${id}/timeline?from=0&to=${endMs}`);
  const [first] = ((await timeline.json()) as TimelineAnswer).recordings;
  const numbers = await frameNumbers(
    `${url}/api/v1/cameras/${id}/clip.mp4?from=${first!.startMs}&to=${endMs - 1_000}`,
  );
  assert.ok(numbers.length > 100 && !numbers.includes(-1) && startMs > 0);
  return (ms: number) => numbers[Math.round((ms - first!.startMs) / frameMs)]!;
}

/** Where the playhead is: a pointer at it takes hold of it and is shown nothing. */
const centreOf = ({ endMs }: Recorded) => Math.round(endMs - 500);

async function open(context: TestContext, site: Recorded, script?: string) {
  const [leader, ...beside] = site.cameras.map(({ id }) => id);
  const { page, faults } = await openPage(browser, 'about:blank');
  context.after(() => page.context().close());
  const asked: string[] = [];
  page.on('request', (request) => {
    const [name] = /keyframe(\.jpg)?\?/.exec(request.url()) ?? [];
    if (name) asked.push(name);
  });
  if (script !== undefined) await page.addInitScript(script);
  const query = `camera=${leader}&with=${beside.join()}&at=${centreOf(site)}&span=${spanMs}`;
  await page.goto(`${site.url}/timeline?${query}`);
  await page.locator('.timeline-canvas').waitFor();
  // Once the footage is known, the slider tells of it.
  await until(async () =>
    /recorded/.test((await page.getByRole('slider').getAttribute('aria-valuetext')) ?? ''),
  );
  await page.keyboard.press('k');
  return { page, faults, asked };
}

/** Moves the pointer to an instant on a track, 0 being the leader's. */
async function pointAt(page: Page, site: Recorded, ms: number, track = 0): Promise<void> {
  const box = (await page.locator('.timeline-canvas').boundingBox())!;
  const layout = layoutFor(false, site.cameras.length - 1);
  const { top, height } = track === 0 ? layout.track : layout.beside[track - 1]!;
  const x = box.x + (box.width * (ms - centreOf(site) + spanMs / 2)) / spanMs;
  await page.mouse.move(x, box.y + top + height / 2);
}

/** The picture on the card once it is the one that was asked for. */
async function preview(page: Page): Promise<{ number: number; ms: number }> {
  const figure = page.getByTestId('preview');
  let number: number | undefined;
  await until(async () => {
    if ((await figure.count()) === 0 || (await figure.getAttribute('data-state')) !== 'picture') return false;
    number = await shownFrameNumber(figure.locator('canvas'));
    return number !== undefined;
  });
  return { number: number!, ms: Number(await figure.getAttribute('data-instant-ms')) };
}

/** Sees the right key frames at instants all over the footage of a track. */
async function assertPreviews(
  page: Page,
  site: Recorded,
  { track = 0, gopFrames = GOP_FRAMES }: { track?: number; gopFrames?: number } = {},
): Promise<void> {
  const numberAt = await recordedPictures(site, track);
  for (const part of [0.2, 0.75, 0.5, 0.33, 0.6]) {
    const pointedMs = site.startMs + part * (site.endMs - site.startMs - 2_000);
    await pointAt(page, site, pointedMs, track);
    // The nearest second is asked for; a pixel is less.
    const askedMs = Math.round(pointedMs / 1000) * 1000;
    const isOf = async () => {
      const ms = Number(await page.getByTestId('preview').getAttribute('data-instant-ms'));
      return ms <= askedMs && ms > askedMs - gopFrames * frameMs - frameMs;
    };
    await until(isOf);
    const { number, ms } = await preview(page);
    assert.equal(number, numberAt(ms), `at ${part} the picture is of the instant that it is said to be of`);
    assert.equal(number % gopFrames, 0, 'it is a key frame');
    assert.ok(numberAt(askedMs) - number <= gopFrames, 'and the newest one');
  }
}

test('H.264 is decoded by the browser, or where it cannot by the server', { timeout }, async (recording) => {
  const site = await record(recording, await simulated(recording, ['yard', 'gate']));
  await recording.test('by WebCodecs, of the camera whose track the pointer is on', async (context) => {
    const { page, faults, asked } = await open(context, site);
    await assertPreviews(page, site);
    await assertPreviews(page, site, { track: 1 });
    assert.match((await page.getByTestId('hover-card').textContent())!, /Camera 2/);
    assert.ok(asked.length > 0 && !asked.includes('keyframe.jpg?'), asked.join());
    assert.deepEqual(faults, []);
  });

  await recording.test('by the server where WebCodecs is missing', async (context) => {
    const { page, faults, asked } = await open(context, site, withoutWebCodecs);
    await assertPreviews(page, site);
    assert.ok(asked.includes('keyframe.jpg?'));
    assert.equal(asked.filter((name) => name === 'keyframe?').length, 1, 'it is tried once');
    assert.deepEqual(faults, []);
  });

  await recording.test(
    'there is none in time without footage, and what is known is not asked for',
    async (context) => {
      const { page, asked } = await open(context, site);
      await pointAt(page, site, site.startMs + 4_000);
      const { ms } = await preview(page);
      const before = asked.length;
      await pointAt(page, site, site.startMs - 8_000);
      await page.getByTestId('hover-card').waitFor();
      assert.equal(await page.getByTestId('preview').count(), 0);
      await pointAt(page, site, site.startMs + 4_000);
      assert.equal((await preview(page)).ms, ms);
      assert.equal(asked.length, before);
    },
  );

  await recording.test(
    'the card is on the screen, clear of the tracks, and does not change its size',
    async (context) => {
      const { page } = await open(context, site);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route(/keyframe/, async (route) => {
        await held;
        await route.continue();
      });
      await pointAt(page, site, site.startMs + 6_000);
      const card = page.getByTestId('hover-card');
      await card.locator('[data-state=loading]').waitFor();
      const empty = (await card.boundingBox())!;
      release();
      await preview(page);
      assert.deepEqual(await card.boundingBox(), empty);
      const canvas = (await page.locator('.timeline-canvas').boundingBox())!;
      const picture = (await card.locator('canvas').boundingBox())!;
      assert.ok(empty.y >= 0 && empty.x >= canvas.x && empty.x + empty.width <= canvas.x + canvas.width);
      assert.ok(empty.y + empty.height <= canvas.y + layoutFor(false).ruler.top, 'over the bubble it is not');
      assert.deepEqual([picture.width, picture.height], [240, 135]);
    },
  );
});

test('a picture of another time says of when it is', { timeout }, async (context) => {
  const site = await record(context, await simulated(context, ['yard']));
  const { page } = await open(context, site);
  await pointAt(page, site, site.startMs + 2_000);
  const { ms } = await preview(page);
  await page.route(/keyframe/, () => {});
  await pointAt(page, site, site.startMs + 8_000);
  const figure = page.getByTestId('preview');
  await figure.getByText(`Picture of ${new Date(ms).toISOString().slice(11, 19)}`).waitFor();
  assert.equal(await figure.getAttribute('data-state'), 'loading');
});

test('a server without ffmpeg is asked once, and the card tells the rest', { timeout }, async (context) => {
  const nowhere = temporaryFolder(context);
  const urls = await simulated(context, ['yard']);
  const site = await record(context, urls, { ms: 5_000, env: { PATH: nowhere } });
  const { page, asked } = await open(context, site, withoutWebCodecs);
  const card = page.getByTestId('hover-card');
  for (const offset of [1_000, 3_000, 4_000]) {
    await pointAt(page, site, site.startMs + offset);
    await card.getByText(/Recorded/).waitFor();
    await until(async () => (await page.getByTestId('preview').count()) === 0);
  }
  assert.deepEqual(asked, ['keyframe?', 'keyframe.jpg?']);
});

test('H.265, which this browser does not decode, is a picture of the server', {
  skip: await gstreamerMissing(),
  timeout,
}, async (context) => {
  const keys = `keyint=${GOP_FRAMES}:min-keyint=${GOP_FRAMES}:scenecut=0:bframes=0:log-level=none`;
  const encoder = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', keys];
  const site = await record(context, [await gstreamed(context, 'h265', encoder)]);
  const { page, asked } = await open(context, site);
  await assertPreviews(page, site);
  assert.equal(asked.filter((name) => name === 'keyframe?').length, 1);
  assert.ok(asked.includes('keyframe.jpg?'));
});

test('MJPEG is decoded by the browser, also where WebCodecs is missing', {
  skip: await gstreamerMissing(),
  timeout,
}, async (context) => {
  const encoder = ['-pix_fmt', 'yuvj420p', '-c:v', 'mjpeg', '-q:v', '8', '-huffman', 'default'];
  const site = await record(context, [await gstreamed(context, 'jpeg', encoder)]);
  const { page, faults, asked } = await open(context, site, withoutWebCodecs);
  await assertPreviews(page, site, { gopFrames: 1 });
  assert.ok(!asked.includes('keyframe.jpg?'), asked.join());
  assert.deepEqual(faults, []);
});

/** A camera that plays the numbered clip in another codec. @returns its address */
async function gstreamed(
  context: TestContext,
  codec: 'h265' | 'jpeg',
  encoder: readonly string[],
): Promise<string> {
  // RTP has JPEG in whole blocks of eight lines.
  const { mp4File } = await numberedClip({ frames: clipFrames, height: 192 });
  const clip = join(temporaryFolder(context), 'clip.mkv');
  const { errors } = await runTool('ffmpeg', ['-v', 'error', '-i', mp4File, ...encoder, clip]);
  assert.equal(errors, '');
  const camera = await startGstreamerCamera({ clip, codec, audio: false });
  context.after(() => camera.stop());
  return camera.url('clip');
}
