/**
 * What a frame of the timeline page costs its main thread while it is panned and zoomed: 60 days of 16 cameras with 1,000 gaps each, and
 * 20,000 events of the one that leads, in Chromium at 1600 x 900, everything from the server's index to the canvas. With `--phone` at
 * 360 x 740, where the timeline is upright.
 *
 * A frame's cost is the processor time of the page's main thread, from one frame to the next: script, style, layout
 * and the drawing of the canvases, which is done there without a GPU. A busy machine does not change it much.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { unixMillis } from '../../src/units/time.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { migrationsDir, summaryOf } from '../fixtures/index_fixture.ts';

const days = 60;
/** The first of them leads. */
const cameras = 16;
const gaps = 1_000;
const events = 20_000;
const eventTypes = ['motion', 'motion', 'motion', 'person', 'vehicle'];
const dayMs = 86_400_000;
const goalMs = 8;
const framesEach = 120;
const viewport = process.argv.includes('--phone')
  ? { width: 360, height: 740 }
  : { width: 1600, height: 900 };

/** In the page: shows so much time. */
const goToSpan = `(span => {
  const address = new URL(location.href);
  address.searchParams.set('span', span);
  history.pushState(null, '', address);
  dispatchEvent(new PopStateEvent('popstate'));
})`;
/** In the page: turns the wheel once a frame, forth and back, and marks the frames. */
const turnWheel = `(async ({ deltaX, deltaY, frames }) => {
  const canvas = document.querySelector('.timeline-canvas');
  const { left, top, width } = canvas.getBoundingClientRect();
  const place = { clientX: left + width * 0.6, clientY: top + 90, cancelable: true, bubbles: true };
  for (let frame = 0; frame < frames; frame++) {
    await new Promise(requestAnimationFrame);
    performance.mark('bench-frame');
    const sign = frame < frames / 2 ? 1 : -1;
    canvas.dispatchEvent(new WheelEvent('wheel', { ...place, deltaX: sign * deltaX, deltaY: sign * deltaY }));
  }
  await new Promise(requestAnimationFrame);
  performance.mark('bench-frame');
})`;

const folder = mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
let server: ChildProcess | undefined;
try {
  await buildInterface();
  const dataDir = join(folder, 'data');
  const recordingsDir = join(folder, 'recordings');
  for (const each of [dataDir, recordingsDir]) mkdirSync(each);
  const [cameraId, ...beside] = fill(join(dataDir, 'nightjar.db'), recordingsDir);
  server = serve(dataDir, recordingsDir);
  const url = await addressOf(server);
  const browser = await launchChromium();
  const at = systemClock.now() - 3 * dayMs;
  const address = `${url}/timeline?camera=${cameraId}&with=${beside.join()}&at=${at}&span=${days * dayMs}`;
  const { page } = await openPage(browser, address, {
    viewport,
    // The snippets above are texts.
    bypassCSP: true,
  });
  await page.waitForFunction(`performance.getEntriesByName('timeline-draw').length > 5`);
  const rows = [
    await measure({ browser, page }, 'pan 60 days', { deltaX: 6, deltaY: 0 }),
    await measure({ browser, page }, 'zoom 60 days to 10 s and back', { deltaX: 0, deltaY: -140 }),
    await measure({ browser, page }, 'pan 1 day', { deltaX: 6, deltaY: 0 }, dayMs),
  ];
  console.table(rows);
  if (rows.some((row) => row['p95 ms'] > goalMs)) process.exitCode = 1;
  await browser.close();
} finally {
  server?.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}

/** Cameras that were there for 60 days, with a gap after each of their runs. @returns their ids */
function fill(file: string, recordingsDir: string): string[] {
  const nowMs = systemClock.now();
  const startMs = nowMs - days * dayMs;
  const clock = new SimulatedClock(startMs);
  const index = openIndex({ file, migrationsDir, clock });
  const rootId = index.roots.named('default').id;
  const eachMs = (days * dayMs) / gaps;
  const ids = Array.from({ length: cameras }, (_, camera) => {
    const [cameraId, streamId] = [randomUUID(), randomUUID()];
    index.cameras.insert({
      id: cameraId,
      name: camera === 0 ? 'Driveway' : `Hall ${camera}`,
      createdMs: unixMillis(startMs),
      streams: [{ id: streamId, role: 'main', url: 'rtsp://127.0.0.1:9/1', transport: 'auto', record: true }],
    });
    for (let run = 0; run < gaps; run++) {
      const [id, runId] = [randomUUID(), randomUUID()];
      const fromMs = Math.round(startMs + run * eachMs);
      const toMs = Math.round(fromMs + eachMs * (0.5 + (0.49 * (((run + camera) * 7919) % 1000)) / 1000));
      index.ledger.reserve(
        {
          ...{ id, streamId, runId, number: 0, rootId },
          path: `${camera}-${run}.mp4`,
          provisionalStartMs: unixMillis(fromMs),
        },
        { id: runId, streamId, clockEpoch: 0 },
      );
      index.ledger.close(summaryOf({ id, startMs: fromMs, endMs: toMs }), { overlap: false });
    }
    return cameraId;
  });
  const cameraId = ids[0]!;
  for (let event = 0; event < events; event++) {
    const fromMs = Math.round(startMs + ((days * dayMs) / events) * (event + ((event * 7919) % 100) / 100));
    index.events.insert({
      id: randomUUID(),
      cameraId,
      type: eventTypes[(event * 31) % eventTypes.length]!,
      startMs: fromMs,
      endMs: fromMs + ((event * 7919) % 90) * 1_000,
      source: 'bench',
      data: undefined,
      createdMs: fromMs,
    });
  }
  writeFileSync(
    join(recordingsDir, '.nightjar'),
    `${JSON.stringify({ installationId: index.installationId, rootId })}\n`,
  );
  index.close();
  return ids;
}

function serve(dataDir: string, recordingsDir: string): ChildProcess {
  const main = join(import.meta.dirname, '../../src/main.ts');
  const words = ['serve', '--port', '0', '--data-dir', dataDir, '--recordings-dir', recordingsDir];
  return spawn(process.execPath, [main, ...words, '--min-free-bytes', '0', '--max-age-days', '100'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of stdout!) {
    said += chunk;
    const [url] = /http:\/\/[\w.:]+/.exec(said) ?? [];
    if (url) return url;
  }
  throw new Error(`The server ended: ${said}`);
}

async function measure(
  { browser, page }: { browser: Browser; page: Page },
  what: string,
  turn: { deltaX: number; deltaY: number },
  spanMs = days * dayMs,
) {
  await page.evaluate(`${goToSpan}(${spanMs})`);
  await page.waitForTimeout(1_500);
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing', '__metadata'] });
  await page.evaluate(`${turnWheel}(${JSON.stringify({ ...turn, frames: framesEach })})`);
  const costs = frameCosts(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
  costs.sort((a, b) => a - b);
  const at = (part: number) => Number(costs[Math.floor(costs.length * part)]!.toFixed(2));
  const row = {
    what,
    frames: costs.length,
    'median ms': at(0.5),
    'p95 ms': at(0.95),
    'worst ms': at(0.9999),
  };
  return { ...row, 'goal p95 ms': goalMs };
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Of the thread's own time. */
  readonly tdur?: number;
}

/** Processor time of the page's main thread between the marks, in milliseconds. */
function frameCosts(events: readonly TraceEvent[]): number[] {
  const marks = events.filter(({ name }) => name === 'bench-frame').sort((a, b) => a.ts - b.ts);
  const { pid, tid } = marks[0]!;
  const costs = new Array<number>(marks.length - 1).fill(0);
  for (const event of events) {
    if (event.pid !== pid || event.tid !== tid || !event.name.endsWith('RunTask')) continue;
    const endUs = event.ts + (event.dur ?? 0);
    const frame = marks.findLastIndex(({ ts }) => ts <= endUs);
    if (frame >= 0 && frame < costs.length) costs[frame]! += (event.tdur ?? 0) / 1000;
  }
  return costs;
}
