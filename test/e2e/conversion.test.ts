import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { Cleanup } from '../fixtures/cleanup.ts';
import { encodedMedia } from '../fixtures/encoded_media.ts';
import { decodeErrors, ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { serveStoredFootage, storeFootage } from '../fixtures/stored_footage.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Footage in H.265, which Debian's Chromium does not decode, of a camera without a sub stream. */

const timeout = 90_000;
const startMs = Date.now() - 600_000;
const frames = 500;
/** The first picture is shown so late, since others are decoded before those that refer to them. */
const delayMs = 80;
const msOf = (number: number) => startMs + delayMs + number * 40;
const camera = `api/v1/cameras/${testIds.cameraId}`;

const cleanup = new Cleanup();
let browser: Browser;
let folder: string;

before(async () => {
  await buildInterface();
  folder = temporaryFolder(cleanup);
  const { mp4File } = await numberedClip({ frames });
  const file = join(folder, 'h265.mp4');
  // Pictures that are shown before others that came earlier, and groups that refer to those before them.
  const x265 = 'log-level=error:bframes=3:keyint=50:min-keyint=50:scenecut=0:open-gop=0';
  const words = [
    '-v',
    'error',
    '-i',
    mp4File,
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-x265-params',
    x265,
  ];
  const made = await runTool('ffmpeg', [...words, '-tag:v', 'hvc1', '-video_track_timescale', '90000', file]);
  assert.equal(made.code, 0, made.errors);
  const { video } = await encodedMedia(file);
  const runs = [{ tracks: [video], startMs, segmentSeconds: 60 }];
  const streams = [{ id: testIds.streamId, role: 'main', runs } as const];
  storeFootage(folder, [{ id: testIds.cameraId, name: 'Gate', createdMs: startMs, streams }]);
  browser = await launchChromium();
  cleanup.after(() => browser.close());
});
after(() => cleanup.run());

const serve = (words: readonly string[] = [], env: Record<string, string> = {}) =>
  new NightjarProcess(cleanup, [...serveStoredFootage, ...words], { cwd: folder, env });

test('a playlist of H.264 has every picture at its time, decoded without an error', {
  timeout,
}, async (context) => {
  const server = serve();
  context.after(() => server.kill());
  const url = await server.url();
  const list = (tracks: string) =>
    `${url}/${camera}/playlist.m3u8?from=${startMs}&to=${startMs + 20_000}&tracks=${tracks}`;
  const presented = async (address: string) => {
    const { packets, streams } = await ffprobe(address, { packets: true });
    return { codec: streams[0]!.codec_name, times: packets.map(({ pts }) => pts!).sort((a, b) => a - b) };
  };
  const [recorded, converted] = [await presented(list('video')), await presented(list('h264'))];
  assert.deepEqual([recorded.codec, converted.codec], ['hevc', 'h264']);
  assert.deepEqual(converted.times, recorded.times);
  assert.deepEqual(
    await frameNumbers(list('h264')),
    Array.from({ length: frames }, (_, number) => number),
  );
  // An entry is a file of its own with its header.
  const [entry] = /segments\/.*-t\.m4s/.exec(await (await fetch(list('h264'))).text())!;
  const parts = await Promise.all(
    [entry.replace('.m4s', '.mp4'), entry].map(async (part) =>
      Buffer.from(await (await fetch(`${url}/${camera}/${part}`)).arrayBuffer()),
    ),
  );
  const file = join(folder, 'entry.mp4');
  await writeFile(file, Buffer.concat(parts));
  assert.equal(await decodeErrors(file), '');
});

test('footage that the browser cannot play is converted when somebody asks for it', {
  timeout,
}, async (context) => {
  const server = serve();
  context.after(() => server.kill());
  const url = await server.url();
  const at = msOf(250) + 20;
  const { page, faults } = await openPage(browser, `${url}/timeline?camera=${testIds.cameraId}&at=${at}`);
  context.after(() => page.context().close());
  const stage = page.getByTestId('stage');
  await stage.getByText('This browser cannot play H.265').waitFor();
  await stage.getByRole('link', { name: 'Download this minute' }).waitFor();
  await stage.getByRole('button', { name: 'Convert to watch' }).click();
  const player = page.getByTestId('player');
  const shows = async (number: number) => {
    await until(async () => (await shownFrameNumber(player)) === number);
    const ms = await player.evaluate((video) => Number((video as HTMLElement).dataset.instantMs));
    assert.ok(Math.abs(ms - msOf(number)) < 1, `${ms}`);
  };
  await shows(250);
  await stage.getByText('Converted from H.265, without sound').waitFor();
  await page.keyboard.press('.');
  await shows(251);
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await until(async () => ((await shownFrameNumber(player)) ?? 0) > 310);
  assert.deepEqual(faults, []);
});

for (const [name, words, env, reason] of [
  ['that is not to convert', ['--conversions', '0'], {}, 'The setting `conversions` of the server is 0.'],
  ['without ffmpeg', [], { PATH: '/nowhere' }, 'There is no ffmpeg on the path of the server.'],
] as const) {
  test(`a server ${name} says so on the card, which keeps the download`, { timeout }, async (context) => {
    const server = serve(words, env);
    context.after(() => server.kill());
    const url = await server.url();
    const address = `${url}/timeline?camera=${testIds.cameraId}&at=${msOf(250) + 20}`;
    const { page } = await openPage(browser, address);
    context.after(() => page.context().close());
    const card = page.getByTestId('unplayable');
    await card.getByRole('button', { name: 'Convert to watch' }).click();
    await card.getByText(reason).waitFor();
    assert.equal(await card.getByRole('button', { name: 'Convert to watch' }).count(), 0);
    await card.getByRole('link', { name: 'Download this minute' }).waitFor();
  });
}
