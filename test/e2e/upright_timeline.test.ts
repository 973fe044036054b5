import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import axe from 'axe-core';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** The timeline on a phone that is held upright, under fingers: time runs up. */

const timeout = 180_000;
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const spanMs = 40_000;
const leastTargetPx = 44;
/** A screen is 360 pixels wide. What is drawn there is told in the pixels of CSS. */
const phone = {
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
  timezoneId: 'UTC',
} as const;
/** In the columns of the track and of events. */
const [trackX, eventsX] = [100, 180];

let browser: Browser;
before(async () => {
  await buildInterface();
  browser = await launchChromium();
});
after(() => browser.close());

/** A camera with a stretch of footage, an event in it, and one camera more. */
async function site(context: TestContext) {
  const clip = await numberedClip({ frames: 1_500, audio: true });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [{ path: 'yard', clip: await readClip({ ...clip }) }],
  });
  context.after(() => simulator.close());
  const server = new NightjarProcess(
    context,
    ['serve', '--port', '0', '--segment-seconds', '3', '--min-free-bytes', '0'],
    { cwd: temporaryFolder(context) },
  );
  const url = await server.url();
  const send = async <Answer>(path: string, body: object): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, await answer.clone().text());
    return (await answer.json()) as Answer;
  };
  const add = (name: string) =>
    send<CameraAnswer>('/cameras', { name, streams: [{ role: 'main', url: simulator.url('yard') }] });
  const camera = await add('Yard');
  const other = await add('Back door of the long house');
  const timeline = await askUntil<TimelineAnswer>(
    `${url}/api/v1/cameras/${camera.id}/timeline?from=0&to=${Date.now() + 600_000}`,
    ({ recordings: [first] }) => first !== undefined && first.endMs - first.startMs > 14_000,
    60_000,
  );
  const { startMs } = timeline.recordings[0]!;
  const event = { startMs: startMs + 10_500, endMs: startMs + 12_500 };
  await send(`/cameras/${camera.id}/events`, { type: 'motion', source: 'script', ...event });
  return { url, camera, other, startMs, event };
}

/** Waits until the page shows a picture of these instants. */
async function untilShown(page: Page, fromMs: number, toMs: number): Promise<void> {
  const isShown = ([from, to]: number[]) => {
    const ms = Number(document.querySelector<HTMLVideoElement>('[data-testid=player]')?.dataset.instantMs);
    return ms >= from! && ms <= to!;
  };
  await page.waitForFunction(isShown, [fromMs, toMs], { timeout: 20_000 }).catch(async (thrown) => {
    const instant = await page.getByTestId('player').getAttribute('data-instant-ms');
    throw new Error(`${instant} is shown, and not ${fromMs} to ${toMs}`, { cause: thrown });
  });
}

/** One picture earlier or later, and as much as a pixel of the timeline is. */
const near = (ms: number): [number, number] => [ms - 40 - spanMs / 200, ms + 40 + spanMs / 200];

type Point = readonly [x: number, y: number];

/** Fingers go from where they are to where they shall be, step by step. */
async function drag(client: CDPSession, fingers: readonly (readonly [from: Point, to: Point])[]) {
  const steps = 8;
  const touch = (type: 'touchStart' | 'touchMove', step: number) =>
    client.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: fingers.map(([from, to], id) => ({
        id,
        x: from[0] + ((to[0] - from[0]) * step) / steps,
        y: from[1] + ((to[1] - from[1]) * step) / steps,
      })),
    });
  await touch('touchStart', 0);
  for (let step = 1; step <= steps; step++) await touch('touchMove', step);
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

/** `innerWidth` would grow with what is too wide: phones zoom out to see all of it. */
const tooWide = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });

test('a phone that is held upright has an upright timeline', { timeout }, async (recording) => {
  const { url, camera, other, startMs, event } = await site(recording);
  const centreMs = startMs + 6_000;
  const open = async (context: TestContext, options: object = {}, more = '') => {
    const opened = await openPage(
      browser,
      `${url}/timeline?camera=${camera.id}&at=${centreMs}&span=${spanMs}${more}`,
      { ...phone, ...options },
    );
    context.after(() => opened.page.context().close());
    await untilShown(opened.page, ...near(centreMs));
    return opened;
  };

  await recording.test(
    'a tap seeks, a drag moves time, two fingers zoom, keys go up and down',
    async (context) => {
      const { page, faults } = await open(context);
      const client = await page.context().newCDPSession(page);
      const slider = page.getByRole('slider', { name: 'Timeline of Yard' });
      assert.equal(await slider.getAttribute('aria-orientation'), 'vertical');
      const box = (await slider.boundingBox())!;
      assert.ok(box.width === 360 && box.height >= 240, JSON.stringify(box));
      assert.ok(box.y + box.height <= 740, 'all of it is on the screen');

      /** @param middleMs what is in the middle of the view */
      const yOf = (ms: number, middleMs: number) =>
        box.y + box.height / 2 - ((ms - middleMs) * box.height) / spanMs;
      const tap = (ms: number, middleMs: number, x = trackX) =>
        page.touchscreen.tap(box.x + x, yOf(ms, middleMs));

      // The later, the higher.
      for (const ms of [centreMs + 4_000, centreMs - 3_000]) {
        await tap(ms, centreMs);
        await untilShown(page, ...near(ms));
      }
      assert.ok(yOf(centreMs + 4_000, centreMs) < yOf(centreMs - 3_000, centreMs));

      // What is pulled down shows what is later, and seeks nothing.
      const before = await page.getByTestId('player').getAttribute('data-instant-ms');
      const pulled = 40;
      const from = box.y + 100;
      await drag(client, [
        [
          [trackX, from],
          [trackX, from + pulled],
        ],
      ]);
      assert.equal(await page.getByTestId('player').getAttribute('data-instant-ms'), before);
      const middleMs = centreMs + (pulled * spanMs) / box.height;
      await tap(startMs + 8_000, middleMs);
      await untilShown(page, ...near(startMs + 8_000));

      // An event leads to its begin, to the picture.
      await tap(event.startMs + 500, middleMs, eventsX);
      await untilShown(page, event.startMs - 45, event.startMs + 1);
      await page.getByTestId('told-card').getByText('told by script').waitFor();

      // The grip of the playhead, at the right, is dragged through time.
      const grip = 290;
      await drag(client, [
        [
          [grip, yOf(event.startMs, middleMs)],
          [grip, yOf(startMs + 4_000, middleMs)],
        ],
      ]);
      await untilShown(page, ...near(startMs + 4_000));

      await slider.focus();
      await page.keyboard.press('ArrowUp');
      await untilShown(page, ...near(startMs + 9_000));
      await page.keyboard.press('ArrowDown');
      await untilShown(page, ...near(startMs + 4_000));
      assert.match((await slider.getAttribute('aria-valuetext'))!, /recorded/);

      // Twice as far from each other, half of the time is between them.
      const middle = box.y + box.height / 2;
      await drag(client, [
        [
          [110, middle - 40],
          [110, middle - 80],
        ],
        [
          [120, middle + 40],
          [120, middle + 80],
        ],
      ]);
      await until(() => {
        const shown = Number(new URL(page.url()).searchParams.get('span'));
        return Math.abs(shown - spanMs / 2) < spanMs / 20;
      });
      assert.deepEqual(faults, []);
    },
  );

  await recording.test(
    'nothing is too wide, too small for a thumb, or wrong by axe-core',
    async (context) => {
      for (const [colorScheme, locale, width] of [
        ['dark', 'en-GB', 360],
        ['light', 'de-DE', 360],
        ['light', 'de-DE', 320],
      ] as const) {
        // The words of the judge are texts, which the security policy of the page forbids.
        const { page } = await open(
          context,
          { colorScheme, locale, viewport: { width, height: 740 }, bypassCSP: true },
          `&with=${other.id}`,
        );
        const where = `${colorScheme}, ${locale}, ${width} px`;
        await page.evaluate(axe.source);
        const choices = page.locator('.side .segments button');
        for (let choice = 0; choice < 3; choice++) {
          await choices.nth(choice).tap();
          // What was chosen is beneath the timeline: it comes to the picture, which stays.
          await until(() =>
            page.evaluate(() => {
              const [stage, side] = ['.stages', '.side .segments'].map((what) =>
                document.querySelector(what)!.getBoundingClientRect(),
              );
              return stage!.top === 0 && Math.abs(side!.top - stage!.bottom) < 20;
            }),
          );
          assert.ok((await tooWide(page)) <= 0, `${where}: ${await tooWide(page)} px too wide`);
          const small = await page.evaluate((least) => {
            const targets = [
              ...document.querySelectorAll('main :is(button, a[href], select, input, [role=slider])'),
            ];
            return targets.flatMap((target) => {
              const { width, height } = target.getBoundingClientRect();
              const isSmall = width > 0 && (width < least || height < least);
              return isSmall ? [`${target.outerHTML.slice(0, 80)} ${width} x ${height}`] : [];
            });
          }, leastTargetPx);
          assert.deepEqual(small, [], where);
          const found = (await page.evaluate(
            `axe.run(document, { runOnly: ${JSON.stringify(standards)} }).then(({ violations }) => violations)`,
          )) as axe.Result[];
          assert.deepEqual(
            found.map(
              ({ id, nodes }) => `${where}: ${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
            ),
            [],
          );
        }
      }
    },
  );

  await recording.test('a phone that is turned has time from left to right again', async (context) => {
    const { page } = await open(context);
    const orientation = () => page.getByRole('slider').getAttribute('aria-orientation');
    assert.equal(await orientation(), 'vertical');
    for (const [width, height] of [
      [640, 360],
      [740, 360],
    ] as const) {
      await page.setViewportSize({ width, height });
      await until(async () => (await orientation()) === 'horizontal');
      assert.ok((await tooWide(page)) <= 0);
      const box = (await page.getByRole('slider').boundingBox())!;
      assert.ok(box.width > box.height, JSON.stringify(box));
    }
    await page.setViewportSize(phone.viewport);
    await until(async () => (await orientation()) === 'vertical');
  });
});
