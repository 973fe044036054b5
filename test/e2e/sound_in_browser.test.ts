import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { decodeErrors, ffprobe, runTool } from '../fixtures/ffprobe.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { until } from '../fixtures/until.ts';
import {
  type GstreamerAudio,
  gstreamerMissing,
  startGstreamerCamera,
} from '../gstreamer/gstreamer_camera.ts';
import { type AudioEncoding, SourceClips } from '../matrix/source_clip.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** What Chromium plays of a camera's sound, it plays; what it does not, costs the picture nothing. */

const skip = await gstreamerMissing();
const timeout = 150_000;

/** Runs in the browser. */
const decodedSoundBytes = new Function('video', 'return video.webkitAudioDecodedByteCount') as (
  video: unknown,
) => number;

interface Playing {
  readonly mimeType: string;
  readonly currentTime: number;
  readonly soundBytes: number;
  readonly errors: readonly string[];
}

/** The clip again and again: the camera must not come to its end before a busy machine has come to the end of the test. */
async function repeated(clip: string): Promise<string> {
  const longer = `${clip}.long.mkv`;
  const made = await runTool('ffmpeg', [
    '-v',
    'error',
    '-stream_loop',
    '20',
    '-i',
    clip,
    '-c',
    'copy',
    longer,
  ]);
  assert.equal(made.code, 0, made.errors);
  return longer;
}

async function addCamera(context: TestContext, clips: SourceClips, url: string, encoding: AudioEncoding) {
  const { file } = await clips.get('h264', encoding);
  const audio = encoding.replace(/-.*/, '') as GstreamerAudio;
  const camera = await startGstreamerCamera({ clip: await repeated(file), audio });
  context.after(() => camera.stop());
  const answer = await fetch(`${url}/api/v1/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: encoding, streams: [{ role: 'main', url: camera.url('clip') }] }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id } = (await answer.json()) as { id: string };
  return id;
}

/** Plays what is sent live until two seconds were shown. */
async function playLive(browser: Browser, url: string, id: string): Promise<Playing> {
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  await page.goto(`${url}/health`);
  await page.addScriptTag({ path: path.join(import.meta.dirname, '../fixtures/live_player.js') });
  await page.evaluate(`startPlayer('${url.replace(/^http/, 'ws')}/api/v1/cameras/${id}/live')`);
  const report = () => page.evaluate('playing()') as Promise<Playing>;
  await until(async () => {
    const { currentTime, errors } = await report();
    return currentTime > 2 || errors.length > 0;
  });
  return report();
}

/** Watches live and what was recorded in a browser that has no decoder for the sound that is sent. */
async function playWithoutDecoder(
  browser: Browser,
  url: string,
  { id, name, codec }: { id: string; name: string; codec: string },
): Promise<void> {
  const { page, faults } = await openPage(browser, `${url}/health`);
  await page.addInitScript(`
    const asIs = MediaSource.isTypeSupported.bind(MediaSource);
    MediaSource.isTypeSupported = (type) => !type.includes('${codec}') && asIs(type);
  `);
  await page.goto(`${url}/live?camera=${id}`);
  const tile = page.locator('.tile', { hasText: name }).locator('video').first();
  await until(async () => (await shownFrameNumber(tile)) !== undefined);
  await page.goto(`${url}/timeline?camera=${id}`);
  const player = page.getByTestId('player');
  await until(async () => (await shownFrameNumber(player)) !== undefined);
  assert.equal(await player.evaluate(decodedSoundBytes), 0);
  assert.deepEqual(faults, []);
}

/** What ffmpeg hears of the playlist and of the clip of the same groups of pictures. */
async function compareSamples(
  camera: string,
  { startMs }: TimelineAnswer['recordings'][number],
): Promise<void> {
  const window = `from=${startMs}&to=${startMs + 2_500}`;
  const list = `${camera}/playlist.m3u8?${window}&audio=flac`;
  const { streams } = await ffprobe(list);
  assert.deepEqual(
    streams.map(({ codec_name }) => codec_name),
    ['h264', 'flac'],
  );
  const samplesOf = async (address: string) => {
    const words = ['-v', 'error', '-i', address, '-map', '0:a', '-c:a', 'pcm_s16le', '-f', 's16le', '-'];
    const { code, output, errors } = await runTool('ffmpeg', words);
    assert.deepEqual([code, errors], [0, '']);
    return output;
  };
  const [given, recorded] = await Promise.all([samplesOf(list), samplesOf(`${camera}/clip.mp4?${window}`)]);
  const middle = recorded.subarray(recorded.length >> 2, 3 * (recorded.length >> 2));
  assert.ok(middle.length > 8_000, `${middle.length} bytes`);
  assert.notEqual(given.indexOf(middle), -1, 'the samples are not those that were recorded');
}

const rows = [
  { audio: 'opus', codec: 'opus', sent: 'opus' },
  { audio: 'pcma', codec: 'pcm_alaw', sent: 'flac' },
  { audio: 'pcmu', codec: 'pcm_mulaw', sent: 'flac' },
  { audio: 'l16-44100-stereo', codec: 'pcm_s16be', sent: 'flac' },
  { audio: 'g722', codec: 'adpcm_g722', sent: undefined },
] as const;

test('Opus, and G.711 and L16 as FLAC without loss, are heard live and in what was recorded, and where nothing decodes them pictures play, as with G.722', {
  skip,
  timeout,
}, async (context) => {
  await buildInterface();
  const folder = temporaryFolder(context);
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--discovery-interfaces', 'lo'];
  const server = new NightjarProcess(context, words, { cwd: folder });
  const url = await server.url();
  const clips = new SourceClips(folder, 10);
  const browser = await launchChromium();
  context.after(() => browser.close());
  await Promise.all(
    rows.map(async ({ audio, codec, sent }) => {
      const isHeard = sent !== undefined;
      const id = await addCamera(context, clips, url, audio);
      const camera = `${url}/api/v1/cameras/${id}`;
      const known = await askUntil<TimelineAnswer>(
        `${camera}/timeline?from=0&to=${Date.now() + 600_000}`,
        ({ recordings }) => recordings.length > 0 && recordings[0]!.endMs - recordings[0]!.startMs > 3_000,
      );
      const live = await playLive(browser, url, id);
      assert.deepEqual(live.errors, []);
      assert.equal(/avc1[^,]*(?:, (.*))?"/.exec(live.mimeType)![1], sent, live.mimeType);
      assert.equal(live.soundBytes > 0, isHeard);

      const fromMs = known.recordings[0]!.startMs;
      const { page, faults } = await openPage(browser, `${url}/timeline?camera=${id}&at=${fromMs}`);
      const player = page.getByTestId('player');
      await until(async () => (await shownFrameNumber(player)) !== undefined);
      const heard = () => player.evaluate(decodedSoundBytes);
      if (isHeard) await until(async () => (await heard()) > 0);
      else assert.equal(await heard(), 0);
      assert.deepEqual(faults, []);
      if (isHeard) await playWithoutDecoder(browser, url, { id, name: audio, codec: sent });
      if (sent === 'flac') await compareSamples(camera, known.recordings[0]!);

      const clip = `${camera}/clip.mp4?from=${fromMs + 500}&to=${fromMs + 3_000}`;
      const { streams } = await ffprobe(clip);
      assert.equal(streams[1]!.codec_name, codec);
      assert.ok(Math.abs(Number(streams[1]!.duration) - 2.5) < 0.1, `${streams[1]!.duration} s`);
      assert.equal(await decodeErrors(clip), '');
    }),
  );
});
