import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { german } from '../../ui/messages/de.ts';
import { english } from '../../ui/messages/message.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** A person with a German browser before the interface as it is built, on a phone and on a desktop. */

const timeout = 120_000;
const phone = { width: 360, height: 800 };
const desktop = { width: 1440, height: 900 };

/** A server with the demo cameras, and a browser. */
async function start(context: TestContext) {
  await buildInterface();
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--workers', '1'];
  const server = new NightjarProcess(context, words, { cwd: temporaryFolder(context) });
  const url = await server.url();
  const added = await fetch(`${url}/api/v1/demo-cameras`, { method: 'POST' });
  assert.ok(added.ok, await added.text());
  const browser = await launchChromium();
  context.after(() => browser.close());
  return { url, browser };
}

const pages: readonly { address: string; link: string; ready: (page: Page) => Promise<unknown> }[] = [
  {
    address: '/live',
    link: 'Live',
    ready: (page) => page.getByRole('button', { name: 'Front door vergrößern' }).waitFor(),
  },
  {
    address: '/timeline',
    link: 'Zeitleiste',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Lücken überspringen' }).waitFor();
      await page.getByRole('slider', { name: 'Zeitleiste von Front door' }).waitFor();
    },
  },
  {
    address: '/cameras',
    link: 'Kameras',
    ready: async (page) => {
      await page.getByRole('heading', { name: 'Kameras' }).waitFor();
      await page.getByRole('link', { name: 'Kamera hinzufügen' }).waitFor();
    },
  },
  {
    address: '/cameras/add',
    link: 'Kameras',
    ready: (page) => page.getByRole('heading', { name: 'Kamera hinzufügen' }).waitFor(),
  },
  {
    address: '/storage',
    link: 'Speicher',
    ready: async (page) => {
      await page.getByRole('heading', { name: 'Speicher' }).waitFor();
      await page.getByRole('heading', { name: 'Tage mit Aufnahmen' }).waitFor();
    },
  },
];

/** Texts that are only English: what of them is on a page has been forgotten. */
const onlyEnglish = Object.entries(english.texts)
  .filter(
    ([key, text]) => typeof text === 'string' && text !== german.texts[key as keyof typeof german.texts],
  )
  .map(([, text]) => text as string)
  .filter((text) => !Object.values(german.texts).includes(text));

/** What of the page says, in its text and for those who do not see it. */
const saidOn = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const said: string[] = [];
    for (const element of document.querySelectorAll('body *')) {
      for (const name of ['aria-label', 'title', 'placeholder']) said.push(element.getAttribute(name) ?? '');
      for (const node of element.childNodes) if (node.nodeType === 3) said.push(node.textContent ?? '');
    }
    return said.map((text) => text.trim());
  });

/** Words that are wider than what they stand in, and how much the page is wider than the screen. */
const tooWide = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const wide = [...document.querySelectorAll<HTMLElement>('button, .rail a, a.button, h1, h2, th, dt')]
      .filter((element) => element.clientWidth > 0 && !element.closest('.visually-hidden, [title]'))
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
      .map(({ textContent, scrollWidth, clientWidth }) => `${textContent}: ${scrollWidth - clientWidth} px`);
    const over = document.documentElement.scrollWidth - innerWidth;
    return over > 0 ? [`the page: ${over} px`, ...wide] : wide;
  });

test('a German browser gets all pages in German, and nothing is too wide for a phone', {
  timeout,
}, async (context) => {
  const { url, browser } = await start(context);
  const { page, faults } = await openPage(browser, `${url}/live`, { locale: 'de-DE' });
  for (const { address, link, ready } of pages) {
    await page.goto(url + address);
    await ready(page);
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    const current = page.getByRole('navigation', { name: 'Seiten' }).locator('[aria-current=page]');
    assert.equal(await current.textContent(), link);
    const forgotten = (await saidOn(page)).filter((text) => onlyEnglish.includes(text));
    assert.deepEqual(forgotten, [], address);
    await page.setViewportSize(phone);
    assert.deepEqual(await tooWide(page), [], address);
    await page.setViewportSize(desktop);
    assert.deepEqual(await tooWide(page), [], address);
  }
  assert.deepEqual(faults, []);
});

test('the choice of a language stays, and English fetches no other one', { timeout }, async (context) => {
  const { url, browser } = await start(context);
  const { page, faults } = await openPage(browser, `${url}/storage`, { locale: 'de-AT' });
  await page.getByRole('heading', { name: 'Speicher' }).waitFor();
  await page.getByRole('button', { name: 'Anzeige' }).click();
  await page.getByRole('group', { name: 'Sprache' }).getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Storage' }).waitFor();

  const fetched: string[] = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.reload();
  await page.getByRole('heading', { name: 'Storage' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.deepEqual(
    fetched.filter((path) => /\/de-[^/]*\.js$/.test(path)),
    [],
  );

  await page.getByRole('button', { name: 'Display' }).click();
  await page.getByRole('group', { name: 'Language' }).getByRole('button', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Speicher' }).waitFor();
  assert.equal(fetched.filter((path) => /\/de-[^/]*\.js$/.test(path)).length, 1);
  assert.deepEqual(faults, []);

  const { page: french } = await openPage(browser, `${url}/storage`, { locale: 'fr-FR' });
  await french.getByRole('heading', { name: 'Storage' }).waitFor();
  assert.equal(await french.locator('html').getAttribute('lang'), 'en');
});
