/**
 * What recording costs: the whole of Nightjar against one `ffmpeg -c copy -f segment` per stream, on the same cameras.
 *
 * Streams are 1080p at 25 pictures per second and 4 Mbit/s over loopback, real H.264 made by ffmpeg once. The packets
 * of a picture arrive one after the other, as over the link of a real camera; `--spread 0` has each picture arrive at once. The cameras
 * run in a process of their own that is not measured. The two recorders take turns, so that whatever else the machine
 * does falls on both. CPU is user and system time of all processes and threads in steady state; memory is the peak of
 * the proportional set size. Every picture that was sent must be found in the files, but for those on their way when
 * recording was stopped; ffmpeg 5.1 stamps the first picture wrongly, which shows as a hole.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { CameraCounters } from '../../src/simulator/camera.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { scriptOptions } from '../fixtures/script_options.ts';
import { LineProcess } from './recording/line_process.ts';
import { usageOfTrees } from './recording/process_usage.ts';
import { recordedFrames } from './recording/recorded_frames.ts';
import { type MeasuredRecorder, startFfmpeg, startNightjar } from './recording/recorders.ts';

const framesPerSecond = 25;
const bitsPerSecond = 4_000_000;
/** From the last camera's first picture to the beginning of the measurement: sessions settle, code gets compiled. */
const settleSeconds = 8;
/** Nobody waits longer for all cameras to be recorded. */
const startSeconds = 60;
const sampleIntervalMs = 500;
/** Pictures that may be on their way when recording is stopped. */
const inFlightFrames = 25;
/** Of the streams, so many are searched for lost pictures. */
const verifiedStreams = 16;
const targets = { cpu: 1 / 6, memory: 1 / 4 };

const values = scriptOptions({
  command: 'node test/bench/recording.ts',
  about: 'What recording costs, against ffmpeg on the same cameras.',
  options: {
    streams: { value: 'N', default: '16', meaning: 'So many are recorded.' },
    seconds: { value: 'N', default: '20', meaning: 'Each measurement lasts so long.' },
    repeats: { value: 'N', default: '3', meaning: 'So many turns.' },
    payload: { value: 'N', default: '1400', meaning: 'Bytes of a packet.' },
    spread: { value: 'N', default: '30', meaning: 'Milliseconds over which the packets of a picture come.' },
    only: { value: 'RECORDER', choices: ['nightjar', 'ffmpeg'], meaning: 'Measures that one alone.' },
  },
});
const { streams, seconds, repeats } = values;

type RecorderName = 'nightjar' | 'ffmpeg';
const starters = { nightjar: startNightjar, ffmpeg: startFfmpeg };

interface Measurement {
  readonly cpuPercent: number;
  readonly peakBytes: number;
  readonly lost: string[];
}

const say = (line: string) => process.stdout.write(`${line}\n`);

async function measure(name: RecorderName, videoFile: string): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), `nightjar-bench-${name}-`));
  const script = fileURLToPath(new URL('recording/simulator_process.ts', import.meta.url));
  const simulator = new LineProcess(process.execPath, [
    ...[script, String(streams), videoFile, `${values.payload}`, `${values.spread}`],
  ]);
  let recorder: MeasuredRecorder | undefined;
  try {
    const { port } = (await simulator.line()) as { port: number };
    const urls = Array.from({ length: streams }, (_, index) => `rtsp://127.0.0.1:${port}/cam${index}`);
    recorder = await starters[name](urls, folder);
    await untilAllPlay(simulator);
    await wait(settleSeconds * 1000);
    const usage = await watch(recorder);
    await recorder.stop();
    const counters = (await simulator.ask()) as CameraCounters[];
    return { ...usage, lost: await findLost(recorder, counters) };
  } finally {
    await recorder?.stop();
    await simulator.stop('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}

async function untilAllPlay(simulator: LineProcess): Promise<void> {
  for (let waited = 0; waited < startSeconds * 1000; waited += sampleIntervalMs) {
    const counters = (await simulator.ask()) as CameraCounters[];
    if (counters.every((camera) => camera.playing === 1 && camera.framesSent > 0)) return;
    await wait(sampleIntervalMs);
  }
  throw new Error(`not every camera was recorded after ${startSeconds} s`);
}

async function watch(recorder: MeasuredRecorder): Promise<{ cpuPercent: number; peakBytes: number }> {
  const begin = performance.now();
  const first = await usageOfTrees(recorder.pids);
  let last = first;
  let peakBytes = first.pssBytes;
  while (performance.now() - begin < seconds * 1000) {
    await wait(sampleIntervalMs);
    last = await usageOfTrees(recorder.pids);
    peakBytes = Math.max(peakBytes, last.pssBytes);
  }
  const elapsed = (performance.now() - begin) / 1000;
  return { cpuPercent: ((last.cpuSeconds - first.cpuSeconds) / elapsed) * 100, peakBytes };
}

/** What is wrong with the files of each stream, in words. */
async function findLost(recorder: MeasuredRecorder, counters: readonly CameraCounters[]): Promise<string[]> {
  const lost: string[] = [];
  for (const [stream, camera] of counters.entries()) {
    if (camera.unitsRefused > 0) lost.push(`stream ${stream}: too slow for ${camera.unitsRefused} pictures`);
    if (camera.sessions !== 1) lost.push(`stream ${stream}: ${camera.sessions} sessions`);
    if (stream >= verifiedStreams) continue;
    const { frames, holes } = await recordedFrames(recorder.folderOf(stream), framesPerSecond);
    const missing = camera.framesSent - frames;
    if (holes > 0 || missing < 0 || missing > inFlightFrames) {
      lost.push(`stream ${stream}: ${camera.framesSent} sent, ${frames} in the files, ${holes} holes`);
    }
  }
  return lost;
}

const median = (list: readonly number[]) => {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const mebibytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(0);

say(
  `${streams} streams of 1920x1080 at ${framesPerSecond} pictures/s and ${bitsPerSecond / 1e6} Mbit/s, packets of up to ` +
    `${values.payload} bytes (those of a picture spread over ${values.spread} ms), ${seconds} s each, ${repeats} turns, ${availableParallelism()} cores`,
);
const clip = await numberedClip({ frames: 200, width: 1920, height: 1080, framesPerSecond, bitsPerSecond });
const names = (['nightjar', 'ffmpeg'] as const).filter((name) => !values.only || values.only === name);
const results = new Map<RecorderName, Measurement[]>(names.map((name) => [name, []]));
for (let turn = 0; turn < repeats; turn++) {
  for (const name of names) {
    const result = await measure(name, clip.videoFile);
    results.get(name)!.push(result);
    const verdict =
      result.lost.length === 0 ? 'no picture lost' : `${result.lost.length} faults, ${result.lost[0]}`;
    say(
      `${name.padEnd(8)}  ${result.cpuPercent.toFixed(1).padStart(6)} % of a core  ` +
        `${mebibytes(result.peakBytes).padStart(5)} MiB  ${verdict}`,
    );
  }
}
const medians = (name: RecorderName) => ({
  cpu: median(results.get(name)!.map((result) => result.cpuPercent)),
  memory: median(results.get(name)!.map((result) => result.peakBytes)),
});
for (const name of names) {
  const { cpu, memory } = medians(name);
  say(
    `${name}: ${cpu.toFixed(1)} % of a core (${(cpu / streams).toFixed(2)} % per stream), peak ${mebibytes(memory)} MiB ` +
      `(${(memory / streams / 1024 / 1024).toFixed(1)} per stream), medians`,
  );
}
if (names.length === 2) {
  const [ours, theirs] = [medians('nightjar'), medians('ffmpeg')];
  for (const what of ['cpu', 'memory'] as const) {
    const ratio = ours[what] / theirs[what];
    const met = ratio <= targets[what] ? 'met' : 'NOT met';
    say(`${what}: 1/${(1 / ratio).toFixed(1)} of ffmpeg's; target at most 1/${1 / targets[what]}: ${met}`);
  }
}
const nightjarLost = (results.get('nightjar') ?? []).flatMap((result) => result.lost);
if (nightjarLost.length > 0) process.exitCode = 1;
