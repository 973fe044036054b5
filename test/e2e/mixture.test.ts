import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { trackTicks } from '../../src/units/time.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { Cleanup } from '../fixtures/cleanup.ts';
import { encodedMedia } from '../fixtures/encoded_media.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { cutTrack, type RecordedTrack, type RunOptions } from '../fixtures/recorded_footage.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { serveStoredFootage, storeFootage } from '../fixtures/stored_footage.ts';
import { until } from '../fixtures/until.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/**
 * What a real camera leaves behind within a minute: a main stream that the browser cannot play, a sub stream with G.711 whose
 * parameters change, a gap, a reconnect whose pictures overlap those before, and key frames half a minute apart. The camera
 * sees one number after the other, so that each instant has one right picture.
 */

const timeout = 120_000;
const subId = '55555555-5555-4555-8555-555555555555';
const frameMs = 40;
const startMs = Date.now() - 600_000;
/** Nothing was recorded, and the numbers went on only after it. */
const gap = { from: 500, ms: 5_000 };
const frames = 1_500;

/** Wall time of a picture, and the other way round. */
const msOf = (number: number) => startMs + number * frameMs + (number < gap.from ? 0 : gap.ms);
const numberAt = (ms: number) => {
  const number = Math.round((ms - startMs) / frameMs);
  return number < gap.from ? number : number - gap.ms / frameMs;
};

const cleanup = new Cleanup();
let browser: Browser;
let url: string;

before(async () => {
  await buildInterface();
  const folder = temporaryFolder(cleanup);
  storeFootage(folder, [
    {
      id: testIds.cameraId,
      name: 'Gate',
      createdMs: startMs,
      streams: [
        { id: testIds.streamId, role: 'main', runs: [await mainRun(folder)] },
        { id: subId, role: 'sub', runs: await subRuns(folder) },
      ],
    },
  ]);
  url = await new NightjarProcess(cleanup, serveStoredFootage, { cwd: folder }).url();
  browser = await launchChromium();
  cleanup.after(() => browser.close());
});
after(() => cleanup.run());

async function encode(folder: string, source: string, name: string, codec: readonly string[]) {
  const file = join(folder, name);
  const words = ['-v', 'error', '-i', source, ...codec, '-video_track_timescale', '90000', file];
  const { code, errors } = await runTool('ffmpeg', words);
  assert.equal(code, 0, errors);
  return (await encodedMedia(file)).video;
}

async function mainRun(folder: string) {
  const { mp4File } = await numberedClip({ frames: 250 });
  const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error:bframes=0'];
  const video = await encode(folder, mp4File, 'main.mp4', [...x265, '-tag:v', 'hvc1']);
  return { tracks: [video], startMs, segmentSeconds: 60 };
}

async function subRuns(folder: string): Promise<Omit<RunOptions, 'dir' | 'streamId'>[]> {
  const small = await numberedClip({ frames });
  const large = await numberedClip({ frames, width: 480, height: 270 });
  const x264 = 'keyint=750:min-keyint=750:scenecut=0:bframes=0';
  const usual = (await encodedMedia(small.mp4File)).video;
  const other = (await encodedMedia(large.mp4File)).video;
  const rare = await encode(folder, small.mp4File, 'rare.mp4', [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '28', '-x264-params', x264],
  ]);
  const run = (video: RecordedTrack, from: number, to: number) => ({
    tracks: [cutTrack(video, from / 25, to / 25), g711((to - from) / 25)],
    startMs: msOf(from),
    segmentSeconds: 60,
  });
  const runId = '66666666-6666-4666-8666-666666666666';
  return [
    { ...run(usual, 0, 300), runId },
    // The camera was told another size, and went on with the same session.
    { ...run(other, 300, 500), runId: '77777777-7777-4777-8777-777777777777' },
    run(usual, 500, 700),
    // The new session began while the old one was still there.
    run(usual, 625, 750),
    run(rare, 750, frames),
  ];
}

/** A tone in A-law, 20 ms a packet. */
function g711(seconds: number): RecordedTrack {
  const bytes = Buffer.from(Array.from({ length: 160 }, (_, at) => (at % 20 < 10 ? 0xa5 : 0x25)));
  const chunk = { bytes, holders: 1 };
  return {
    track: {
      ...{ kind: 'audio', codec: 'pcma', timescale: 8_000, sampleRate: 8_000, channels: 1 },
      ...{ bitsPerSample: 8, codecString: 'alaw' },
    },
    samples: Array.from({ length: seconds * 50 }, (_, packet) => ({
      ...{ bytes: { chunk, start: 0, end: 160 }, compositionOffset: 0, duration: 160, keyFrame: true },
      decodeTicks: trackTicks(packet * 160),
    })),
  };
}

interface Seen {
  readonly number: number;
  /** Of the picture, by the player. */
  readonly ms: number;
}

/** In the page: what is shown, picture by picture. */
const watchPictures = `(() => {
  const video = document.querySelector('[data-testid=player]');
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const seen = (globalThis.seen = []);
  const look = () => {
    const { videoWidth: width, videoHeight: height } = video;
    canvas.width = width;
    canvas.height = 1;
    pen.drawImage(video, 0, Math.floor((height * 17) / 18), width, 1, 0, 0, width, 1);
    const row = pen.getImageData(0, 0, width, 1).data;
    let number = 0;
    for (let cell = 2; cell < 18; cell++)
      number = number * 2 + Number(row[4 * Math.floor(((cell + 0.5) * width) / 20)] > 128);
    queueMicrotask(() => seen.push({ number, ms: Number(video.dataset.instantMs) }));
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
})()`;

test('a minute of a real mixture is played straight through, each picture at its instant', {
  timeout,
}, async (context) => {
  const address = (ms: number) => `${url}/timeline?camera=${testIds.cameraId}&at=${ms}&span=120000`;
  const { page, faults } = await openPage(browser, address(startMs), { bypassCSP: true });
  context.after(() => page.context().close());
  await page.getByText('This browser does not play H.265: the sub stream is shown.').waitFor();
  const player = page.getByTestId('player');
  const shows = async (number: number) => {
    await until(async () => (await shownFrameNumber(player)) === number);
    await page.waitForFunction(
      ([ms]) =>
        Math.abs(
          Number(document.querySelector<HTMLVideoElement>('[data-testid=player]')!.dataset.instantMs) - ms!,
        ) < 1,
      [msOf(number)],
    );
  };
  await shows(0);
  await page.evaluate(watchPictures);
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('4');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.getByText('No footage', { exact: false }).waitFor({ timeout: 90_000 });
  const seen = (await page.evaluate('globalThis.seen')) as Seen[];
  // A busy page draws a picture that came after the one that it was told of.
  const wrong = seen.filter(({ number, ms }) => number < numberAt(ms) || number > numberAt(ms) + 50);
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    seen.filter(({ ms }, index) => ms < (seen[index - 1]?.ms ?? 0)),
    [],
    'time goes back',
  );
  const seconds = new Set(seen.map(({ number }) => Math.floor(number / 25)));
  assert.equal(seconds.size, frames / 25, `of ${frames / 25} seconds only these were seen: ${[...seconds]}`);

  // On both sides of each border, and far from the last key frame, the picture is the very one.
  for (const number of [299, 300, 499, 500, 624, 625, 699, 700, 749, 750, 1_480]) {
    await page.goto(`${address(msOf(number) + frameMs / 2)}&stream=sub`);
    await shows(number);
  }
  assert.deepEqual(faults, []);
});
