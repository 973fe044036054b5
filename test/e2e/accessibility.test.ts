import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Who does not see the page, or has no pointer, can do all the same: axe-core and a keyboard judge. */

const timeout = 240_000;
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

let browser: Browser;
before(async () => {
  await buildInterface();
  browser = await launchChromium();
});
after(() => browser.close());

/** A camera with some seconds of footage, and one that cannot be reached. */
async function site(context: TestContext) {
  const clip = await numberedClip({ frames: 1_500, audio: true });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [{ path: 'yard', clip: await readClip({ ...clip }) }],
  });
  context.after(() => simulator.close());
  const server = new NightjarProcess(
    context,
    [
      'serve',
      '--port',
      '0',
      '--segment-seconds',
      '3',
      '--min-free-bytes',
      '0',
      '--discovery-interfaces',
      'lo',
    ],
    { cwd: temporaryFolder(context) },
  );
  const url = await server.url();
  const add = async (name: string, address: string): Promise<CameraAnswer> => {
    const answer = await fetch(`${url}/api/v1/cameras`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, streams: [{ role: 'main', url: address }] }),
    });
    assert.ok(answer.ok, await answer.clone().text());
    return (await answer.json()) as CameraAnswer;
  };
  const camera = await add('Yard', simulator.url('yard'));
  await add('Cellar', 'rtsp://127.0.0.1:9/none');
  const timeline = await askUntil<TimelineAnswer>(
    `${url}/api/v1/cameras/${camera.id}/timeline?from=0&to=${Date.now() + 600_000}`,
    ({ recordings: [first] }) => first !== undefined && first.endMs - first.startMs > 10_000,
    60_000,
  );
  return { url, camera, startMs: timeline.recordings[0]!.startMs };
}

/** What axe-core finds, a line for each place. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(standards)} }).then(({ violations }) => violations)`,
  )) as axe.Result[];
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  );
}

test('no page keeps people out, in both themes, on a desk and on a phone', { timeout }, async (context) => {
  const { url, camera, startMs } = await site(context);
  const pages: readonly (readonly [address: string, isReady: (page: Page) => Promise<void>])[] = [
    [
      `/timeline?camera=${camera.id}&at=${startMs + 3_000}&span=60000`,
      async (page) => {
        await page.getByTestId('player').and(page.locator('[data-instant-ms]')).waitFor();
      },
    ],
    ['/live', (page) => page.locator('.tile').nth(1).waitFor()],
    ['/cameras', (page) => page.getByText('Cellar').first().waitFor()],
    [`/cameras/${camera.id}`, (page) => page.getByRole('heading', { name: 'Yard' }).first().waitFor()],
    ['/cameras/add', (page) => page.getByRole('heading').first().waitFor()],
    ['/storage', (page) => page.getByRole('heading').first().waitFor()],
  ];
  const all: string[] = [];
  const look = async (page: Page, where: string) =>
    all.push(...(await violations(page)).map((violation) => `${where}: ${violation}`));
  for (const colorScheme of ['dark', 'light'] as const) {
    for (const width of [1440, 360]) {
      // The words of the test are texts, which the security policy of the page forbids.
      const options = { colorScheme, viewport: { width, height: 800 }, bypassCSP: true };
      for (const [address, isReady] of pages) {
        const { page } = await openPage(browser, `${url}${address}`, options);
        await isReady(page);
        await look(page, `${address}, ${colorScheme}, ${width} px`);
        if (address.startsWith('/timeline')) {
          for (const key of ['?', 'g', 'e']) {
            await page.getByRole('slider').focus();
            await page.keyboard.press(key);
            await look(page, `after ${key}, ${colorScheme}, ${width} px`);
            await page.keyboard.press('Escape');
          }
          await page.getByRole('button', { name: 'Footage' }).click();
          await look(page, `table, ${colorScheme}, ${width} px`);
        }
        await page.context().close();
      }
    }
  }
  assert.deepEqual(all, []);
});

test('from opening the page to a clip on the disk by the keyboard alone', { timeout }, async (context) => {
  const { url, startMs } = await site(context);
  const { page, faults } = await openPage(browser, url);
  /** Presses a key until what has the focus has this role and name. */
  const goTo = async (role: string, name: RegExp, key = 'Tab') => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press(key);
      const focused = await page
        .locator(':focus')
        .ariaSnapshot()
        .catch(() => '');
      if (focused.includes(role) && name.test(focused)) return;
    }
    assert.fail(`no ${role} ${name} by ${key}: ${await page.locator('body').ariaSnapshot()}`);
  };
  await page.getByRole('link', { name: 'Timeline' }).waitFor();
  await goTo('link', /Timeline/);
  await page.keyboard.press('Enter');
  // The camera that comes first has no footage.
  await page.getByTestId('timeline-page').waitFor();
  await page.keyboard.press('2');
  await page.getByTestId('player').and(page.locator('[data-instant-ms]')).waitFor();
  // It plays the present; the marks are for what stands still.
  await page.keyboard.press('k');
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  // A typed time, to the second.
  await page.keyboard.press('g');
  const at = startMs + 2_000;
  const time = await page.evaluate((ms) => {
    const date = new Date(ms);
    return [date.getHours(), date.getMinutes(), date.getSeconds()]
      .map((n) => `${n}`.padStart(2, '0'))
      .join(':');
  }, at);
  await page.keyboard.type(time);
  await page.keyboard.press('Enter');
  const instant = () =>
    page.getByTestId('player').evaluate((video) => Number((video as HTMLVideoElement).dataset.instantMs));
  await page.waitForFunction(
    ([ms]) =>
      Math.abs(
        Number(document.querySelector<HTMLVideoElement>('[data-testid=player]')!.dataset.instantMs) - ms!,
      ) < 1_100,
    [at],
  );
  const inMs = await instant();
  await page.keyboard.press('i');
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(
    ([ms]) =>
      Number(document.querySelector<HTMLVideoElement>('[data-testid=player]')!.dataset.instantMs) > ms!,
    [inMs + 4_900],
  );
  await page.keyboard.press('o');
  await page.keyboard.press('e');
  await page.locator('[data-testid=export-size][data-bytes]').waitFor();
  const promised = Number(await page.getByTestId('export-size').getAttribute('data-bytes'));
  const coming = page.waitForEvent('download');
  await goTo('link', /Download|Save/);
  await page.keyboard.press('Enter');
  const file = await (await coming).path();
  const { format, streams } = await ffprobe(file);
  assert.equal(Number(format.size), promised);
  assert.ok(Math.abs(Number(format.duration) - 5) < 0.1, `${format.duration} s`);
  assert.deepEqual(streams.map(({ codec_type }) => codec_type).sort(), ['audio', 'video']);
  assert.equal(await decodeErrors(file), '');
  assert.deepEqual(faults, []);
});
