/**
 * What watching live costs, and how old a picture is when a watcher has it.
 *
 * Streams are 1080p at 25 pictures per second and 4 Mbit/s over loopback, recorded all the while. Cameras and server are
 * processes of their own; the watchers are in this one, evenly spread over the streams. The age of a picture is counted from the
 * arrival of its first packet at the server (the `prft` of its fragment) to the message here; `--spread` has the packets
 * of a picture arrive over so many milliseconds, which is then part of it. CPU is that of the server alone, all threads.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fromNtpTime } from '../../src/mp4/ntp_time.ts';
import { numberedClip } from '../fixtures/numbered_clip.ts';
import { scriptOptions } from '../fixtures/script_options.ts';
import { LineProcess } from './recording/line_process.ts';
import { usageOfTrees } from './recording/process_usage.ts';
import { startNightjar } from './recording/recorders.ts';

const settleSeconds = 4;
const targetP95Ms = 100;

const values = scriptOptions({
  command: 'node test/bench/live.ts',
  about: 'What watching live costs, and how old a picture is when a watcher has it.',
  options: {
    streams: { value: 'N', default: '4', meaning: 'So many are recorded.' },
    watchers: { value: 'N', list: true, default: '0,1,8,32', meaning: 'So many watch, in turn.' },
    seconds: { value: 'N', default: '8', meaning: 'Each measurement lasts so long.' },
    spread: { value: 'N', default: '0', meaning: 'Milliseconds over which the packets of a picture come.' },
  },
});
const { streams, seconds } = values;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** Ages of the pictures that a watcher gets from now on, until it is closed. */
function watch(cameraUrl: string, ages: number[]): WebSocket {
  const socket = new WebSocket(`${cameraUrl.replace(/^http/, 'ws')}/live`);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return;
    const bytes = new DataView(data);
    // The second word of a fragment says `prft`; its time stamp follows the number of the track.
    if (bytes.getUint32(4) !== 0x70726674) return;
    const arrivalMs = fromNtpTime({ seconds: bytes.getUint32(16), fraction: bytes.getUint32(20) });
    ages.push(Date.now() - arrivalMs);
  });
  return socket;
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const clip = await numberedClip({
  ...{ frames: 200, width: 1920, height: 1080, framesPerSecond: 25 },
  bitsPerSecond: 4_000_000,
});
const folder = await mkdtemp(join(tmpdir(), 'nightjar-bench-live-'));
const script = fileURLToPath(new URL('recording/simulator_process.ts', import.meta.url));
const simulator = new LineProcess(process.execPath, [
  ...[script, String(streams), clip.videoFile, '1400', `${values.spread}`],
]);
const { port } = (await simulator.line()) as { port: number };
const urls = Array.from({ length: streams }, (_, index) => `rtsp://127.0.0.1:${port}/cam${index}`);
const server = await startNightjar(urls, folder);
try {
  say(
    `${streams} streams of 1920x1080, 25 pictures/s, 4 Mbit/s, packets of a picture over ${values.spread} ms`,
  );
  let alone: number | undefined;
  for (const watchers of values.watchers) {
    const ages: number[] = [];
    const sockets = Array.from({ length: watchers }, (_, index) =>
      watch(server.cameraUrl(index % streams), ages),
    );
    await wait(settleSeconds * 1000);
    ages.length = 0;
    const begin = performance.now();
    const before = await usageOfTrees(server.pids);
    await wait(seconds * 1000);
    const after = await usageOfTrees(server.pids);
    const elapsed = (performance.now() - begin) / 1000;
    const percent = ((after.cpuSeconds - before.cpuSeconds) / elapsed) * 100;
    const sorted = ages.toSorted((a, b) => a - b);
    for (const socket of sockets) socket.close();
    alone ??= percent;
    const each = watchers > 0 ? `, ${((percent - alone) / watchers).toFixed(2)} % for each watcher` : '';
    const [p50, p95, worst] = [0.5, 0.95, 1].map((share) => percentile(sorted, share).toFixed(1));
    const age = watchers > 0 ? `age p50 ${p50} ms, p95 ${p95} ms, most ${worst} ms; ` : '';
    const rate = watchers > 0 ? `${(sorted.length / elapsed / watchers).toFixed(1)} pictures/s each; ` : '';
    say(
      `${String(watchers).padStart(3)} watchers: ${age}${rate}server ${percent.toFixed(1)} % of a core${each}`,
    );
    if (watchers > 0 && Number(p95) > targetP95Ms) process.exitCode = 1;
  }
} finally {
  await server.stop();
  await simulator.stop('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}
process.exit();
