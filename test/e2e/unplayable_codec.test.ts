import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { TimelineAnswer } from '../../src/api/contract.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { buildInterface, launchChromium, openPage } from '../fixtures/chromium.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { shownFrameNumber } from '../fixtures/shown_picture.ts';
import { until } from '../fixtures/until.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { askUntil, NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';

/** Debian's Chromium decodes no H.265: what people see of a camera that sends it must never be blank. */

const skip = await gstreamerMissing();
const timeout = 120_000;

async function startWithH265(context: TestContext, otherStreams: object[]) {
  await buildInterface();
  const camera = await startGstreamerCamera({ codec: 'h265' });
  context.after(() => camera.stop());
  const words = ['serve', '--port', '0', '--min-free-bytes', '0', '--discovery-interfaces', 'lo'];
  const server = new NightjarProcess(context, words, { cwd: temporaryFolder(context) });
  const url = await server.url();
  const answer = await fetch(`${url}/api/v1/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Gate',
      streams: [{ role: 'main', url: camera.url('live') }, ...otherStreams],
    }),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id } = (await answer.json()) as { id: string };
  const timeline = `${url}/api/v1/cameras/${id}/timeline?from=0&to=${Date.now() + 600_000}`;
  await askUntil<TimelineAnswer>(
    timeline,
    ({ recordings }) => recordings.length > 0 && recordings[0]!.endMs - recordings[0]!.startMs > 9_000,
  );
  const browser = await launchChromium();
  context.after(() => browser.close());
  return { url, id, browser };
}

test('H.265 is recorded; where the browser cannot play it, words and a download stand in', {
  skip,
  timeout,
}, async (context) => {
  const { url, id, browser } = await startWithH265(context, []);
  const { page, faults } = await openPage(browser, `${url}/live`);
  await page.locator('.tile-card').getByText('H.265').waitFor();
  await page.goto(`${url}/timeline?camera=${id}`);
  const stage = page.getByTestId('stage');
  await stage.getByText('H.265').waitFor();
  const download = stage.getByRole('link', { name: /Download/ });
  const clip = new URL((await download.getAttribute('href'))!, url).href;
  const { streams } = await ffprobe(clip);
  assert.equal(streams[0]!.codec_name, 'hevc');
  assert.equal(await decodeErrors(clip), '');
  assert.deepEqual(faults, []);
});

test('the sub stream is shown where the main stream cannot be', { skip, timeout }, async (context) => {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'sub' }] });
  context.after(() => simulator.close());
  const { url, id, browser } = await startWithH265(context, [{ role: 'sub', url: simulator.url('sub') }]);
  const { page, faults } = await openPage(browser, `${url}/live`);
  const tile = page.locator('.tile').first();
  await until(async () => (await shownFrameNumber(tile.locator('video').first())) !== undefined);
  await tile.getByRole('button', { name: 'Enlarge Gate' }).click();
  const large = page.locator('.tile.large');
  await large.waitFor();
  await until(async () => (await shownFrameNumber(large.locator('video').last())) !== undefined);
  await page.goto(`${url}/timeline?camera=${id}`);
  await page.getByTestId('stage').getByRole('button', { name: 'Show the sub stream' }).click();
  await until(async () => (await shownFrameNumber(page.getByTestId('player'))) !== undefined);
  assert.deepEqual(faults, []);
});
