import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/clock/system_clock.ts';
import { recordUrl } from '../../src/recorder/record_url.ts';
import type { SimulatedCamera } from '../../src/simulator/camera.ts';
import { readClip } from '../../src/simulator/clip.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { runTool } from '../fixtures/ffprobe.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';

const timeout = 120_000;

async function simulate(context: TestContext, camera: Omit<SimulatedCamera, 'path'>) {
  const simulator = await startSimulator({ clock: systemClock, cameras: [{ path: 'cam', ...camera }] });
  context.after(() => simulator.close());
  return simulator;
}

async function folder(context: TestContext): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'nightjar-packets-'));
  context.after(() => rm(made, { recursive: true }));
  return made;
}

/** Checksums of the decoded pictures, in their order. */
async function decoded(input: readonly string[]): Promise<string[]> {
  const args = ['-v', 'error', ...input, '-map', '0:v', '-vsync', 'passthrough', '-f', 'framemd5', '-'];
  const { output, errors } = await runTool('ffmpeg', args);
  assert.equal(errors, '');
  return [...output.toString().matchAll(/\s([0-9a-f]{32})$/gm)].map(([, hash]) => hash!);
}

/** ffmpeg takes no more than 8 kB at once by UDP. */
const wholes = [
  ['tcp', 60_000],
  ['http', 60_000],
  ['udp', 8_000],
] as const;

for (const [transport, maxPayloadBytes] of wholes) {
  test(`what ffmpeg decodes over ${transport} from packets of ${maxPayloadBytes} bytes is the clip, bit for bit`, {
    timeout,
  }, async (context) => {
    const size = { width: 640, height: 360, bitsPerSecond: transport === 'udp' ? 4_000_000 : 20_000_000 };
    const files = await numberedClip({ frames: 25, framesPerSecond: 25, ...size });
    const clip = await readClip(files);
    const camera = { clip, finiteFrames: 25, maxPayloadBytes, audio: false };
    const simulator = await simulate(context, camera);
    assert.deepEqual(
      await decoded(['-rtsp_transport', transport, '-i', simulator.url('cam')]),
      await decoded(['-f', 'h264', '-i', files.videoFile]),
    );
  });
}

test('P16: packets of 60 kB come by UDP, and what is recorded decodes to the clip, bit for bit', {
  timeout,
}, async (context) => {
  const size = { width: 640, height: 360, bitsPerSecond: 20_000_000 };
  const files = await numberedClip({ frames: 25, framesPerSecond: 25, ...size });
  const clip = await readClip(files);
  const largest = Math.max(...clip.pictures.flatMap(({ nalUnits }) => nalUnits.map(({ length }) => length)));
  assert.ok(largest > 60_000, `no picture of ${largest} bytes fills a packet`);
  const simulator = await simulate(context, {
    clip,
    audio: false,
    finiteFrames: 25,
    maxPayloadBytes: 60_000,
  });
  const recording = await recordUrl({
    url: simulator.url('cam'),
    transport: 'udp',
    outDir: await folder(context),
    durationS: 1,
    clock: systemClock,
  });
  assert.deepEqual(await decoded(['-i', recording.files[0]!]), await decoded(['-i', files.mp4File]));
});
