import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import type { Dialogue } from '../../src/dialogue/dialogue.ts';
import { formatDialogue, parseDialogue } from '../../src/dialogue/dialogue_text.ts';
import type { Captured } from '../../src/probe/capture.ts';
import { examine, type ProbeOptions } from '../../src/probe/probe.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import type { SimulatedCamera } from '../../src/simulator/camera.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { gstreamerMissing, startGstreamerCamera } from '../gstreamer/gstreamer_camera.ts';
import { reply, ScriptedCamera, videoSdp } from '../rtsp/scripted_camera.ts';
import { type FixtureRecording, recordFixture } from './fixture_recording.ts';

/** What a probe captured of a camera is that camera from then on: played, it is recorded as the camera was. */

const username = 'joe';
const password = 'Tr1cky/p@ss word';

async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'nightjar-capture-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function capture(options: Partial<ProbeOptions> & { url: string }, concealed = false) {
  const outcome = await examine({
    clock: systemClock,
    seconds: 1.5,
    capture: { source: 'a test', concealed },
    ...options,
  });
  const captured = outcome.captured as Captured;
  const text = formatDialogue(captured.dialogue);
  return { ...outcome, captured, text, dialogue: parseDialogue(text, 'captured') };
}

/** SHA-256 of each picture in the files, in their order. */
async function pictureHashes(files: readonly string[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const file of files) {
    const words = ['-v', 'error', '-select_streams', 'v', '-show_packets', '-show_data_hash', 'sha256'];
    const { output } = await runTool('ffprobe', [
      ...words,
      '-show_entries',
      'packet=data_hash',
      '-of',
      'csv=p=0',
      file,
    ]);
    hashes.push(
      ...output
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('SHA256')),
    );
  }
  return hashes;
}

async function hashesOf(context: TestContext, { files }: FixtureRecording): Promise<string[]> {
  const folder = await temporaryFolder(context);
  const written = files.map(async ({ bytes }, index) => {
    const file = path.join(folder, `${index}.mp4`);
    await writeFile(file, bytes);
    return file;
  });
  return pictureHashes(await Promise.all(written));
}

async function recordedHashes(
  context: TestContext,
  options: Partial<Parameters<typeof recordUrl>[0]> & { url: string },
) {
  const outDir = await temporaryFolder(context);
  const { files } = await recordUrl({ outDir, durationS: 2.5, clock: systemClock, ...options });
  return pictureHashes(files);
}

/** The played camera shows what the camera showed: nothing else, and nothing of it missing. */
function assertSamePictures(played: readonly string[], shown: readonly string[]): void {
  assert(played.length >= 30, `${played.length} pictures`);
  assert.deepEqual(played, shown.slice(0, played.length));
}

async function play(dialogue: Dialogue): Promise<FixtureRecording> {
  const recording = await recordFixture(dialogue);
  assert.deepEqual(recording.surprises, []);
  assert.equal(recording.missing, undefined);
  return recording;
}

const cameras: readonly [
  name: string,
  camera: Omit<SimulatedCamera, 'path'>,
  options: Pick<ProbeOptions, 'username' | 'password' | 'transport'>,
][] = [
  ['that wants Digest, over TCP', { username, password, burstFrames: 10 }, { username, password }],
  ['over UDP', { username, password }, { username, password, transport: 'udp' }],
  ['that sends nothing over TCP', { faults: { silentOver: 'tcp' } }, {}],
  [
    'that does much wrong',
    {
      faults: {
        dropEveryNthPacket: 40,
        rubbish: { everyFrames: 20, bytes: 100 },
        wrongSsrc: true,
        firstSequenceNumber: 65_500,
        firstRtpTimestamp: 2 ** 32 - 90_000,
        packetsBeforePlayReply: true,
      },
    },
    {},
  ],
];

const skip = await gstreamerMissing();

/** Each waits for a camera, not for the processor. */
describe('captures', { concurrency: true }, () => {
  for (const [name, camera, options] of cameras) {
    test(`a captured camera ${name} is recorded as the camera was`, async (context) => {
      const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'gate', ...camera }] });
      context.after(() => simulator.close());
      const url = simulator.url('gate');
      const [{ dialogue, report, captured, text }, shown] = await Promise.all([
        capture({ url, ...options }),
        recordedHashes(context, { url, ...options }),
      ]);
      assert.equal(captured.cut, false);
      for (const secret of [
        password,
        encodeURIComponent(password),
        username,
        '127.0.0.1',
        `:${simulator.port}`,
      ]) {
        assert.equal(text.includes(secret), false, secret);
      }
      const played = await play(dialogue);
      const hashes = await hashesOf(context, played);
      assertSamePictures(hashes, shown);
      assert(Math.abs(hashes.length - report.video!.frames) <= 1);
    });
  }

  test('a captured GStreamer camera is recorded as the camera was', {
    skip,
  }, async (context) => {
    const clip = await numberedClip({ frames: 125, audio: true });
    const account = { username: 'viewer', password: 'opens sesame' };
    const camera = await startGstreamerCamera({ clip: clip.mp4File, ...account });
    context.after(() => camera.stop());
    const url = camera.url('clip');
    const [{ dialogue, text }, shown] = await Promise.all([
      capture({ url, ...account }),
      recordedHashes(context, { url, ...account }),
    ]);
    assert.doesNotMatch(text, /opens|127\.0\.0\.1/);
    assertSamePictures(await hashesOf(context, await play(dialogue)), shown);
  });

  test('a capture without what it shows has as many pictures, and none of them', async (context) => {
    const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'gate' }] });
    context.after(() => simulator.close());
    const { dialogue, report } = await capture({ url: simulator.url('gate') }, true);
    const { files } = await play(dialogue);
    const video = files[0]!.tracks.find(({ kind }) => kind === 'video')!;
    assert(Math.abs(video.samples - report.video!.frames) <= 1);
    assert(files[0]!.bytes.includes(Buffer.alloc(200, 0xff)));
  });

  test('a capture ends at its bound and says so', async (context) => {
    const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'gate' }] });
    context.after(() => simulator.close());
    const { captured } = await capture({
      url: simulator.url('gate'),
      seconds: 1,
      capture: { source: 'a test', maximumBytes: 20_000 },
    });
    assert.equal(captured.cut, true);
    assert(captured.bytes <= 20_000 && captured.bytes > 15_000);
    assert.match(captured.dialogue.behaviour!, /Cut after \d+ bytes of media\./);
  });

  test('what a camera says of itself and of its guests is not in a capture', async (context) => {
    const secretSdp = videoSdp
      .replace('o=- 1 1 IN IP4 127.0.0.1', 'o=s3cret 1 1 IN IP4 127.0.0.1')
      .replace('a=control:trackID=0', 'a=control:rtsp://admin:s3cret@127.0.0.1/live/trackID=0?token=s3cret');
    const camera = await ScriptedCamera.start([
      ['OPTIONS', reply('200 OK', { Server: 'Acme', Public: 'OPTIONS', 'Set-Cookie': 's3cret' })],
      ['DESCRIBE', reply('401 Unauthorized', { 'WWW-Authenticate': 'Digest realm="r", nonce="n"' })],
      ['DESCRIBE', reply('200 OK', { 'Content-Base': 'rtsp://admin:s3cret@127.0.0.1/live/' }, secretSdp)],
      ['SETUP', reply('453 Not Enough s3cret')],
    ]);
    context.after(() => camera.close());
    const { text, report, error, dialogue } = await capture({
      url: `${camera.url.replace('rtsp://', 'rtsp://admin:s3cret@')}?user=admin&password=s3cret`,
    });
    assert.equal(error?.code, 'camera_rejected');
    assert.doesNotMatch(text + JSON.stringify(report), /s3cret/);
    assert.equal(dialogue.camera, 'Acme');
    assert.deepEqual(dialogue.login, { username: 'viewer', password: 'captured' });
    assert.equal(dialogue.path, '/live?user=hidden&password=hidden');
    assert.deepEqual(
      dialogue.steps.map(({ what }) => what),
      ['OPTIONS', 'DESCRIBE', 'DESCRIBE', 'SETUP'],
    );
  });
});
