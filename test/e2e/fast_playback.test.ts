import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { encodedMedia } from '../fixtures/encoded_media.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { frameNumbers } from '../fixtures/frame_numbers.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { cutTrack } from '../fixtures/recorded_footage.ts';
import { testIds } from '../fixtures/segment_file.ts';
import { serveStoredFootage, storeFootage } from '../fixtures/stored_footage.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Above four times life speed key frames alone are fetched; ffmpeg and Chromium judge what comes. */

const frameMs = 40;
/** In the numbered clip. */
const keyFrameEvery = 25;

test('fast playback fetches key frames alone, at speeds up to 64x, and goes back to all pictures', {
  timeout: 180_000,
}, async (context) => {
  const { video, audio } = await encodedMedia((await numberedClip({ frames: 1_500, audio: true })).mp4File);
  const startMs = Date.now() - 600_000;
  const tracks = [video, audio!].map((track) => cutTrack(track, 0, 40));
  const folder = temporaryFolder(context);
  const { cameraId: id, streamId } = testIds;
  const streams = [{ id: streamId, role: 'main', runs: [{ tracks, startMs, segmentSeconds: 6 }] } as const];
  storeFootage(folder, [{ id, name: 'Yard', createdMs: startMs, streams }]);
  const url = await new NightjarProcess(context, serveStoredFootage, { cwd: folder }).url();

  // What comes is a film of key frames, as long as all pictures.
  const list = (tracks: string) =>
    `${url}/api/v1/cameras/${id}/playlist.m3u8?from=${startMs}&to=${startMs + 20_000}&tracks=${tracks}`;
  const numbers = await frameNumbers(list('key'));
  assert.ok(numbers.length >= 9 && numbers.length <= 16, numbers.join());
  for (const [index, number] of numbers.entries()) {
    assert.equal(number % keyFrameEvery, numbers[0]! % keyFrameEvery, numbers.join());
    if (index === 0) continue;
    // An entry is two seconds, and one where a file ended.
    const apart = (number - numbers[index - 1]! + 1_500) % 1_500;
    assert.ok(apart === keyFrameEvery || apart === 2 * keyFrameEvery, numbers.join());
  }
  assert.equal(await decodeErrors(list('key')), '');
  const lengths = await Promise.all(
    ['key', 'video'].map(async (tracks) => Number((await ffprobe(list(tracks))).format.duration)),
  );
  assert.ok(Math.abs(lengths[0]! - lengths[1]!) < 0.1, lengths.join());

  await buildInterface();
  const browser = await launchChromium();
  context.after(() => browser.close());
  const at = startMs + 1_000;
  const { page, faults } = await openPage(browser, `${url}/timeline?camera=${id}&at=${at}&span=60000`);
  const player = page.getByTestId('player').and(page.locator('[data-instant-ms]'));
  await player.waitFor();
  const fetched: string[] = [];
  page.on('request', (request) => {
    const kind = /-(av|avf|v|k)(?:-\d+)?\.m4s$/.exec(request.url())?.[1];
    if (kind) fetched.push(kind);
  });
  const instant = () => player.evaluate((video) => Number((video as HTMLElement).dataset.instantMs));
  const reach = (ms: number) =>
    page.waitForFunction(
      ([wanted]) =>
        Number(document.querySelector<HTMLElement>('[data-testid=player]')!.dataset.instantMs) >= wanted!,
      [ms],
      { timeout: 30_000 },
    );
  for (const speed of ['8', '64']) {
    await page.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.waitForFunction(
      ([ms]) => Number(document.querySelector<HTMLElement>('[data-testid=player]')!.dataset.instantMs) < ms!,
      [startMs + 900],
    );
    await page.getByTestId('speed').selectOption(speed);
    fetched.length = 0;
    await page.getByRole('slider').focus();
    await page.keyboard.press('Space');
    await reach(startMs + 14_000);
    // Above 16x it goes from key frame to key frame.
    if (speed === '8')
      assert.equal(await player.evaluate((video) => (video as HTMLVideoElement).playbackRate), 8);
    // What was on its way while it stood still may come first.
    const since = fetched.slice(fetched.indexOf('k'));
    assert.deepEqual(new Set(since), new Set(['k']), `at ${speed}x: ${fetched.join()}`);
    await page.keyboard.press('k');
  }
  // Paused, all pictures are there again: the next one is a frame away.
  await page.waitForFunction(
    () => document.querySelector('video')!.readyState >= 2 && !document.querySelector('video')!.seeking,
  );
  await page.getByTestId('speed').selectOption('1');
  await page.getByRole('slider').focus();
  const stood = await instant();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(
    ([ms]) => Number(document.querySelector<HTMLElement>('[data-testid=player]')!.dataset.instantMs) < ms!,
    [stood - 9_000],
  );
  const before = await instant();
  await page.keyboard.press('.');
  await reach(before + frameMs - 10);
  assert.ok((await instant()) < before + 2 * frameMs, `${(await instant()) - before} ms`);
  assert.deepEqual(faults, []);
});
