/**
 * How long a start takes with a million segments: from the launch of the process to the PLAY that the last of twelve
 * cameras gets, and until the HTTP API answers.
 *
 * In turns with a server whose index is empty. The files are there, without content, since a start also looks for files that no row
 * knows. It needs a million inodes and 5 GB; most of its minutes go into making the files, which a folder that is given keeps for the
 * next time.
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { SimulatedClock } from '../../src/clock/simulated_clock.ts';
import { systemClock } from '../../src/clock/system_clock.ts';
import { openIndex } from '../../src/index/open_index.ts';
import { writeMarker } from '../../src/roots/marker.ts';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { migrationsDir } from '../fixtures/index_fixture.ts';
import { scriptOptions } from '../fixtures/script_options.ts';
import { testRootId } from '../fixtures/test_root.ts';
import { LineProcess } from './recording/line_process.ts';
import {
  addCameras,
  fillIndex,
  segmentBytes,
  segments,
  startMs,
  streams,
} from './storage/million_segments.ts';

const nightjar = fileURLToPath(new URL('../../bin/nightjar', import.meta.url));
const turns = 5;
/** To reach, in seconds. */
const goalSeconds = 1;
/** Nobody waits longer for all cameras to be recorded. */
const patienceMs = 60_000;

interface Site {
  readonly dataDir: string;
  readonly recordingsDir: string;
}

/** In milliseconds from the launch. */
interface Start {
  /** To the last PLAY. */
  readonly playedMs: number;
  /** Until the server says that its API answers. */
  readonly answersMs: number;
}

const values = scriptOptions({
  command: 'node test/bench/start.ts',
  about: 'How long a start takes with a million segments.',
  options: { in: { value: 'FOLDER', meaning: 'Keeps the files there for the next time.' } },
});
const folder = values.in ?? mkdtempSync(join(tmpdir(), 'nightjar-bench-'));
/** Folders that there are. */
const made = new Set<string>();
const cameras = Array.from({ length: streams }, (_, number) => ({ path: `cam${number}`, audio: false }));
const simulator = await startSimulator({ clock: systemClock, cameras });
const urlOf = (camera: number) => simulator.url(`cam${camera}`);
try {
  const sites = { 'empty index': siteIn('empty'), [`${segments} segments`]: siteIn('long') };
  for (const [name, site] of Object.entries(sites)) await make(site, name !== 'empty index');
  const measured = new Map<string, Start[]>(Object.keys(sites).map((name) => [name, []]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, site] of Object.entries(sites)) measured.get(name)!.push(await timedStart(site));
  }
  const table = [...measured].map(([name, starts]) => {
    const played = sorted(starts.map(({ playedMs }) => playedMs));
    return {
      index: name,
      'median s': seconds(played[turns >> 1]!),
      'worst s': seconds(played.at(-1)!),
      'goal s': goalSeconds,
      'API answers, median s': seconds(sorted(starts.map(({ answersMs }) => answersMs))[turns >> 1]!),
    };
  });
  console.table(table);
  if (table.some((row) => row['median s'] > row['goal s'])) process.exitCode = 1;
} finally {
  await simulator.close();
  if (values.in === undefined) rmSync(folder, { recursive: true });
}

function siteIn(name: string): Site {
  return { dataDir: join(folder, name, 'data'), recordingsDir: join(folder, name, 'recordings') };
}

/** A server's folders, with two months of footage or none, unless they are there already. */
async function make({ dataDir, recordingsDir }: Site, filled: boolean): Promise<void> {
  const file = join(dataDir, 'nightjar.db');
  const isMade = existsSync(file);
  const index = openIndex({ file, migrationsDir, clock: new SimulatedClock(startMs) });
  if (isMade) {
    for (const { id, name, streams: known } of index.cameras.list()) {
      const url = urlOf(Number(name.replace('Camera ', '')));
      index.cameras.update(id, { streams: known.map((stream) => ({ ...stream, url })) });
    }
  } else {
    const began = systemClock.monotonic();
    const onSegment = ({ path }: { path: string }) => makeFile(join(recordingsDir, path));
    if (filled) fillIndex(index, file, { url: urlOf, onSegment });
    else addCameras(index, urlOf);
    mkdirSync(recordingsDir, { recursive: true });
    const { installationId } = index;
    if (filled) await writeMarker(recordingsDir, { installationId, rootId: testRootId });
    console.log(`made in ${seconds(systemClock.monotonic() - began)} s`);
  }
  index.close();
}

function makeFile(file: string): void {
  const parent = dirname(file);
  if (!made.has(parent)) mkdirSync(parent, { recursive: true });
  made.add(parent);
  const fd = openSync(file, 'wx');
  ftruncateSync(fd, segmentBytes);
  closeSync(fd);
}

async function timedStart({ dataDir, recordingsDir }: Site): Promise<Start> {
  const sessions = () => cameras.map(({ path }) => simulator.counters(path).sessions);
  const before = sessions();
  const began = systemClock.monotonic();
  const server = new LineProcess(nightjar, [
    ...['serve', '--json', '--port', '0', '--data-dir', dataDir, '--recordings-dir', recordingsDir],
    ...['--max-age-days', '36500', '--min-free-bytes', '0', '--log-level', 'error'],
  ]);
  try {
    while (!sessions().every((count, at) => count > before[at]!)) {
      if (systemClock.monotonic() - began > patienceMs) throw new Error('not all cameras are recorded');
      await wait(1);
    }
    const playedMs = systemClock.monotonic() - began;
    await server.line();
    return { playedMs, answersMs: systemClock.monotonic() - began };
  } finally {
    await server.stop('SIGTERM');
  }
}

function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

function seconds(ms: number): number {
  return Number((ms / 1_000).toPrecision(3));
}
