/**
 * A disk that writes slower than its camera films, beside one that does not: whole groups of pictures are left out, a gap
 * says so, memory stays as it is, and the camera of the other disk notices nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { CameraAnswer } from '../../src/api/contract/camera.ts';
import type { TimelineAnswer } from '../../src/api/contract/footage.ts';
import { type AtTheEnd, Cleanup } from '../fixtures/cleanup.ts';
import { temporaryFolder } from '../process/nightjar_process.ts';
import { Cameras } from './cameras.ts';
import { disagreements, readIndexAndFiles } from './index_and_files.ts';
import { tilingFaults } from './kept_footage.ts';
import type { CameraSession } from './marking_camera.ts';
import { findMarks } from './picture_marks.ts';
import { RecorderLife } from './recorder_life.ts';

/** Of each picture: 3.75 MB a second. */
const paddingBytes = 150_000;
const groupPictures = 25;
/** Until then the buffers fill. */
const fillMs = 20_000;
/** Garbage that is collected a little later. */
const flatBytes = 40 * 1024 * 1024;
const slackMs = 1_500;
const sampleMs = 500;

export interface SlowDiskFigures {
  readonly picturesSent: number;
  readonly picturesWritten: number;
  readonly gaps: number;
  readonly filledMiB: number;
  readonly mostMiB: number;
  readonly faults: readonly string[];
}

export async function slowDisk(options: {
  seconds: number;
  bytesPerSecond: number;
}): Promise<SlowDiskFigures> {
  const end = new Cleanup();
  try {
    return await runSlowDisk(options, end);
  } finally {
    await end.run();
  }
}

async function runSlowDisk(
  { seconds, bytesPerSecond }: { seconds: number; bytesPerSecond: number },
  end: AtTheEnd,
): Promise<SlowDiskFigures> {
  const folder = temporaryFolder(end);
  const slowRoot = path.join(folder, 'slow');
  const words = ['--segment-seconds', '5', '--sync-seconds', '1', '--storage-roots', `slow=${slowRoot}`];
  const cameras = await Cameras.start(end, 2, paddingBytes);
  const life = new RecorderLife(end, { folder, words, plan: { slow: { folder: slowRoot, bytesPerSecond } } });
  await life.serving();
  const [slow, fast] = [
    await life.addCamera('Slow', cameras.url(0), { storageRoot: 'slow' }),
    await life.addCamera('Fast', cameras.url(1)),
  ];
  const memory: { atMs: number; bytes: number }[] = [];
  const startedMs = performance.now();
  while (performance.now() - startedMs < seconds * 1000) {
    await pause(sampleMs);
    memory.push({ atMs: performance.now() - startedMs, bytes: residentBytes(life.pid) });
  }
  // What still waits for the disk would take half a minute: the next start finds what is written.
  await life.kill();
  const sessions = await cameras.sessions();
  const next = new RecorderLife(end, { folder, words });
  await next.serving();
  const faults: string[] = [];
  const slowTimeline = await next.timeline(slow);
  const fastTimeline = await next.timeline(fast);
  const isBefore = ({ startMs }: { startMs: number }) => startMs < sessions[0]![0]!.lastMs - slackMs;
  const gaps = slowTimeline.gaps.filter(isBefore);
  faults.push(...tilingFaults(slowTimeline), ...tilingFaults(fastTimeline));
  for (const { cause } of gaps) if (cause !== 'disk_slow') faults.push(`the slow camera has a gap ${cause}`);
  if (gaps.length === 0) faults.push('the slow camera has no gap');
  for (const { cause } of fastTimeline.gaps.filter(isBefore))
    faults.push(`the fast camera has a gap ${cause}`);
  const written = writtenNumbers(slowRoot, slow);
  const session = sessions[0]![0]!;
  faults.push(...groupFaults(written, session, gaps));
  const others = writtenNumbers(path.join(folder, 'recordings'), fast);
  faults.push(...holes(others).map(([from, to]) => `the fast camera lacks pictures ${from} to ${to}`));
  const filled = Math.max(...memory.filter(({ atMs }) => atMs < fillMs).map(({ bytes }) => bytes));
  const most = Math.max(...memory.map(({ bytes }) => bytes));
  if (most > filled + flatBytes) faults.push(`memory grew from ${mib(filled)} to ${mib(most)} MiB`);
  const { code } = await next.stop();
  if (code !== 0) faults.push(`the recorder ended with ${code}: ${next.log}`);
  return {
    picturesSent: session.lastNumber - session.firstNumber + 1,
    picturesWritten: written.length,
    gaps: gaps.length,
    filledMiB: mib(filled),
    mostMiB: mib(most),
    faults: [...faults, ...disagreements(readIndexAndFiles(folder, [slowRoot]), true)],
  };
}

/** Holes are whole groups, and each is on record. */
function groupFaults(
  numbers: readonly number[],
  { firstMs, firstNumber, lastMs, lastNumber }: CameraSession,
  gaps: TimelineAnswer['gaps'],
): string[] {
  const faults: string[] = [];
  const sentMs = (number: number) =>
    firstMs + ((lastMs - firstMs) * (number - firstNumber)) / (lastNumber - firstNumber);
  for (const [from, to] of holes(numbers)) {
    if ((from - firstNumber) % groupPictures !== 0)
      faults.push(`a hole begins in a group, at picture ${from}`);
    if ((to + 1 - firstNumber) % groupPictures !== 0) faults.push(`a hole ends in a group, at picture ${to}`);
    const isOnRecord = gaps.some(
      ({ startMs, endMs }) => startMs - slackMs <= sentMs(from) && sentMs(to) <= endMs + slackMs,
    );
    if (!isOnRecord) faults.push(`pictures ${from} to ${to} are missing, and nothing says so`);
  }
  return faults;
}

/** Ranges of missing numbers, inclusive. */
function holes(numbers: readonly number[]): [from: number, to: number][] {
  return numbers.slice(1).flatMap((number, index): [number, number][] => {
    const before = numbers[index]!;
    return number === before + 1 ? [] : [[before + 1, number - 1]];
  });
}

/** In files, in order. */
function writtenNumbers(root: string, { id }: CameraAnswer): number[] {
  const folder = path.join(root, id);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.mp4'),
  );
  return files
    .flatMap((file) => findMarks(readFileSync(path.join(folder, file))).map(({ number }) => number))
    .sort((a, b) => a - b);
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) * 1024;
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}
