import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { Cleanup } from '../fixtures/cleanup.ts';
import { storeNumberedFootage } from '../fixtures/numbered_footage.ts';
import { serveStoredFootage } from '../fixtures/stored_footage.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/**
 * Days on which the clocks change, in the time zone of the browser: 26 hours from midnight with a picture a minute, so that
 * the number of a picture is the minutes that passed since midnight, whatever the clocks showed.
 */

const timeout = 60_000;
const minuteMs = 60_000;

interface Day {
  readonly name: string;
  readonly zone: string;
  readonly midnight: string;
  /** As the page writes it. */
  readonly date: string;
  readonly typed: string;
  /** Of the day, all recorded. */
  readonly hours: number;
  /** Half past what was skipped, or came twice with these offsets. */
  readonly change:
    | { readonly skipped: string; readonly words: string }
    | { readonly twice: string; readonly offsets: readonly [string, string] }
    | undefined;
  /** Some minutes of the day and how many had passed. */
  readonly passed: Readonly<Record<string, number>>;
}

const days: readonly Day[] = [
  {
    name: 'Berlin in spring: a day of 23 hours',
    zone: 'Europe/Berlin',
    midnight: '2026-03-28T23:00:00Z',
    ...{ date: 'Sun 29 Mar', typed: '2026-03-29', hours: 23 },
    change: {
      skipped: '02:30',
      words: 'There was no 02:30 on that day: the clocks were put forward at 02:00.',
    },
    passed: { '01:59': 119, '03:00': 120, '23:30': 1350 },
  },
  {
    name: 'Berlin in autumn: a day of 25 hours',
    zone: 'Europe/Berlin',
    midnight: '2026-10-24T22:00:00Z',
    ...{ date: 'Sun 25 Oct', typed: '2026-10-25', hours: 25 },
    change: { twice: '02:30', offsets: ['UTC+2', 'UTC+1'] },
    passed: { '01:59': 119, '03:00': 240, '23:30': 1470 },
  },
  {
    name: 'New York in spring: a day of 23 hours',
    zone: 'America/New_York',
    midnight: '2026-03-08T05:00:00Z',
    ...{ date: 'Sun 8 Mar', typed: '2026-03-08', hours: 23 },
    change: {
      skipped: '02:30',
      words: 'There was no 02:30 on that day: the clocks were put forward at 02:00.',
    },
    passed: { '01:59': 119, '03:00': 120, '23:30': 1350 },
  },
  {
    name: 'New York in autumn: a day of 25 hours, whose other hour comes twice',
    zone: 'America/New_York',
    midnight: '2026-11-01T04:00:00Z',
    ...{ date: 'Sun 1 Nov', typed: '2026-11-01', hours: 25 },
    change: { twice: '01:30', offsets: ['UTC−4', 'UTC−5'] },
    passed: { '00:59': 59, '02:00': 180, '23:30': 1470 },
  },
  {
    name: 'Kolkata, where nothing changes, in spring',
    zone: 'Asia/Kolkata',
    midnight: '2026-03-28T18:30:00Z',
    ...{ date: 'Sun 29 Mar', typed: '2026-03-29', hours: 24 },
    change: undefined,
    passed: { '01:59': 119, '02:30': 150, '23:30': 1410 },
  },
  {
    name: 'Kolkata, where nothing changes, in autumn',
    zone: 'Asia/Kolkata',
    midnight: '2026-10-24T18:30:00Z',
    ...{ date: 'Sun 25 Oct', typed: '2026-10-25', hours: 24 },
    change: undefined,
    passed: { '01:59': 119, '02:30': 150, '23:30': 1410 },
  },
];

const idOf = (kind: number, index: number) => `${kind}000000${index}-0000-4000-8000-000000000000`;

const cleanup = new Cleanup();
let browser: Browser;
let url: string;

before(async () => {
  await buildInterface();
  const folder = temporaryFolder(cleanup);
  await storeNumberedFootage(
    folder,
    days.map(({ name, midnight }, index) => ({
      ...{ cameraId: idOf(1, index), streamId: idOf(2, index), name },
      startMs: Date.parse(midnight),
      clip: { frames: 26 * 60, width: 320, height: 180 },
      slowedBy: 25 * 60,
    })),
  );
  const server = new NightjarProcess(cleanup, serveStoredFootage, { cwd: folder });
  url = await server.url();
  browser = await launchChromium();
  cleanup.after(() => browser.close());
});
after(() => cleanup.run());

/** The number in the picture on the screen, and the instant that the player says it is of. */
const shownPicture = (page: Page) =>
  page.getByTestId('player').evaluate((element) => {
    const video = element as HTMLVideoElement;
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const pen = canvas.getContext('2d', { willReadFrequently: true })!;
    pen.drawImage(video, 0, 0);
    const y = Math.floor((canvas.height * 17) / 18);
    const number = Array.from({ length: 16 }, (_, bit) => {
      const x = Math.floor(((bit + 2.5) * canvas.width) / 20);
      return Number(pen.getImageData(x, y, 1, 1).data[0]! > 128);
    }).reduce((number, bit) => number * 2 + bit, 0);
    return { number, ms: Math.round(Number(video.dataset.instantMs)) };
  });

for (const [index, day] of days.entries()) {
  test(day.name, { timeout }, async (context) => {
    const startMs = Date.parse(day.midnight);
    const at = startMs + 30.5 * minuteMs;
    const { page, faults } = await openPage(
      browser,
      `${url}/timeline?camera=${idOf(1, index)}&at=${at}&span=7200000`,
      { locale: 'en-GB', timezoneId: day.zone },
    );
    context.after(() => page.context().close());
    const clock = page.getByTestId('when');
    /** The picture of so many minutes after midnight; when it is there, the page tells the time that it was taken at. */
    const isShown = async (passed: number, shown: string) => {
      const wanted = { clock: `${day.date} ${shown}`, number: passed, ms: startMs + passed * minuteMs };
      let seen: object | undefined;
      await until(async () => {
        // What is on the screen is that instant, and no other that the clocks showed alike.
        seen = { clock: await clock.textContent(), ...(await shownPicture(page)) };
        return isDeepStrictEqual(seen, wanted);
      }).catch(() => assert.deepEqual(seen, wanted));
    };
    const type = async (time: string) => {
      await page.getByRole('slider').focus();
      await page.keyboard.press('g');
      await page.getByLabel('Date').fill(day.typed);
      await page.getByRole('textbox', { name: 'Time' }).fill(time);
      await page.keyboard.press('Enter');
    };
    await isShown(30, '00:30:00');

    // The calendar knows how long the day was.
    await page.keyboard.press('g');
    const name = new RegExp(`: ${day.hours}\\sh recorded`);
    await page.getByRole('gridcell', { selected: true, name }).waitFor();
    await page.keyboard.press('Escape');

    for (const [time, passed] of Object.entries(day.passed)) {
      await type(`${time}:20`);
      await isShown(passed, `${time}:00`);
    }
    if (!day.change) return assert.deepEqual(faults, []);

    if ('skipped' in day.change) {
      await type(day.change.skipped);
      await page.getByRole('alert').getByText(day.change.words).waitFor();
      await page.keyboard.press('Escape');
      // A minute on from the last before the change is the first after it.
      await type('01:59:20');
      await isShown(119, '01:59:00');
      await page.keyboard.press('Shift+ArrowRight');
      await isShown(120, '03:00:00');
      await page.keyboard.press('Shift+ArrowLeft');
      await isShown(119, '01:59:00');
    } else {
      const hour = Number(day.change.twice.slice(0, 2));
      for (const [coming, offset] of day.change.offsets.entries()) {
        await type(`${day.change.twice}:20`);
        const alert = page.getByRole('alert');
        await alert.getByText('this time came twice').waitFor();
        await alert.getByRole('button', { name: offset }).click();
        await isShown((hour + coming) * 60 + 30, `${day.change.twice}:00`);
        // The address tells the two apart as well.
        const ms = startMs + ((hour + coming) * 60 + 30) * minuteMs;
        await page.waitForURL(({ searchParams }) => searchParams.get('at') === `${ms}`);
        await page.reload();
        await isShown((hour + coming) * 60 + 30, `${day.change.twice}:00`);
      }
      // An hour in steps of a minute: the clocks show the same again.
      await type(`${String(hour).padStart(2, '0')}:59:20`);
      await page.getByRole('alert').getByRole('button', { name: day.change.offsets[0] }).click();
      await isShown(hour * 60 + 59, `${String(hour).padStart(2, '0')}:59:00`);
      await page.keyboard.press('Shift+ArrowRight');
      await isShown((hour + 1) * 60, `${String(hour).padStart(2, '0')}:00:00`);
    }
    assert.deepEqual(faults, []);
  });
}
