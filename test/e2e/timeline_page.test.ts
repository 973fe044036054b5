import assert from 'node:assert/strict';
import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { CameraEventAnswer } from '../../src/api/contract/event.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { until } from '../fixtures/until.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** The page as people use it: a real server that recorded a camera whose pictures are numbered, in Chromium. */

const timeout = 180_000;
const frameMs = 40;
const clipFrames = 1500;

let browser: Browser;
before(async () => {
  await buildInterface();
  browser = await launchChromium();
});
after(() => browser.close());

interface Recorded {
  readonly url: string;
  readonly api: string;
  readonly camera: CameraAnswer;
  /** Where the server keeps its footage. */
  readonly cwd: string;
  /** Two stretches with a gap between. */
  readonly timeline: TimelineAnswer;
}

/** Two stretches of footage with a pause of some seconds between, the first of them of five files and more. */
async function recordTwice(context: TestContext): Promise<Recorded> {
  const cwd = temporaryFolder(context);
  const clip = await numberedClip({ frames: clipFrames, audio: true });
  const simulator = await startSimulator({
    clock: systemClock,
    cameras: [{ path: 'yard', clip: await readClip({ ...clip }) }],
  });
  context.after(() => simulator.close());
  const server = new NightjarProcess(
    context,
    ['serve', '--port', '0', '--segment-seconds', '3', '--min-free-bytes', '0'],
    { cwd },
  );
  const url = await server.url();
  const api = `${url}/api/v1`;
  const send = async (method: string, path: string, body: object): Promise<CameraAnswer> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${api}${path}`, { method, headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, await answer.clone().text());
    return (await answer.json()) as CameraAnswer;
  };
  const streams = (record: boolean) => [{ role: 'main', url: simulator.url('yard'), record }];
  const camera = await send('POST', '/cameras', { name: 'Yard', streams: streams(true) });
  const read = (isGood: (timeline: TimelineAnswer) => boolean) =>
    askUntil<TimelineAnswer>(
      `${api}/cameras/${camera.id}/timeline?from=0&to=${Date.now() + 600_000}`,
      isGood,
      60_000,
    );
  const lasts = (index: number, ms: number) => (answer: TimelineAnswer) => {
    const recording = answer.recordings[index];
    return recording !== undefined && recording.endMs - recording.startMs > ms;
  };
  await read(lasts(0, 16_000));
  await send('PATCH', `/cameras/${camera.id}`, { streams: streams(false) });
  await read((answer) => (answer.gaps.at(-1)?.endMs ?? 0) - (answer.recordings[0]?.endMs ?? 0) > 4_000);
  await send('PATCH', `/cameras/${camera.id}`, { streams: streams(true) });
  return { url, api, camera, cwd, timeline: await read(lasts(1, 5_000)) };
}

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Number of the picture on the screen, and the instant that the page says it is of. */
async function shown(page: Page): Promise<{ number: number; ms: number }> {
  return page.evaluate(() => {
    const video = document.querySelector('video')!;
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const pen = canvas.getContext('2d', { willReadFrequently: true })!;
    pen.drawImage(video, 0, 0);
    const y = Math.floor((canvas.height * 17) / 18);
    let number = 0;
    for (let cell = 2; cell < 18; cell++) {
      const [luma] = pen.getImageData(Math.floor(((cell + 0.5) * canvas.width) / 20), y, 1, 1).data;
      number = number * 2 + Number(luma! > 128);
    }
    return { number, ms: Number(video.dataset.instantMs) };
  });
}

/** Waits until the page shows a picture of these instants; else says what it shows. */
async function untilShown(page: Page, fromMs: number, toMs: number): Promise<void> {
  const isShown = ([from, to]: number[]) => {
    const ms = Number(document.querySelector<HTMLVideoElement>('video')?.dataset.instantMs);
    return ms >= from! && ms < to!;
  };
  await page.waitForFunction(isShown, [fromMs, toMs], { timeout: 20_000 }).catch(async (thrown) => {
    throw new Error(`not shown: ${fromMs} to ${toMs}; ${await stateOf(page)}`, { cause: thrown });
  });
}

async function untilSeen(page: Page, what: Locator): Promise<void> {
  await what.waitFor({ timeout: 20_000 }).catch(async (thrown) => {
    throw new Error(`not seen: ${what}; ${await stateOf(page)}`, { cause: thrown });
  });
}

/** What the player does, for who must find out why it does not do something else. */
async function stateOf(page: Page): Promise<string> {
  return JSON.stringify(
    await page.evaluate(() => {
      const video = document.querySelector('video')!;
      const { currentTime, readyState, seeking, paused } = video;
      const buffered = Array.from({ length: video.buffered.length }, (_, index) => [
        video.buffered.start(index),
        video.buffered.end(index),
      ]);
      const text = document.querySelector('.stage')?.textContent;
      const { search } = location;
      return {
        search,
        at: video.dataset.instantMs,
        currentTime,
        readyState,
        seeking,
        paused,
        buffered,
        text,
      };
    }),
  );
}

/** As a link on the page would. */
const arrive = (page: Page, atMs: number) =>
  page.evaluate((at) => {
    const address = new URL(location.href);
    address.searchParams.set('at', `${at}`);
    history.pushState(null, '', address);
    dispatchEvent(new PopStateEvent('popstate'));
  }, atMs);

/** In the page: whether the drawing has another colour at the first place of the lane than at the second. */
function laneShowsEvents([x, besideX, y]: number[]): boolean {
  const still = document.querySelector<HTMLCanvasElement>('.timeline-canvas canvas')!;
  const pen = still.getContext('2d')!;
  const at = (place: number) => [...pen.getImageData(Math.round(place), Math.round(y!), 1, 1).data];
  return at(x!)[3] === 255 && at(besideX!)[3] === 0;
}

/** In the page: the columns of the minimap, in parts of its width, that have the colour of the lane at this place. */
function minimapColumnsOf([x, y]: number[]): number[] {
  const [still, minimap] = document.querySelectorAll<HTMLCanvasElement>('.timeline-canvas canvas');
  const pixel = still!.getContext('2d')!.getImageData(Math.round(x!), Math.round(y!), 1, 1).data;
  const { width, height, data } = minimap!
    .getContext('2d')!
    .getImageData(0, 0, minimap!.width, minimap!.height);
  const columns = Array.from({ length: width }, (_, column) => column);
  const isEvent = (column: number) =>
    Array.from({ length: height }, (_, row) => 4 * (row * width + column)).some((at) =>
      pixel.every((part, index) => part === data[at + index]),
    );
  return columns.filter(isEvent).map((column) => column / width);
}

test('the page of the timeline shows what was recorded', { timeout }, async (recording) => {
  const { url, api, camera, timeline, cwd } = await recordTwice(recording);
  await recording.test(
    'footage is shown at any instant, to the picture, stepped through, and played over a gap with a word',
    async (context) => {
      const [first, second] = timeline.recordings as [
        TimelineAnswer['recordings'][0],
        TimelineAnswer['recordings'][0],
      ];
      const { page, faults } = await openPage(
        browser,
        `${url}/timeline?camera=${camera.id}&at=${first.startMs + 2_000}&span=60000`,
      );
      context.after(() => page.context().close());
      await untilShown(page, first.startMs + 1_950, first.startMs + 2_001);

      // The camera sends a picture each 40 ms: instants and numbers go on together.
      const start = await shown(page);
      for (const offset of [5_130, 400, 7_333, 1_000, 6_019, 3_777]) {
        const wanted = first.startMs + offset;
        await arrive(page, wanted);
        await untilShown(page, wanted - frameMs - 5, wanted + 0.1);
        // The picture is on the screen when the page says so; a canvas may be a frame behind.
        await page.waitForTimeout(100);
        const { number, ms } = await shown(page);
        const pictures = (number - start.number + clipFrames) % clipFrames;
        const expected = (Math.round((ms - start.ms) / frameMs) + clipFrames) % clipFrames;
        assert.equal(pictures, expected, `${offset} ms after the start`);
      }

      const before = await shown(page);
      for (const [key, direction] of [
        ['.', 1],
        ['.', 1],
        [',', -1],
      ] as const) {
        const { ms } = await shown(page);
        await page.keyboard.press(key);
        await untilShown(page, ms + direction * frameMs - 10, ms + direction * frameMs + 10);
      }
      await page.waitForTimeout(100);
      const stepped = await shown(page);
      assert.equal(stepped.number - before.number, 1);

      // Over the gap.
      await arrive(page, first.endMs - 1_500);
      await untilShown(page, first.endMs - 1_600, first.endMs);
      await page.keyboard.press(' ');
      const word = page.getByTestId('skipped');
      await untilSeen(page, word);
      assert.match((await word.textContent())!, /^Skipped [\d.]+\ss: recording paused$/);
      await untilShown(page, second.startMs, second.startMs + 60_000);
      await page.keyboard.press('k');

      // Into the gap.
      const middle = Math.round((first.endMs + second.startMs) / 2);
      await arrive(page, middle);
      const card = page.getByTestId('no-footage');
      await untilSeen(page, card);
      assert.match((await card.textContent())!, /No footage at .*Recording paused for .*Next at/);
      await page.getByTestId('next-footage').click();
      await untilShown(page, second.startMs, second.startMs + 60_000);
      assert.deepEqual(faults, []);
    },
  );

  await recording.test(
    'the slider speaks the instant, keys move it, the export knows its size, the present is followed',
    async (context) => {
      const first = timeline.recordings[0]!;
      const { page, faults } = await openPage(
        browser,
        `${url}/timeline?camera=${camera.id}&at=${first.startMs + 6_000}`,
        { timezoneId: 'UTC' },
      );
      context.after(() => page.context().close());
      await untilShown(page, first.startMs + 5_900, first.startMs + 6_001);

      const slider = page.getByRole('slider', { name: 'Timeline of Yard' });
      await slider.focus();
      await page.keyboard.press('ArrowLeft');
      await untilShown(page, first.startMs + 900, first.startMs + 1_001);
      const clock = new Date(first.startMs + 1_000).toISOString().slice(11, 19);
      await page.waitForFunction(
        (words) => document.querySelector('[role=slider]')?.getAttribute('aria-valuetext')?.includes(words),
        `${clock}, recorded`,
      );

      await page.keyboard.press('i');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('o');
      await page.keyboard.press('e');
      await page.waitForFunction(
        () => document.querySelector<HTMLElement>('[data-testid=export-size]')?.dataset.bytes !== undefined,
      );
      const promised = Number(await page.getByTestId('export-size').getAttribute('data-bytes'));
      const link = await page.getByTestId('export-download').getAttribute('href');
      const clip = await fetch(new URL(link!, api));
      assert.equal((await clip.arrayBuffer()).byteLength, promised);

      // A time that never was, in words; then one that was.
      await page.keyboard.press('g');
      await page.getByLabel('Time', { exact: true }).fill('24:61');
      await page.keyboard.press('Enter');
      await page.getByText('A day has 24 hours').waitFor();
      await page.keyboard.press('Escape');

      await page.keyboard.press('t');
      await page.waitForFunction(
        () => Date.now() - Number(document.querySelector('video')?.dataset.instantMs) < 12_000,
      );
      const present = Number(await page.locator('video').getAttribute('data-instant-ms'));
      await untilShown(page, present + 6_000, present + 60_000);

      await page.setViewportSize({ width: 360, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px too wide on a phone`);
      assert.deepEqual(faults, []);
    },
  );

  await recording.test(
    'events come onto the timeline as they are told, are told by pointer and keys, and lead to their begin',
    async (context) => {
      const first = timeline.recordings[0]!;
      // So far left of the edge the view stays, also when the gap after the first stretch is passed.
      const centreMs = first.startMs + 14_000;
      const { page, faults } = await openPage(
        browser,
        `${url}/timeline?camera=${camera.id}&at=${centreMs}&span=60000`,
        { timezoneId: 'UTC' },
      );
      context.after(() => page.context().close());
      await untilShown(page, centreMs - 100, centreMs + 1);
      const tell = async (method: string, path: string, body: object): Promise<CameraEventAnswer> => {
        const answer = await fetch(`${api}/cameras/${camera.id}/events${path}`, {
          method,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        assert.ok(answer.ok, await answer.clone().text());
        return (await answer.json()) as CameraEventAnswer;
      };
      const [motionMs, personMs] = [first.startMs + 5_000, first.startMs + 12_000];
      await tell('POST', '', { type: 'motion', source: 'gate', startMs: motionMs, endMs: motionMs + 4_000 });
      await tell('POST', '', { type: 'person', source: 'script', startMs: personMs, endMs: personMs });
      const open = await tell('POST', '', { type: 'line', source: 'fence', startMs: first.endMs });

      // Without anything being done on the page.
      const canvas = page.locator('.timeline-canvas');
      const { width, height } = (await canvas.boundingBox())!;
      const xOf = (ms: number) => (width * (ms - centreMs + 30_000)) / 60_000;
      const laneY = height - 8;
      const isEvent = (ms: number) => async () => {
        // It has its place once all that is above it has its size.
        const { x, y } = (await canvas.boundingBox())!;
        await page.mouse.move(x + xOf(ms) + 3, y + laneY - 40);
        await page.mouse.move(x + xOf(ms) + 3, y + laneY);
        return (await canvas.getAttribute('data-hit')) === 'event';
      };
      for (const ms of [first.endMs, personMs, motionMs]) await until(isEvent(ms));
      const card = page.getByTestId('hover-card');
      await card.getByText('told by gate').waitFor();
      const clock = (ms: number) => new Date(ms).toISOString().slice(11, 19);
      assert.match((await card.textContent())!, new RegExp(`Motion, ${clock(motionMs)}, for 4\\ss`, 'u'));
      await page.mouse.down();
      await page.mouse.up();
      await untilShown(page, motionMs - frameMs - 5, motionMs + 0.1);

      // By keys alone: to the next one, which is told to who does not see it too, to the last, and back.
      await page.mouse.move(0, 0);
      await page.getByRole('slider').focus();
      await page.keyboard.press('n');
      await untilShown(page, personMs - frameMs - 5, personMs + 0.1);
      const told = page.getByRole('status').getByTestId('told-card');
      await told.getByText(`Person, ${clock(personMs)}`).waitFor();
      await told.getByText('told by script').waitFor();
      const slider = page.getByRole('slider');
      await until(async () => /recorded.*Person/.test((await slider.getAttribute('aria-valuetext'))!));
      await page.keyboard.press('n');
      await told.getByText('still going on').waitFor();
      await tell('PATCH', `/${open.id}`, {});
      await page.keyboard.press('n');
      const note = page.locator('.toast', { hasText: 'There is no later event or activity of this camera.' });
      await note.waitFor();
      assert.equal(
        await note.getAttribute('class'),
        'toast note',
        'nothing was done that could be ticked off',
      );
      await page.keyboard.press('p');
      await told.getByText('Person').waitFor();
      await page.getByRole('button', { name: 'Footage' }).click();
      const rows = page.locator('.footage-table tr.event');
      await until(async () => {
        const names = (await rows.allTextContents()).map((text) => /[A-Z][a-z ]+$/.exec(text)?.[0]);
        return names.join() === 'Motion,Person,Line crossed';
      });

      // Drawn: the colour of events is in the lane where one is, and not where none is.
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await until(() =>
          page.evaluate(laneShowsEvents, [xOf(motionMs + 3_000), xOf(motionMs - 3_000), laneY]),
        );
        // So it is on the minimap, of which all footage is at the end.
        await until(async () => {
          const columns = await page.evaluate(minimapColumnsOf, [xOf(motionMs + 3_000), laneY]);
          return columns.length > 0 && columns.every((part) => part > 0.9);
        });
      }
      assert.deepEqual(faults, []);
    },
  );

  await recording.test(
    'one key saves the picture that is shown, untouched, with camera and time below it and in its name',
    async (context) => {
      const at = timeline.recordings[0]!.startMs + 3_000;
      const { page, faults } = await openPage(
        browser,
        `${url}/timeline?camera=${camera.id}&at=${at}&span=60000`,
        { timezoneId: 'Asia/Kolkata' },
      );
      context.after(() => page.context().close());
      await untilShown(page, at - frameMs - 5, at + 1);
      const coming = page.waitForEvent('download');
      await page.keyboard.press('s');
      const download = await coming;
      const seen = await shown(page);
      const there = new Date(seen.ms + 5.5 * 3_600_000).toISOString();
      const [, day, time] = /^(.*)T(.*)Z$/.exec(there)!;
      assert.equal(download.suggestedFilename(), `Yard ${day} ${time!.replaceAll(':', '.')} UTC+5.30.png`);
      const folder = temporaryFolder(context);
      const still = join(folder, 'still.png');
      const picture = join(folder, 'picture.png');
      await download.saveAs(still);
      const { height } = await page
        .getByTestId('player')
        .evaluate((video) => ({ height: (video as HTMLVideoElement).videoHeight }));
      const crop = `crop=in_w:${height}:0:0`;
      const cut = await runTool('ffmpeg', ['-v', 'error', '-i', still, '-vf', crop, picture]);
      assert.equal(cut.code, 0, cut.errors);
      assert.deepEqual(await frameNumbers(picture), [seen.number]);

      // Where there is none, it says so.
      await arrive(page, timeline.recordings[0]!.endMs + 500);
      await untilSeen(page, page.getByTestId('no-footage'));
      await page.getByRole('button', { name: 'Save this picture' }).click();
      await page.getByText('There is no picture to save yet.').waitFor();
      assert.deepEqual(faults, []);
    },
  );

  await recording.test(
    'footage whose files are gone is passed with a word, both ways, and asked for a few times only',
    async (context) => {
      const first = timeline.recordings[0]!;
      const files = filesUnder(cwd).filter((path) => path.endsWith('.mp4'));
      const oldest = files.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
      // Of three seconds and more each: the first goes on to the second, and the fourth follows.
      for (const path of oldest.slice(1, 3)) unlinkSync(path);
      const { page } = await openPage(
        browser,
        `${url}/timeline?camera=${camera.id}&at=${first.startMs + 1_000}&span=60000`,
      );
      context.after(() => page.context().close());
      let questions = 0;
      page.on('request', (request) => {
        if (request.url().includes('/timeline?')) questions++;
      });
      await untilShown(page, first.startMs + 900, first.startMs + 1_001);
      await page.keyboard.press(' ');
      const word = page.getByTestId('skipped');
      await untilSeen(page, word);
      // What the player noticed, or the server since.
      assert.match(
        (await word.textContent())!,
        /^Skipped [\d.]+\ss: (the file cannot be read|recorded, and the file is gone)$/,
      );
      await untilShown(page, first.startMs + 8_000, first.endMs);
      await page.keyboard.press('j');
      await untilShown(page, first.startMs, first.startMs + 5_000);
      await page.keyboard.press('k');

      await arrive(page, first.startMs + 6_500);
      const card = page.getByTestId('no-footage');
      await untilSeen(page, card);
      assert.match(
        (await card.textContent())!,
        /No footage at .*(The file cannot be read|Recorded, and the file is gone) for .*Next at/,
      );
      await page.getByTestId('next-footage').click();
      await untilShown(page, first.startMs + 8_000, first.endMs);
      assert.ok(questions < 40, `${questions} questions about the timeline`);
    },
  );
});
