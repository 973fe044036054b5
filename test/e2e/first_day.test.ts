import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import type { Locator, Page } from 'playwright-core';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import type { ProtectionAnswer } from '../../src/api/contract/retention.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { type SimulatedDevice, startSimulatedDevice } from '../../src/simulator/simulated_device.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** What a person does on the first day, in a browser: find a camera, watch it, go back in time, take a clip along. */

const frameMs = 40;
const clipFrames = 1_500;
const cameraName = 'Back yard';
const credentials = { username: 'viewer', password: 'opens sesame' };

interface Ports {
  readonly onvifPort?: number;
  readonly rtspPort?: number;
}

/** A camera of the network: the simulated device, which can lose its power and come back on the same ports. */
class NetworkCamera {
  readonly #start: (ports: Ports) => Promise<SimulatedDevice>;
  #ports: Ports = {};
  #device: SimulatedDevice | undefined;

  private constructor(start: (ports: Ports) => Promise<SimulatedDevice>) {
    this.#start = start;
  }

  static async start(context: TestContext): Promise<NetworkCamera> {
    const media = await numberedClip({ frames: clipFrames, audio: true });
    const clip = await readClip({ ...media, audioFile: media.audioFile! });
    const logger = pino({ level: 'silent' });
    const camera = new NetworkCamera((ports) =>
      startSimulatedDevice({
        ...{ clock: systemClock, logger, name: cameraName, address: '127.0.0.7', credentials },
        streams: [{ role: 'main', path: 'main', clip }],
        ...ports,
      }),
    );
    context.after(() => camera.cut());
    await camera.restore();
    return camera;
  }

  async cut(): Promise<void> {
    await this.#device?.close();
    this.#device = undefined;
  }

  async restore(): Promise<void> {
    this.#device = await this.#start(this.#ports);
    const { onvifAddress, rtsp } = this.#device;
    this.#ports = { onvifPort: Number(onvifAddress.split(':')[1]), rtspPort: rtsp.port };
  }
}

async function timelineOf(api: string, cameraId: string): Promise<TimelineAnswer> {
  const answer = await fetch(`${api}/cameras/${cameraId}/timeline?from=0&to=${Date.now() + 60_000}`);
  return (await answer.json()) as TimelineAnswer;
}

/** The wall time of the picture in the player. */
async function shownInstantMs(player: Locator): Promise<number> {
  return Number((await player.getAttribute('data-instant-ms')) ?? Number.NaN);
}

/** Waits until the player stands still on a picture of about this instant. */
async function untilShown(player: Locator, atMs: number): Promise<void> {
  await until(async () => {
    const aheadMs = (await shownInstantMs(player)) - atMs;
    // It may be playing on already, and whoever looks on a busy machine looks seldom.
    return aheadMs > -1_000 && aheadMs < 8_000;
  });
}

async function pause(page: Page): Promise<void> {
  const button = page.getByTestId('play');
  if ((await button.getAttribute('aria-label')) === 'Pause') await button.click();
}

test('the first day with Nightjar', { timeout: 240_000 }, async (context) => {
  await buildInterface();
  const camera = await NetworkCamera.start(context);
  const cwd = temporaryFolder(context);
  const words = [
    'serve',
    '--port',
    '0',
    '--segment-seconds',
    '4',
    '--min-free-bytes',
    '0',
    '--discovery-interfaces',
    'lo',
  ];
  const server = new NightjarProcess(context, words, { cwd });
  const url = await server.url();
  const api = `${url}/api/v1`;
  const browser = await launchChromium();
  context.after(() => browser.close());
  const { page, faults } = await openPage(browser, url);
  const player = page.getByTestId('player');
  let failed = false;
  /** Each step needs those before it. */
  const step = async (name: string, run: () => Promise<void>) => {
    if (failed) return;
    await context.test(name, async () => {
      failed = true;
      await run();
      failed = false;
    });
  };
  let cameraId = '';
  let runStartMs = 0;
  /** The number of the picture of an instant, of a run that began with number 0. */
  const numberAt = (ms: number, startMs: number) => Math.floor((ms - startMs) / frameMs) % clipFrames;
  const isPictureOf = (number: number | undefined, ms: number, startMs: number) =>
    number !== undefined && Math.abs(number - numberAt(ms, startMs)) <= 1;
  /** A paused video may come by a last picture: waits until the one that is seen is that of the instant that is told. */
  const untilPictureOfInstant = (startMs: number) =>
    until(async () => isPictureOf(await shownFrameNumber(player), await shownInstantMs(player), startMs));
  /** How long ago the camera sent a picture, by its number, in a run that began with number 0. */
  const ageMs = (number: number, startMs: number) =>
    (Date.now() - startMs - number * frameMs + clipFrames * frameMs) % (clipFrames * frameMs);

  await step('an empty installation leads to discovery, which finds the camera', async () => {
    await page.waitForURL('**/cameras/add');
    const row = page.getByRole('listitem').filter({ hasText: cameraName });
    await row.getByRole('button', { name: 'Set up' }).click();
  });

  await step('it asks for credentials, says when they are wrong, and proposes the stream', async () => {
    await page.getByLabel('User name').fill(credentials.username);
    await page.getByLabel('Password').fill('closes it');
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('alert').first().waitFor();
    // The refusal that was provoked is no fault of the page.
    await until(() => faults.some((fault) => fault.includes('/devices')));
    faults.length = 0;
    await page.getByLabel('Password').fill(credentials.password);
    await page.getByRole('button', { name: 'Connect' }).click();
    await page.getByRole('option', { name: '320 × 180' }).first().waitFor({ state: 'attached' });
  });

  await step('a test of the stream says what it sends, and the camera is added', async () => {
    await page.getByRole('button', { name: 'Test' }).first().click();
    await page.getByText(/^Works: /).waitFor();
    await page.getByRole('button', { name: 'Add camera' }).click();
    await page.getByRole('link', { name: 'Added' }).waitFor();
    await page.getByRole('link', { name: 'Cameras', exact: true }).first().click();
    await page.getByText('Recording', { exact: true }).first().waitFor();
    const { cameras } = (await (await fetch(`${api}/cameras`)).json()) as { cameras: { id: string }[] };
    assert.equal(cameras.length, 1);
    cameraId = cameras[0]!.id;
    const { recordings } = await askUntil<TimelineAnswer>(
      `${api}/cameras/${cameraId}/timeline?from=0&to=${Date.now() + 600_000}`,
      ({ recordings }) => recordings.length > 0,
    );
    runStartMs = recordings[0]!.startMs;
  });

  await step('the live picture is no older than a second', async () => {
    await page.getByRole('link', { name: 'Live', exact: true }).first().click();
    const video = page.locator('.tile video').first();
    // It may take some seconds to come up to the present; then it stays there.
    const ages: number[] = [];
    await until(async () => {
      const number = await shownFrameNumber(video);
      if (number !== undefined) ages.push(ageMs(number, runStartMs));
      return ages.length >= 20 && ages.slice(-20).every((age) => age <= 1_000);
    });
  });

  await step('a camera without power is told within seconds, and is live again by itself', async () => {
    const tile = page.locator('.tile').first();
    const recordedMs = async () => {
      const { recordings } = await timelineOf(api, cameraId);
      return recordings[0]!.endMs - recordings[0]!.startMs;
    };
    await until(async () => (await recordedMs()) > 10_000);
    await camera.cut();
    const cutMs = performance.now();
    await tile.locator('.tile-card, .cap.caution').first().waitFor();
    assert.ok(performance.now() - cutMs < 5_000);
    await until(async () =>
      (await timelineOf(api, cameraId)).gaps.some(({ startMs, endMs }) => endMs - startMs > 3_000),
    );
    await camera.restore();
    await until(async () => {
      const { recordings } = await timelineOf(api, cameraId);
      return recordings.length === 2 && recordings[1]!.endMs - recordings[1]!.startMs > 4_000;
    });
    const { recordings } = await timelineOf(api, cameraId);
    const video = tile.locator('video').first();
    await until(async () => {
      const number = await shownFrameNumber(video);
      return number !== undefined && ageMs(number, recordings[1]!.startMs) < 2_000;
    });
  });

  await step('the timeline grows, and a click into the past shows the picture of that instant', async () => {
    await page.getByRole('link', { name: 'Timeline', exact: true }).first().click();
    await until(async () => (await shownInstantMs(player)) > Date.now() - 20_000);
    const first = await shownInstantMs(player);
    await until(async () => (await shownInstantMs(player)) > first + 1_500);
    await pause(page);
    const atMs = Math.round(runStartMs + 3_020);
    await page.goto(`${url}/timeline?camera=${cameraId}&at=${atMs}&span=60000`);
    await untilShown(player, atMs);
    await pause(page);
    const beforeMs = await shownInstantMs(player);
    // One second is this wide; a click two seconds later than the playhead, which is in the middle.
    const track = (await page.getByTestId('timeline').boundingBox())!;
    const secondPx = track.width / 60;
    await page.mouse.click(track.x + track.width / 2 + 2 * secondPx, track.y + track.height / 2);
    await until(async () => Math.abs((await shownInstantMs(player)) - beforeMs - 2_000) < 500);
    await pause(page);
    await untilPictureOfInstant(runStartMs);
  });

  await step('a step shows the next picture', async () => {
    const before = (await shownFrameNumber(player))!;
    await page.keyboard.press('.');
    await until(async () => (await shownFrameNumber(player)) === before + 1);
    await page.keyboard.press(',');
    await until(async () => (await shownFrameNumber(player)) === before);
  });

  await step('speed makes footage run faster', async () => {
    const { recordings } = await timelineOf(api, cameraId);
    const atMs = Math.round(recordings[0]!.startMs + 500);
    await page.goto(`${url}/timeline?camera=${cameraId}&at=${atMs}&span=60000`);
    await untilShown(player, atMs);
    if ((await page.getByTestId('play').getAttribute('aria-label')) === 'Play')
      await page.getByTestId('play').click();
    await page.getByTestId('speed').selectOption({ label: '2×' });
    const rate = await player.evaluate(
      (video) => (video as unknown as { playbackRate: number }).playbackRate,
    );
    const [beginMs, begin] = [await shownInstantMs(player), performance.now()];
    await until(async () => (await shownInstantMs(player)) > beginMs + 2_000);
    const speed = ((await shownInstantMs(player)) - beginMs) / (performance.now() - begin);
    assert.equal(rate, 2);
    assert.ok(speed > 1.4 && speed < 2.6, `${speed.toFixed(2)} seconds a second`);
  });

  await step('playing on crosses the gap, and says so', async () => {
    const { recordings } = await timelineOf(api, cameraId);
    const [before, after] = recordings;
    const atMs = Math.round(before!.endMs - 1_500);
    await page.goto(`${url}/timeline?camera=${cameraId}&at=${atMs}&span=60000`);
    await untilShown(player, atMs);
    if ((await page.getByTestId('play').getAttribute('aria-label')) === 'Play')
      await page.getByTestId('play').click();
    await page.getByTestId('skipped').waitFor();
    await until(async () => (await shownInstantMs(player)) > after!.startMs + 500);
    await pause(page);
    // The camera counts anew after it lost its power.
    await untilPictureOfInstant(after!.startMs);
  });

  await step('marks make a clip that ffprobe reads', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-test-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const atMs = Math.round(runStartMs + 2_000);
    await page.goto(`${url}/timeline?camera=${cameraId}&at=${atMs}&span=60000`);
    await untilShown(player, atMs);
    await page.keyboard.press('i');
    await page.keyboard.press('ArrowRight');
    await untilShown(player, atMs + 5_000);
    await page.keyboard.press('o');
    await page.keyboard.press('e');
    const sizeBytes = Number(
      await page.locator('[data-testid=export-size][data-bytes]').getAttribute('data-bytes'),
    );
    const inMs = Number(await page.getByTestId('mark-in').getAttribute('data-ms'));
    const outMs = Number(await page.getByTestId('mark-out').getAttribute('data-ms'));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByTestId('export-download').click(),
    ]);
    const file = path.join(folder, 'clip.mp4');
    await download.saveAs(file);
    assert.match(download.suggestedFilename(), /^Back yard.*\.mp4$/);
    const { format } = await ffprobe(file);
    assert.equal(Number(format.size), sizeBytes);
    assert.ok(Math.abs(Number(format.duration) - (outMs - inMs) / 1000) < 0.1, `${format.duration} s`);
    assert.equal(await decodeErrors(file), '');
    const [first] = await frameNumbers(file, { count: 1 });
    assert.ok(isPictureOf(first, inMs, runStartMs), `${first} is not ${numberAt(inMs, runStartMs)}`);
  });

  await step(
    'the marked time is protected with a reason, listed beside the days of footage, and released',
    async () => {
      const protections = async () => {
        const answer = await fetch(`${url}/api/v1/protections`);
        return ((await answer.json()) as { protections: ProtectionAnswer[] }).protections;
      };
      await page.getByTestId('protect').click();
      const question = page.getByRole('dialog');
      const answer = async (button: string) => {
        await question.getByRole('button', { name: button, exact: true }).click();
        assert.equal(await question.getByText('Needed for the record.').count(), 2);
        await question.getByLabel('Reason').fill('A parcel was stolen');
        await question.getByLabel('Your name').fill('Ann');
        await question.getByRole('button', { name: button, exact: true }).click();
        await question.waitFor({ state: 'detached' });
      };
      await answer('Protect');
      const [held, ...others] = await protections();
      assert.deepEqual(others, []);
      assert.deepEqual(
        [held!.cameraId, held!.createdBy, held!.reason],
        [cameraId, 'Ann', 'A parcel was stolen'],
      );
      assert.ok(Math.abs(held!.startMs - (runStartMs + 2_000)) < 200 && held!.endMs !== undefined);
      await page.getByRole('link', { name: 'Storage', exact: true }).first().click();
      await page.getByTestId('retention').getByText('Back yard').waitFor();
      await page.getByTestId('protections').getByText('A parcel was stolen (Ann)').waitFor();
      const size = page.viewportSize()!;
      await page.setViewportSize({ width: 360, height: 800 });
      await page.getByTestId('protections').getByText('A parcel was stolen (Ann)').waitFor();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, 'nothing overflows');
      await page.setViewportSize(size);
      await page.getByTestId('protections').getByRole('button', { name: 'Release' }).click();
      await answer('Release');
      await page.getByTestId('protections').getByText('Nothing is protected.').waitFor();
      assert.deepEqual(await protections(), []);
    },
  );

  assert.deepEqual(faults, []);
});
