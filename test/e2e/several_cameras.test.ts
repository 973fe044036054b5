import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Several cameras on one clock, judged by the numbers in their pictures. */

const timeout = 180_000;
const frameMs = 40;
const clipFrames = 1_500;
const clipMs = clipFrames * frameMs;

let browser: Browser;
before(async () => {
  await buildInterface();
  browser = await launchChromium();
});
after(() => browser.close());

interface Site {
  readonly url: string;
  readonly yard: CameraAnswer;
  readonly gate: CameraAnswer;
  /** Of the yard: two stretches with a gap between, in which the gate was recorded. */
  readonly timeline: TimelineAnswer;
}

async function recordedSite(context: TestContext): Promise<Site> {
  const clip = await readClip({ ...(await numberedClip({ frames: clipFrames, audio: true })) });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: ['yard', 'gate'].map((path) => ({ path, clip })),
  });
  context.after(() => simulator.close());
  const server = new NightjarProcess(
    context,
    ['serve', '--port', '0', '--segment-seconds', '3', '--min-free-bytes', '0'],
    { cwd: temporaryFolder(context) },
  );
  const url = await server.url();
  const api = `${url}/api/v1`;
  const send = async (method: string, path: string, body: object): Promise<CameraAnswer> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${api}${path}`, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, await answer.clone().text());
    return (await answer.json()) as CameraAnswer;
  };
  const streams = (path: string, record: boolean) => [{ role: 'main', url: simulator.url(path), record }];
  const gate = await send('POST', '/cameras', { name: 'Gate', streams: streams('gate', true) });
  const yard = await send('POST', '/cameras', { name: 'Yard', streams: streams('yard', true) });
  const read = (isGood: (timeline: TimelineAnswer) => boolean) =>
    askUntil<TimelineAnswer>(
      `${api}/cameras/${yard.id}/timeline?from=0&to=${Date.now() + 600_000}`,
      isGood,
      60_000,
    );
  const lasts = (index: number, ms: number) => (answer: TimelineAnswer) => {
    const recording = answer.recordings[index];
    return recording !== undefined && recording.endMs - recording.startMs > ms;
  };
  await read(lasts(0, 14_000));
  await send('PATCH', `/cameras/${yard.id}`, { streams: streams('yard', false) });
  await read((answer) => (answer.gaps.at(-1)?.endMs ?? 0) - (answer.recordings[0]?.endMs ?? 0) > 5_000);
  await send('PATCH', `/cameras/${yard.id}`, { streams: streams('yard', true) });
  return { url, yard, gate, timeline: await read(lasts(1, 5_000)) };
}

const leader = (page: Page) => page.getByTestId('player');
const companion = (page: Page) => page.getByTestId('companion-player');

/** The instants that both pictures are of, as the page says. */
const instants = (page: Page) =>
  page.evaluate(() =>
    ['player', 'companion-player'].map((id) =>
      Number(document.querySelector<HTMLVideoElement>(`[data-testid="${id}"]`)?.dataset.instantMs),
    ),
  );

async function numberIn(video: Locator): Promise<number> {
  let number: number | undefined;
  await until(async () => {
    number = await shownFrameNumber(video);
    return number !== undefined;
  });
  return number!;
}

/** By the number in a picture: when its clip began, within its length. */
const clipBegin = (ms: number, number: number) => (((ms - number * frameMs) % clipMs) + clipMs) % clipMs;

/** How far two instants within the length of the clip are from each other. */
function distance(a: number, b: number): number {
  const apart = Math.abs(a - b) % clipMs;
  return Math.min(apart, clipMs - apart);
}

/** Once both stand still at the same instant: when their clips began, by what they show. */
async function standing(page: Page, ms: number): Promise<{ yard: number; gate: number }> {
  await page.waitForFunction(
    ([at]) =>
      ['player', 'companion-player'].every((id) => {
        const video = document.querySelector<HTMLVideoElement>(`[data-testid="${id}"]`);
        const shown = Number(video?.dataset.instantMs);
        return shown <= at! && shown > at! - 45 && video!.readyState >= 2 && !video!.seeking;
      }),
    [ms],
    { timeout: 30_000 },
  );
  const [yardMs, gateMs] = await instants(page);
  const yard = await numberIn(leader(page));
  const gate = await numberIn(companion(page));
  return { yard: clipBegin(yardMs!, yard), gate: clipBegin(gateMs!, gate) };
}

/** How far apart the pictures are, each 250 ms of footage, until the leader has come to `toMs`. */
async function differences(page: Page, toMs: number): Promise<number[]> {
  const apart: number[] = [];
  for (let after = (await instants(page))[0]!; after < toMs; after += 250) {
    await page.waitForFunction(
      ([ms]) =>
        Number(document.querySelector<HTMLVideoElement>('[data-testid="player"]')!.dataset.instantMs) > ms!,
      [after],
    );
    const [yardMs, gateMs] = await instants(page);
    apart.push(Math.abs(yardMs! - gateMs!));
  }
  return apart;
}

/** Two seconds of footage, all of it together. */
const areTogether = (apart: readonly number[]) =>
  apart.some(
    (_, index) => index + 8 <= apart.length && apart.slice(index, index + 8).every((ms) => ms <= 200),
  );

test('two cameras are played on one clock', { timeout }, async (context) => {
  const { url, yard, gate, timeline } = await recordedSite(context);
  const [first, second] = timeline.recordings;
  const address = (at: number) => `/timeline?camera=${yard.id}&with=${gate.id}&at=${at}&span=60000`;
  const { page, faults } = await openPage(browser, `${url}${address(Math.round(first!.startMs + 3_000))}`);

  const begun = await standing(page, Math.round(first!.startMs + 3_000));

  await context.test('each shows the picture of the instant that was asked for', async () => {
    await page.getByTestId('timeline').getByRole('slider').press('ArrowRight');
    const now = await standing(page, Math.round(first!.startMs + 8_000));
    assert.ok(distance(now.yard, begun.yard) <= frameMs, JSON.stringify([now, begun]));
    assert.ok(distance(now.gate, begun.gate) <= frameMs, JSON.stringify([now, begun]));
    await page.getByTestId('timeline').getByRole('slider').press('ArrowLeft');
    await standing(page, Math.round(first!.startMs + 3_000));
  });

  await context.test('while they play the pictures are within 200 ms of each other', async () => {
    // What follows is true of a machine that can play two videos; one that is busy gets more than one try.
    const startMs = Math.round(first!.startMs + 3_000);
    let apart: number[] = [];
    for (let tries = 0; tries < 6 && !areTogether(apart); tries++) {
      if (tries > 0) {
        await page.keyboard.press('k');
        await page.keyboard.press('Home');
        await page.waitForFunction(
          ([ms]) =>
            Number(document.querySelector<HTMLVideoElement>('[data-testid="player"]')!.dataset.instantMs) <
            ms!,
          [startMs],
        );
      }
      await page.keyboard.press('Space');
      apart = await differences(page, Math.round(first!.startMs + 12_000));
    }
    assert.ok(areTogether(apart), apart.join());
  });

  await context.test(
    'where one has nothing and the other has, the time passes and is not skipped',
    async () => {
      const words = page.getByTestId('no-footage');
      await words.waitFor({ timeout: 30_000 });
      const before = (await instants(page))[1]!;
      await page.waitForFunction(
        ([ms]) =>
          Number(
            document.querySelector<HTMLVideoElement>('[data-testid="companion-player"]')!.dataset.instantMs,
          ) > ms!,
        [Math.max(before, first!.endMs) + 2_000],
        { timeout: 30_000 },
      );
      assert.ok(await words.isVisible(), 'the leader still says that it has none');
      await words.waitFor({ state: 'hidden', timeout: 30_000 });
      await page.waitForFunction(
        ([ms]) =>
          Number(document.querySelector<HTMLVideoElement>('[data-testid="player"]')!.dataset.instantMs) > ms!,
        [second!.startMs],
        { timeout: 30_000 },
      );
      await page.keyboard.press('k');
    },
  );

  await context.test(
    'pressed, the other leads, at the same instant; the number keys choose, too',
    async () => {
      await page.getByTestId('companion').getByTitle('Show this camera large').click();
      await page.waitForURL(
        ({ searchParams }) => searchParams.get('camera') === gate.id && searchParams.get('with') === yard.id,
      );
      await page.keyboard.press('2');
      await page.waitForURL(({ searchParams }) => searchParams.get('camera') === yard.id);
    },
  );

  await context.test('a camera without footage says when it has some again', async () => {
    const at = Math.round((first!.endMs + second!.startMs) / 2);
    await page.goto(`${url}/timeline?camera=${gate.id}&with=${yard.id}&at=${at}&span=60000`);
    const words = page.getByTestId('companion-words');
    await words.waitFor({ timeout: 30_000 });
    assert.match((await words.textContent()) ?? '', /No footage; next at \d\d:\d\d:\d\d/);
    assert.deepEqual(await page.locator('.track-names span').allTextContents(), ['Yard', 'Any of these']);
  });

  await context.test(
    'a camera is put beside and taken away by the list, and the address says so',
    async () => {
      const button = page.getByRole('button', { name: 'Do not show Yard any more' }).first();
      await button.click();
      await page.waitForURL(({ searchParams }) => !searchParams.has('with'));
      await companion(page).waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Show Yard as well' }).click();
      await companion(page).waitFor({ state: 'attached' });
      await page.waitForURL(({ searchParams }) => searchParams.get('with') === yard.id);
    },
  );

  await context.test('on a phone nothing is wider than the screen', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await until(() => page.evaluate(() => document.documentElement.scrollWidth <= 360));
  });

  assert.deepEqual(faults, []);
});
