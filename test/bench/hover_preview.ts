/**
 * How long it takes from the move of a pointer over a track to the picture of that time on the card: two minutes of 1920x1080 at
 * 4 Mbit/s with a key frame a second, in Chromium without a GPU, from the server's files to the card's canvas. The
 * files are in the page cache. Each move goes to another key frame, far from the one before.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { Cleanup } from '../fixtures/cleanup.ts';
import { storeNumberedFootage } from '../fixtures/numbered_footage.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { serveStoredFootage } from '../fixtures/stored_footage.ts';
import { NightjarProcess } from '../process/nightjar_process.ts';

const clipSeconds = 20;
const runs = 6;
const seconds = clipSeconds * runs;
const hovers = 110;
/** Of them the first ones are not counted where all is to be warm. */
const warmUp = 10;
const goalMs = 50;
const noWebCodecs = 'delete globalThis.VideoDecoder;';

/** In the page: points at each place in turn. @returns for each the milliseconds until its picture was drawn */
const pointAtAll = `(async ({ places, fromMs, msPerPx }) => {
  const canvas = document.querySelector('.timeline-canvas');
  const { left, top } = canvas.getBoundingClientRect();
  const isDrawn = atMs => {
    const { state, instantMs } = document.querySelector('[data-testid=preview]')?.dataset ?? {};
    return state === 'picture' && Math.abs(instantMs - atMs) <= 1_100;
  };
  const costs = [];
  for (const x of places) {
    await new Promise(resolve => setTimeout(resolve, 60));
    await new Promise(requestAnimationFrame);
    const began = performance.now();
    const move = { pointerType: 'mouse', clientX: left + x, clientY: top + 84, bubbles: true };
    canvas.dispatchEvent(new PointerEvent('pointermove', move));
    await new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('no picture at ' + x)), 10_000);
      const look = () => {
        if (!isDrawn(fromMs + x * msPerPx)) return false;
        clearTimeout(limit);
        observer.disconnect();
        resolve();
        return true;
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, { subtree: true, childList: true, attributes: true });
      look();
    });
    costs.push(performance.now() - began);
  }
  return costs;
})`;

const cleanup = new Cleanup();
try {
  await buildInterface();
  const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
  cleanup.after(() => rmSync(folder, { recursive: true }));
  const startMs = Date.now() - 3_600_000;
  const clip = { frames: clipSeconds * 25, width: 1920, height: 1080, bitsPerSecond: 4_000_000 };
  await storeNumberedFootage(folder, [{ ...testIds, name: 'Driveway', startMs, clip, times: runs }]);
  const server = new NightjarProcess(cleanup, serveStoredFootage, { cwd: folder });
  const url = await server.url();
  const browser = await launchChromium();
  cleanup.after(() => browser.close());
  const rows = [
    ...(await measure(browser, { url, startMs, how: 'WebCodecs' })),
    ...(await measure(browser, { url, startMs, how: 'JPEG of the server', script: noWebCodecs })),
  ];
  console.table(rows);
  if (rows.some((row) => row['goal p95 ms'] !== undefined && row['p95 ms'] > row['goal p95 ms']))
    process.exitCode = 1;
} finally {
  await cleanup.run();
}

async function measure(
  browser: Browser,
  { url, startMs, how, script }: { url: string; startMs: number; how: string; script?: string },
) {
  const width = 1600;
  const { page } = await openPage(browser, 'about:blank', {
    viewport: { width, height: 900 },
    // The snippets above are texts.
    bypassCSP: true,
  });
  if (script) await page.addInitScript(script);
  // The playhead is behind all places that are pointed at.
  const [at, spanMs] = [startMs + seconds * 1000 - 500, 2 * seconds * 1000];
  await page.goto(`${url}/timeline?camera=${testIds.cameraId}&at=${at}&span=${spanMs}`);
  await page.waitForFunction(
    `/recorded/.test(document.querySelector('[role=slider]')?.getAttribute('aria-valuetext'))`,
  );
  await page.keyboard.press('k');
  await page.waitForTimeout(2_000);
  const box = (await page.locator('.timeline-canvas').boundingBox())!;
  const fromMs = at - spanMs / 2;
  const msPerPx = spanMs / box.width;
  const places = Array.from({ length: hovers }, (_, index) => {
    const second = 2 + ((index * 47) % (seconds - 7));
    return (startMs + second * 1000 - fromMs) / msPerPx;
  });
  const point = (some: readonly number[]) =>
    page.evaluate(`${pointAtAll}(${JSON.stringify({ places: some, fromMs, msPerPx })})`) as Promise<number[]>;
  const [first, ...rest] = await point(places);
  const warm = rest.slice(warmUp - 1);
  const again = await point(places);
  await page.context().close();
  return [
    row(`${how}, the very first`, [first!]),
    {
      ...row(`${how}, another key frame each`, warm),
      ...(script === undefined && { 'goal p95 ms': goalMs }),
    },
    { ...row(`${how}, pictures seen before`, again), 'goal p95 ms': goalMs },
  ];
}

function row(what: string, costs: readonly number[]) {
  const sorted = costs.toSorted((a, b) => a - b);
  const at = (part: number) => Number(sorted[Math.floor(sorted.length * part)]!.toFixed(1));
  return {
    ...{ what, hovers: sorted.length, 'p50 ms': at(0.5), 'p95 ms': at(0.95), 'worst ms': at(0.9999) },
    'goal p95 ms': undefined as number | undefined,
  };
}
