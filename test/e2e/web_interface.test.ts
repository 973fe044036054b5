import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** A person before a new installation: the server as it is, the interface as it is built, Chromium. */

const timeout = 120_000;
/** A stall is said within 3 s; the rest is for a machine that has other things to do. */
const stallSaidMs = 5_000;

async function visit(context: TestContext, address = '/') {
  await buildInterface();
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--workers', '1'];
  const folder = temporaryFolder(context);
  const server = new NightjarProcess(context, words, { cwd: folder });
  const url = await server.url();
  const browser = await launchChromium();
  context.after(() => browser.close());
  const { page, faults } = await openPage(browser, url + address);
  return { server, folder, url, page, faults };
}

/** What the feet of the tiles say. */
const feet = (page: Page): Promise<string[]> => page.locator('.tile-foot').allTextContents();

/** Each tile tells the age of its picture, and it is one of now. */
const allPlay = async (page: Page, count: number): Promise<boolean> => {
  const texts = await feet(page);
  const ages = texts.map((text) => Number(/Age of the picture ([\d.]+)\s*s/u.exec(text)?.[1] ?? Number.NaN));
  return ages.length === count && ages.every((age) => age < 3);
};

test('the first visit leads to cameras, and those to live pictures that own up to a stall', {
  timeout,
}, async (context) => {
  const { server, page, faults } = await visit(context);
  await page.waitForURL('**/cameras/add');
  await page.getByRole('heading', { name: 'Let us find your cameras' }).waitFor();
  await page.getByRole('button', { name: 'Add the demo cameras' }).click();
  await page.waitForURL('**/live');
  await until(() => allPlay(page, 2));

  await page.keyboard.press('1');
  await page.waitForSelector('.tile.large');
  // The sub stream gives way to the main stream, which is twice as wide.
  await until(async () => {
    const widths = await page.evaluate(
      "[...document.querySelectorAll('.tile.large video')].filter(v => v.readyState > 1 && v.currentTime > 0).map(v => v.videoWidth)",
    );
    return (widths as number[]).includes(640);
  });
  const saved = page.waitForEvent('download');
  await page.keyboard.press('s');
  assert.match(
    (await saved).suggestedFilename(),
    /^Front door \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.\d{3} UTC\S*\.png$/,
  );
  await page.keyboard.press('Escape');
  await until(() => allPlay(page, 2));
  assert.deepEqual(faults, [], 'nothing is wrong in the page, and nothing against its security policy');

  server.child.kill('SIGSTOP');
  const stoppedMs = performance.now();
  await until(async () => (await feet(page)).every((text) => /stands still/.test(text)));
  const saidMs = performance.now() - stoppedMs;
  assert.ok(saidMs < stallSaidMs, `said after ${saidMs} ms`);
  server.child.kill('SIGCONT');
  await until(() => allPlay(page, 2));
});

test('a camera is added by its address, changed and removed, with what is wrong beside its field', {
  timeout,
}, async (context) => {
  const { page, url } = await visit(context, '/cameras/add');
  await page.getByRole('button', { name: 'By stream address' }).click();
  await page.getByRole('button', { name: 'Add camera' }).click();
  await until(async () => (await page.getByText('This is needed.').count()) === 2);

  await page.getByLabel('Main stream').fill('http://127.0.0.1/a');
  await page.getByLabel('Name', { exact: true }).fill('Gate');
  await page.getByRole('button', { name: 'Add camera' }).click();
  const field = page.getByLabel('Main stream');
  await page.getByText('it must begin with rtsp://').waitFor();
  assert.equal(await field.getAttribute('aria-invalid'), 'true');

  // Nobody listens on port 1.
  await field.fill('rtsp://127.0.0.1:1/a');
  assert.equal(await field.getAttribute('aria-invalid'), 'false');
  await page.getByRole('button', { name: 'Add camera' }).click();
  await page.waitForURL('**/cameras');
  await page.getByText('Gate is added').waitFor();
  await page.getByText('1 camera, 1 not recording').waitFor();
  await page.getByRole('link', { name: /Gate/ }).click();

  await page.getByLabel('Name', { exact: true }).fill('Garden gate');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('heading', { name: 'Garden gate' }).waitFor();
  await setLimits(page, url);
  await page.getByRole('button', { name: 'Remove this camera' }).click();
  const question = page.getByRole('dialog', { name: 'Remove Garden gate?' });
  await question.getByText('stays on the disk').waitFor();
  await question.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('heading', { name: 'No camera yet' }).waitFor();
});

/** In units of people; refused beside the field, then taken. */
async function setLimits(page: Page, url: string): Promise<void> {
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const save = () => page.getByRole('button', { name: 'Save changes' }).click();
  const limits = async () => {
    const { cameras } = (await (await fetch(`${url}/api/v1/cameras`)).json()) as { cameras: CameraAnswer[] };
    const { maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours } = cameras[0]!;
    return { maxAgeDays, eventMaxAgeDays, maxBytes, minAgeHours };
  };
  const none = await limits();
  await field('Keep footage for (days)').fill('2');
  await field('Keep footage with events for (days)').fill('30');
  await field('Use at most (GB)').fill('lots');
  await field('Never delete before (hours)').fill('72');
  await save();
  await page.getByText('A number such as 14').waitFor();
  assert.equal(await field('Use at most (GB)').getAttribute('aria-invalid'), 'true');
  await field('Use at most (GB)').fill('1,5');
  await save();
  await page.getByText('At most 48\u202fhours, since footage is kept for 2\u202fdays.').waitFor();
  assert.equal(await field('Never delete before (hours)').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await limits(), none, 'nothing is half applied');
  await field('Never delete before (hours)').fill('12');
  await save();
  const expected = { maxAgeDays: 2, eventMaxAgeDays: 30, maxBytes: 1_500_000_000, minAgeHours: 12 };
  await until(async () => isDeepStrictEqual(await limits(), expected));
  await page.reload();
  await page.getByTestId('outlook').waitFor();
  assert.equal(await field('Use at most (GB)').inputValue(), '1.5');
  await field('Use at most (GB)').fill('');
  await save();
  await until(async () => isDeepStrictEqual(await limits(), { ...expected, maxBytes: undefined }));
}

test('a bell counts the alarms on every page, and says what they are and what to do', {
  timeout,
}, async (context) => {
  const { folder, page, faults } = await visit(context, '/cameras/add');
  await page.getByRole('button', { name: 'Alarms', exact: true }).click();
  const panel = page.getByRole('dialog', { name: 'Alarms' });
  await panel.getByText('Nothing needs you.').waitFor();
  await page.keyboard.press('Escape');
  const marker = path.join(folder, 'recordings', '.nightjar');
  renameSync(marker, `${marker}.elsewhere`);
  await page.getByRole('button', { name: 'Alarms: 1 alarm', exact: true }).click();
  await panel.getByText('as if its disk were not mounted').waitFor();
  await panel.getByText('recording goes on by itself then').waitFor();
  await panel.getByText(/^Since \d\d:\d\d/).waitFor();
  assert.deepEqual(faults, []);
});
