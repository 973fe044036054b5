/**
 * A soak (`npm run soak`): the server as a process of its own records simulated cameras,
 * each of which is cut off every few seconds; its memory, heaps, handles, files and threads are counted all the while.
 * Ends with the slopes over the last two thirds, and fails when memory or handles grow.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StatusAnswer } from '../../src/api/contract/status.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { Cleanup } from '../fixtures/cleanup.ts';
import { scriptOptions } from '../fixtures/script_options.ts';
import { NightjarProcess, temporaryFolder } from '../process/nightjar_process.ts';
import { slopePerMinute } from './slope.ts';
import type { ThreadFigures } from './thread_figures.ts';

const values = scriptOptions({
  command: 'npm run soak --',
  about:
    'Records simulated cameras that are cut off every few seconds, and counts memory, handles, files and threads.',
  options: {
    minutes: { value: 'N', default: '30', meaning: 'It lasts so long.' },
    cameras: { value: 'N', default: '16', meaning: 'So many are recorded.' },
    'cut-seconds': { value: 'N', default: '5', meaning: 'Each is cut off after up to twice as long.' },
  },
});
const durationMs = values.minutes * 60_000;
const sampleMs = 5_000;
const samplesPerLine = 60_000 / sampleMs;
/** Growth over the last two thirds that is noise: a garbage collection more or less, the connections of a moment. */
const flatBytes = 8 * 1024 * 1024;
const flatFiles = 8;

const cleanup = new Cleanup();
try {
  await soak();
} finally {
  await cleanup.run();
}

async function soak(): Promise<void> {
  const folder = temporaryFolder(cleanup);
  const figuresFile = path.join(folder, 'figures.jsonl');
  const cameras = Array.from({ length: values.cameras }, (_, index) => ({ path: `soak-${index}` }));
  const simulator = await startSimulator({ clock: systemClock, cameras });
  cleanup.after(() => simulator.close());
  const words = ['serve', '--port', '0', '--segment-seconds', '60', '--log-level', 'error'];
  const server = new NightjarProcess(cleanup, words, {
    cwd: folder,
    env: { SOAK_FIGURES: figuresFile, UV_THREADPOOL_SIZE: '16' },
    // The options of bin/nightjar.
    nodeOptions: ['--max-semi-space-size=2', '--import', path.join(import.meta.dirname, 'thread_figures.ts')],
  });
  const api = `${await server.url()}/api/v1`;
  for (const { path: name } of cameras) {
    const streams = [{ role: 'main', url: simulator.url(name), record: true }];
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name, streams });
    const answer = await fetch(`${api}/cameras`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(await answer.text());
  }
  let cuts = 0;
  let over = false;
  const cutting = cameras.map(async ({ path: name }) => {
    while (!over) {
      await pause(Math.random() * 2_000 * values['cut-seconds']);
      if (over) return;
      simulator.disconnect(name);
      cuts++;
    }
  });
  const samples = [];
  const startedMs = performance.now();
  while (performance.now() - startedMs < durationMs) {
    await pause(sampleMs);
    if (server.child.exitCode !== null || server.child.signalCode !== null) throw new Error(server.stderr);
    const indexBytes = sizeOf(path.join(folder, 'data'));
    const sample = { atMs: Date.now(), indexBytes, ...processFigures(server.child.pid!) };
    samples.push(sample);
    if (samples.length % samplesPerLine === 0) {
      const { rssBytes, files } = sample;
      console.log(
        `${samples.length / samplesPerLine} min: ${mib(rssBytes)} MiB, ${files} files, ${cuts} cuts`,
      );
    }
  }
  over = true;
  const status = (await (await fetch(`${api}/status`)).json()) as StatusAnswer;
  await Promise.all(cutting);
  const last = samples.at(-1)!.atMs;
  const isLate = ({ atMs }: { atMs: number }) => atMs > last - (durationMs * 2) / 3;
  const late = samples.filter(isLate);
  const perMinute = (figure: (sample: (typeof late)[number]) => number) =>
    slopePerMinute(late.map((sample) => [sample.atMs, figure(sample)] as const));
  const rssSlope = perMinute(({ rssBytes }) => rssBytes);
  const indexSlope = perMinute(({ indexBytes }) => indexBytes);
  const filesSlope = perMinute(({ files }) => files);
  const threads = readFileSync(figuresFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ThreadFigures)
    .filter(isLate);
  console.log({
    minutes: durationMs / 60_000,
    cuts,
    reconnects: status.cameras
      .flatMap(({ streams }) => streams)
      .reduce((sum, { counters }) => sum + counters.reconnects, 0),
    residentMiB: { first: mib(late[0]!.rssBytes), last: mib(late.at(-1)!.rssBytes) },
    residentKibPerMinute: Math.round(rssSlope / 1024),
    indexMiB: { first: mib(late[0]!.indexBytes), last: mib(late.at(-1)!.indexBytes) },
    indexKibPerMinute: Math.round(indexSlope / 1024),
    files: { first: late[0]!.files, last: late.at(-1)!.files, perMinute: filesSlope },
    threads: { first: late[0]!.threads, last: late.at(-1)!.threads },
  });
  for (const id of new Set(threads.map(({ threadId }) => threadId))) {
    const own = threads.filter(({ threadId }) => threadId === id);
    const of = (figure: (figures: ThreadFigures) => number) =>
      slopePerMinute(own.map((figures) => [figures.atMs, figure(figures)] as const));
    const leastMiB = (some: readonly ThreadFigures[]) =>
      mib(Math.min(...some.map(({ heapUsed }) => heapUsed)));
    const half = own.length >> 1;
    console.log(`thread ${id}`, {
      // The least is what is left by a garbage collection.
      leastHeapMiB: { firstHalf: leastMiB(own.slice(0, half)), secondHalf: leastMiB(own.slice(half)) },
      arrayBuffersKibPerMinute: Math.round(of(({ arrayBuffers }) => arrayBuffers) / 1024),
      handles: { first: own[0]!.handles, last: own.at(-1)!.handles, perMinute: of(({ handles }) => handles) },
    });
  }
  const lateMinutes = (durationMs * 2) / 3 / 60_000;
  // SQLite keeps pages of the index in memory, up to its limit: a young index is in there as a whole.
  const grown = {
    bytes: (rssSlope - Math.max(0, indexSlope)) * lateMinutes,
    files: filesSlope * lateMinutes,
  };
  const isFlat = grown.bytes <= flatBytes && grown.files <= flatFiles;
  console.log(
    isFlat ? 'Memory is flat.' : `Not flat: ${JSON.stringify(grown)} more over the last two thirds.`,
  );
  process.exitCode = isFlat ? 0 : 1;
}

/** Of all files in a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

/** Of a whole process, as Linux counts. */
function processFigures(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]);
  return {
    rssBytes: field('VmRSS') * 1024,
    threads: field('Threads'),
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}

function mib(bytes: number): number {
  return Math.round((bytes / 1024 / 1024) * 10) / 10;
}
