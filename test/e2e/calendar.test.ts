import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { recordedSite, siteSegment } from '../fixtures/recorded_site.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** The calendar of a camera that was added on 4 March 2026 and recorded a few seconds of few days, by keyboard in Berlin. */

const timeout = 120_000;
/** Of three seconds each; the day of the first two has 23 hours. */
const footage = ['2026-03-29T10:00:00Z', '2026-03-29T12:00:00Z', '2026-04-02T22:00:00Z'].map(Date.parse);

async function visit(context: TestContext, size: { width: number; height: number }) {
  await buildInterface();
  const { fixture, put, adopt } = recordedSite(context);
  for (const [index, arrivalMs] of footage.entries()) {
    const runId = testIds.runId.replace(/^4/, `${5 + index}`);
    put(`${runId}.mp4`, siteSegment({ arrivalMs, runId }).closed());
  }
  await adopt();
  fixture.index.close();
  const folder = temporaryFolder(context);
  cpSync(fixture.folder, folder, { recursive: true });
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--workers', '1'];
  const options = [...words, '--data-dir', '.', '--max-age-days', '9999'];
  const server = new NightjarProcess(context, options, { cwd: folder });
  const url = await server.url();
  const browser = await launchChromium();
  context.after(() => browser.close());
  const at = Date.parse('2026-03-31T12:00:00Z');
  const { page, faults } = await openPage(browser, `${url}/timeline?at=${at}`, {
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    viewport: size,
  });
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.endsWith('/coverage') && searchParams.has('zone')) asked.push(searchParams.get('from')!);
  });
  await page.getByTestId('clock').waitFor();
  return { page, faults, asked };
}

/** The name of the day that has the focus. */
const focusedDay = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label')?.replaceAll('\u202f', ' '));

/** Opens the calendar and goes to its days, as the tabulator does. */
async function openCalendar(page: Page): Promise<void> {
  await page.keyboard.press('g');
  await page.getByTestId('calendar').waitFor();
  await until(async () => {
    await page.keyboard.press('Tab');
    return page.evaluate(() => document.activeElement?.matches('[role=grid] td') === true);
  });
}

async function pressAll(page: Page, keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

test('days are chosen by keys, say how much of them is recorded, and lead to their first footage', {
  timeout,
}, async (context) => {
  const { page, asked } = await visit(context, { width: 1440, height: 900 });
  const grid = (month: string) => page.getByRole('grid', { name: month });
  const clock = () => page.locator('.when-button').textContent();

  await openCalendar(page);
  await grid('March 2026').waitFor();
  await until(async () =>
    /31 March 2026: nothing recorded: camera sent nothing$/.test((await focusedDay(page)) ?? ''),
  );
  // To the month before, in which there was no camera: not before its first day.
  await page.keyboard.press('PageUp');
  await until(async () => /4 March 2026: nothing recorded/.test((await focusedDay(page)) ?? ''));
  assert.equal(
    await grid('March 2026')
      .getByRole('gridcell', { name: /\b3 March 2026: before the camera was added/ })
      .getAttribute('aria-disabled'),
    'true',
  );
  await pressAll(page, ['PageDown', 'ArrowUp', 'ArrowRight']);
  await until(async () => /29 March 2026: 6 s recorded, 3 gaps$/.test((await focusedDay(page)) ?? ''));
  await pressAll(page, ['Home']);
  assert.match((await focusedDay(page)) ?? '', /Monday,? 23 March/);
  await pressAll(page, ['End', 'Enter']);
  await page.getByTestId('calendar').waitFor({ state: 'detached' });
  assert.equal(await clock(), 'Sun 29 Mar 12:00:00');

  // Footage that begins with the day, and a day without any: both at midnight.
  await openCalendar(page);
  await pressAll(page, ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight']);
  await until(async () => /3 April 2026: 3 s recorded, 1 gap$/.test((await focusedDay(page)) ?? ''));
  await pressAll(page, ['ArrowRight', 'Enter']);
  await page.getByTestId('calendar').waitFor({ state: 'detached' });
  assert.equal(await clock(), 'Sat 4 Apr 00:00:00');

  // Each month was asked for once for each time that the calendar was open.
  const [march, april] = ['2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'].map(
    (text) => `${Date.parse(text)}`,
  );
  assert.ok(asked.every((from) => from === march || from === april));
  assert.ok(asked.filter((from) => from === march).length <= 2, asked.join());

  // Nothing leads into the future.
  await openCalendar(page);
  await pressAll(
    page,
    Array.from({ length: 120 }, () => 'PageDown'),
  );
  const isToday = () => page.evaluate(() => document.activeElement?.getAttribute('aria-current') === 'date');
  await until(isToday);
  assert.equal(await page.getByRole('button', { name: 'Next month' }).getAttribute('aria-disabled'), 'true');
  await pressAll(page, ['ArrowRight']);
  assert.equal(await isToday(), true);
  await page.keyboard.press('Escape');
  await page.getByTestId('calendar').waitFor({ state: 'detached' });
  assert.equal(await clock(), 'Sat 4 Apr 00:00:00', 'Escape leads nowhere');
});

test('on a phone the calendar fits, and a day is chosen by touch', { timeout }, async (context) => {
  const { page } = await visit(context, { width: 360, height: 800 });
  await page.getByTestId('when').click();
  const calendar = page.getByTestId('calendar');
  const day = calendar.getByRole('gridcell', { name: /29 March 2026: 6 s recorded/ });
  await day.waitFor();
  const filled = await day.locator('i').evaluate(({ clientHeight }) => clientHeight);
  assert.ok(filled >= 2, 'six seconds are seen');
  const panel = (await page.getByTestId('go-to').boundingBox())!;
  assert.ok(panel.x >= 0 && panel.x + panel.width <= 360, JSON.stringify(panel));
  assert.ok(panel.y + panel.height <= 800, JSON.stringify(panel));
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  const { width, height } = (await day.boundingBox())!;
  assert.ok(width >= 34 && height >= 34, `${width} by ${height} px`);
  await day.click();
  await calendar.waitFor({ state: 'detached' });
  assert.equal(await page.getByTestId('clock').textContent(), '12:00:00');
});
