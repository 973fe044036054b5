import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { type RepairedFile, repairFile } from './repair_file.ts';

/** Between two folders, so that the scan stays in the background. */
const pauseMs = 20;
/** Depth of the hour's folder: camera, stream, year, month, day, hour. */
const hourDepth = 6;
const hourMs = 3_600_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What adoption needs of the index. */
export interface AdoptionIndex {
  readonly ledger: {
    knowsFile(streamId: string, path: string): boolean | undefined;
    reserve(reservation: SegmentReservation, run: Run): void;
    release(segmentId: string): void;
    close(summary: SegmentSummary, flags: { readonly overlap: boolean }): void;
  };
  readonly footage: {
    segmentsBetween(streamId: string, fromMs: number, toMs: number): readonly { readonly path: string }[];
  };
}

export interface AdoptionResult {
  readonly adopted: readonly string[];
  /** Files of streams that the index does not know; they stay as they are. */
  readonly foreign: readonly string[];
  /** Files with nothing in them that could be placed; they stay as they are. */
  readonly unreadable: readonly string[];
}

/**
 * Looks through the recordings folder for footage without a row, as after a database was put back from an older
 * copy, and takes it into the index. Nothing is ever deleted here.
 */
export async function adoptStrayFiles(options: {
  recordingsDir: string;
  index: AdoptionIndex;
  clock: Clock;
  signal: AbortSignal;
}): Promise<AdoptionResult> {
  const { recordingsDir, index, clock, signal } = options;
  const adopted: string[] = [];
  const foreign: string[] = [];
  const unreadable: string[] = [];
  for await (const folder of hourFolders(recordingsDir, [])) {
    for (const file of await strayFiles(recordingsDir, folder, index)) {
      if (signal.aborted) break;
      const outcome = await adopt(recordingsDir, file, index);
      if (outcome === 'adopted') adopted.push(file);
      else if (outcome === 'foreign') foreign.push(file);
      else if (outcome === 'unreadable') unreadable.push(file);
    }
    await sleep(clock, pauseMs, signal).catch(() => {});
    if (signal.aborted) break;
  }
  return { adopted, foreign, unreadable };
}

/** Folders that hold segments, as their parts below the root. */
async function* hourFolders(root: string, parts: readonly string[]): AsyncGenerator<readonly string[]> {
  if (parts.length === hourDepth) {
    yield parts;
    return;
  }
  const entries = await readdir(path.join(root, ...parts), { withFileTypes: true }).catch(() => []);
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const fits = parts.length < 2 ? uuid.test(entry.name) : /^\d+$/.test(entry.name);
    if (entry.isDirectory() && fits) yield* hourFolders(root, [...parts, entry.name]);
  }
}

/** Files of one hour that no row has. */
async function strayFiles(root: string, folder: readonly string[], index: AdoptionIndex): Promise<string[]> {
  const names = await readdir(path.join(root, ...folder)).catch(() => []);
  const files = names.filter((name) => name.endsWith('.mp4')).map((name) => [...folder, name].join('/'));
  const streamId = folder[1]!;
  // The folder's hour only narrows the search; a file that is not found by it is looked for by its path.
  const [year, month, day, hour] = folder.slice(2).map(Number) as [number, number, number, number];
  const startMs = Date.UTC(year, month - 1, day, hour);
  const near = index.footage.segmentsBetween(streamId, startMs - hourMs, startMs + 2 * hourMs);
  const known = new Set(near.map((segment) => segment.path));
  return files.filter((file) => !known.has(file) && index.ledger.knowsFile(streamId, file) !== true).sort();
}

type Outcome = 'adopted' | 'foreign' | 'unreadable' | 'gone';

async function adopt(root: string, file: string, index: AdoptionIndex): Promise<Outcome> {
  const streamId = file.split('/')[1]!;
  if (index.ledger.knowsFile(streamId, file) === undefined) return 'foreign';
  const id = randomUUID();
  try {
    const repaired = await repairFile(path.join(root, file), id);
    if (repaired === 'no file') return 'gone';
    if (repaired === 'no footage' || repaired === 'unreadable') return 'unreadable';
    if (repaired.scan.header.identity.streamId !== streamId) return 'foreign';
    enter(repaired, { id, file }, index);
    return 'adopted';
  } catch (error) {
    if (error instanceof NightjarError) return 'unreadable';
    throw error;
  }
}

function enter(
  { scan, summary }: RepairedFile,
  place: { id: string; file: string },
  index: AdoptionIndex,
): void {
  const { identity } = scan.header;
  const run: Run = { id: identity.runId, streamId: identity.streamId, clockEpoch: identity.clockEpoch };
  const reservation: SegmentReservation = {
    id: place.id,
    streamId: identity.streamId,
    runId: identity.runId,
    number: identity.segmentNumber,
    path: place.file,
    provisionalStartMs: summary.startMs,
  };
  index.ledger.reserve(reservation, run);
  try {
    index.ledger.close(summary, { overlap: false });
  } catch (error) {
    index.ledger.release(place.id);
    throw error;
  }
}
