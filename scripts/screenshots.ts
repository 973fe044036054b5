/**
 * Pictures of the web interface for docs/screenshots: starts the demo, waits for footage, and photographs each page in both
 * themes, on a desktop and on a phone. Run it with `node scripts/screenshots.ts` (Node.js 24); it needs Chromium.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../test/fixtures/chromium.ts';

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, 'docs', 'screenshots');

/** So much footage before a pause and after it makes a timeline worth looking at. */
const footageSeconds = 60;
const pauseSeconds = 14;
/** What the timeline shows, and how long before the pause its picture is. */
const spanMs = 180_000;
const beforePauseMs = 12_000;

const sizes = [
  { width: 1440, height: 900 },
  { width: 360, height: 800 },
];

/** A page, and what must be on it before it is photographed. */
const pages: { name: string; address: string; ready: (page: Page) => Promise<unknown> }[] = [
  { name: 'live', address: '/live', ready: playing },
  { name: 'timeline', address: '/timeline', ready: (page) => page.waitForSelector('[data-instant-ms]') },
  {
    name: 'cameras',
    address: '/cameras',
    ready: (page) => page.waitForSelector('.latest-picture video.shown'),
  },
  {
    name: 'add',
    address: '/cameras/add',
    ready: (page) => page.waitForSelector('.search-line:not(.running)'),
  },
  { name: 'storage', address: '/storage', ready: (page) => page.waitForSelector('.disk-bar') },
];

/** A tile tells the age of its picture once that moves. */
async function playing(page: Page): Promise<void> {
  await page.waitForSelector('.tile .age');
  await page.waitForSelector('.tile:not(:has(.age))', { state: 'detached' });
}

/** The demo's address, and how to end it. */
async function startDemo(): Promise<{ url: string; end: () => Promise<void> }> {
  const demo = spawn(
    'sh',
    ['bin/nightjar', 'demo', '--port', '0', '--json', '--discovery-interfaces', 'lo'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const end = async (): Promise<void> => {
    demo.kill('SIGTERM');
    if (demo.exitCode === null) await once(demo, 'exit');
  };
  let text = '';
  for await (const chunk of demo.stdout.setEncoding('utf8')) {
    text += chunk;
    const [, url] = /"url":"([^"]+)"/.exec(text) ?? [];
    if (url !== undefined) return { url, end };
  }
  throw new Error(`The demo ended before it served anything: ${text}`);
}

interface Camera {
  readonly id: string;
  readonly streams: readonly { role: string; url: string; record: boolean }[];
}

/** Records for a while, pauses the first camera, and goes on. @returns the address of the pause on the timeline */
async function recordWithPause(url: string): Promise<string> {
  const api = `${url}/api/v1/cameras`;
  const { cameras } = (await (await fetch(api)).json()) as { cameras: Camera[] };
  const { id, streams } = cameras[0]!;
  const setRecording = async (record: boolean) => {
    const changed = streams.map((stream) => ({ role: stream.role, url: stream.url, record }));
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ streams: changed });
    const answer = await fetch(`${api}/${id}`, { method: 'PATCH', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
  };
  await sleep(footageSeconds * 1000);
  const pauseMs = Date.now();
  await setRecording(false);
  await sleep(pauseSeconds * 1000);
  await setRecording(true);
  await sleep(footageSeconds * 1000);
  await protect(url, { cameraId: id, startMs: pauseMs - beforePauseMs, endMs: pauseMs });
  return `/timeline?camera=${id}&at=${pauseMs - beforePauseMs}&span=${spanMs}`;
}

/** What is on the Storage page with a reason. */
async function protect(
  url: string,
  footage: { cameraId: string; startMs: number; endMs: number },
): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({
    ...footage,
    reason: 'A parcel was stolen; the police asked for it',
    by: 'Ann',
  });
  const answer = await fetch(`${url}/api/v1/protections`, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(await answer.text());
}

async function photograph(browser: Browser, url: string, timeline: string): Promise<void> {
  for (const theme of ['dark', 'light'] as const) {
    for (const viewport of sizes) {
      const context = await browser.newContext({
        viewport,
        colorScheme: theme,
        hasTouch: viewport.width < 720,
        timezoneId: 'Europe/Berlin',
      });
      const page = await context.newPage();
      for (const { name, address, ready } of pages) {
        await page.goto(url + (name === 'timeline' ? timeline : address));
        await ready(page);
        const file = `${name}-${theme}-${viewport.width}.png`;
        await page.screenshot({ path: path.join(folder, file) });
        console.log(file);
      }
      await context.close();
    }
  }
}

mkdirSync(folder, { recursive: true });
const demo = await startDemo();
try {
  const timeline = await recordWithPause(demo.url);
  const browser = await launchChromium();
  try {
    await photograph(browser, demo.url, timeline);
  } finally {
    await browser.close();
  }
} finally {
  await demo.end();
}
