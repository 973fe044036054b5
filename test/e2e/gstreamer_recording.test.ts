import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { probe } from '../../src/probe/probe.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import { decodeErrors, ffprobe } from '../fixtures/ffprobe.ts';
import { assertWholeRun, framesOfFirstRun } from '../fixtures/first_run.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { selfSigned } from '../fixtures/self_signed.ts';
import { until } from '../fixtures/until.ts';
import {
  type GstreamerCameraOptions,
  gstreamerMissing,
  startGstreamerCamera,
} from '../gstreamer/gstreamer_camera.ts';

/** A camera that nobody here wrote judges the recorder from the network, ffmpeg judges its files. */

const skip = await gstreamerMissing();
const timeout = 120_000;

async function camera(context: TestContext, options: GstreamerCameraOptions) {
  const started = await startGstreamerCamera(options);
  context.after(() => started.stop());
  return started;
}

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'nightjar-gstreamer-'));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

interface Way {
  readonly camera: GstreamerCameraOptions;
  readonly record: Partial<Parameters<typeof recordUrl>[0]>;
}

const account = { username: 'viewer', password: 'opens sesame' };

/** How the camera is reached, and what the recorder is told for it. */
const ways: readonly [name: string, prepare: (context: TestContext) => Promise<Way>][] = [
  ['without a password', async () => ({ camera: {}, record: {} })],
  ['with Digest', async () => ({ camera: account, record: account })],
  [
    'over TLS, with Digest',
    async (context) => {
      const { file, fingerprint } = await selfSigned(context);
      return {
        camera: { ...account, tls: file },
        record: { ...account, tlsFingerprint: fingerprint },
      };
    },
  ],
  ['through HTTP, with Digest', async () => ({ camera: account, record: { ...account, transport: 'http' } })],
  [
    'through HTTP over TLS, with Digest',
    async (context) => {
      const { file, fingerprint } = await selfSigned(context);
      return {
        camera: { ...account, tls: file },
        record: { ...account, tlsFingerprint: fingerprint, transport: 'http' },
      };
    },
  ],
  ['over UDP, with Digest', async () => ({ camera: account, record: { ...account, transport: 'udp' } })],
];

// They wait for what comes in real time, more than for a core.
describe('a camera of GStreamer', { concurrency: 3 }, () => {
  for (const [name, prepare] of ways) {
    test(`every frame of a finite source is in a file, over more than three turns, ${name}`, {
      skip,
      timeout,
    }, async (context) => {
      const clip = await numberedClip({ frames: 250, audio: true });
      const way = await prepare(context);
      const source = await camera(context, { clip: clip.mp4File, ...way.camera });
      const outDir = await folder(context);
      const ended = new AbortController();
      const recording = recordUrl({
        url: source.url('clip'),
        ...way.record,
        outDir,
        durationS: 60,
        segmentSeconds: 2,
        clock: systemClock,
        signal: ended.signal,
      });
      const sent = await source.framesSent();
      await until(async () => (await framesOfFirstRun(outDir)) >= sent);
      ended.abort();
      const { files } = await recording;

      assert.equal(sent, clip.frames);
      await assertWholeRun(files, sent);
    });
  }

  for (const codec of ['h264', 'h265'] as const) {
    test(`a live source of ${codec} with B-frames is recorded in the order in which it is shown`, {
      skip,
      timeout,
    }, async (context) => {
      const source = await camera(context, { bFrames: 2, codec });
      const outDir = await folder(context);
      const { files, frames, startMs, endMs } = await recordUrl({
        url: source.url('live'),
        outDir,
        durationS: 5,
        segmentSeconds: 2,
        clock: systemClock,
      });
      let shown = 0;
      for (const file of files) {
        assert.equal(await decodeErrors(file), '');
        const { packets, streams } = await ffprobe(file, { packets: true });
        const video = packets.filter(({ codec_type }) => codec_type === 'video');
        assert.equal(streams[0]!.codec_name, codec === 'h264' ? 'h264' : 'hevc');
        assert.equal(streams[0]!.has_b_frames, 2);
        assert.ok(video.some(({ pts, dts }) => pts !== dts));
        assert.equal(new Set(video.map(({ pts }) => pts)).size, video.length);
        shown += video.length;
      }
      assert.equal(shown, frames);
      assert.ok(Math.abs(endMs - startMs - 5_000) < 1_500, `${endMs - startMs} ms`);
    });
  }

  test('probe tells what a live source sends, and in words why a wrong password shows nothing', {
    skip,
    timeout,
  }, async (context) => {
    const source = await camera(context, account);
    const report = await probe({ url: source.url('live'), ...account, clock: systemClock, seconds: 2 });
    assert.equal(report.video.codec, 'h264');
    assert.equal(report.packetsLost, 0);
    assert.ok(
      Math.abs(report.video.framesPerSecond - 25) < 2,
      `${report.video.framesPerSecond} frames a second`,
    );
    assert.equal(report.audio?.codec, 'aac');
    const wrong = { ...account, password: 'closes it' };
    await assert.rejects(probe({ url: source.url('live'), ...wrong, clock: systemClock }), {
      code: 'camera_authentication',
    });
    await assert.rejects(
      probe({ url: source.url('live').replace('live', 'nowhere'), ...account, clock: systemClock }),
      { code: 'camera_path_not_found' },
    );
  });
});
