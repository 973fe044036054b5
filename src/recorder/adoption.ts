import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FootageFile, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { inProvenFolder } from '../roots/proven_root.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import { startInName } from './paths.ts';
import { type RepairedFile, repairFile } from './repair_file.ts';
import { judgeStray, type KnownFiles } from './stray_file.ts';

/** Between two folders, so that the scan stays in the background. */
const pauseMs = 20;
/** Depth of the hour's folder: camera, stream, year, month, day, hour. */
const hourDepth = 6;
const hourMs = 3_600_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What adoption needs of the index. */
export interface AdoptionIndex {
  readonly ledger: KnownFiles & {
    knowsFile(streamId: string, file: FootageFile): boolean | undefined;
    reserve(reservation: SegmentReservation, run: Run): void;
    release(segmentId: string): void;
    close(summary: SegmentSummary, flags: { readonly overlap: boolean; readonly late: true }): void;
  };
  readonly pastGaps: {
    addDamage(streamId: string, fromMs: number): void;
  };
  readonly footage: {
    segmentsBetween(streamId: string, fromMs: number, toMs: number): readonly FootageFile[];
  };
}

/** The storage root that is looked through. */
interface AdoptionRoot {
  readonly id: string;
  readonly folder: string;
}

export interface AdoptionResult {
  readonly adopted: readonly string[];
  /** Files of streams that the index does not know, or in the folder of another one; they stay as they are. */
  readonly foreign: readonly string[];
  /** Files whose footage has a row with another file; they stay as they are. */
  readonly copies: readonly string[];
  /** Files with nothing in them that could be placed; they stay as they are. */
  readonly unreadable: readonly string[];
}

/**
 * Looks through the storage roots for footage without a row, as after a database was put back from an older
 * copy, and takes it into the index. What harm to those files has cost is damage. Nothing is ever deleted here.
 */
export async function adoptStrayFiles(options: {
  roots: RootFolders;
  index: AdoptionIndex;
  clock: Clock;
  signal: AbortSignal;
}): Promise<AdoptionResult> {
  const { roots, index, clock, signal } = options;
  const found = { adopted: [], foreign: [], copies: [], unreadable: [] } satisfies Record<
    string,
    string[]
  > as Record<keyof AdoptionResult, string[]>;
  for (const [id, base] of roots) {
    const root = { id, folder: base };
    const losses: { readonly streamId: string; readonly fromMs: number }[] = [];
    for await (const folder of hourFolders(root.folder, [])) {
      for (const file of await strayFiles(root, folder, index)) {
        if (signal.aborted) break;
        const { outcome, lostFromMs } = await adopt(root, file, index);
        if (outcome !== 'gone') found[outcome].push(file);
        const streamId = folder[1]!;
        if (lostFromMs !== undefined && index.ledger.knowsStream(streamId))
          losses.push({ streamId, fromMs: lostFromMs });
      }
      await sleep(clock, pauseMs, signal).catch(() => {});
      if (signal.aborted) break;
    }
    // Once what follows is there.
    for (const { streamId, fromMs } of losses) index.pastGaps.addDamage(streamId, fromMs);
  }
  return found;
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
async function strayFiles(
  root: AdoptionRoot,
  folder: readonly string[],
  index: AdoptionIndex,
): Promise<string[]> {
  const names = await readdir(path.join(root.folder, ...folder)).catch(() => []);
  const files = names.filter((name) => name.endsWith('.mp4')).map((name) => [...folder, name].join('/'));
  const streamId = folder[1]!;
  // The folder's hour only narrows the search; a file that is not found by it is looked for by its path.
  const [year, month, day, hour] = folder.slice(2).map(Number) as [number, number, number, number];
  const startMs = Date.UTC(year, month - 1, day, hour);
  const near = index.footage.segmentsBetween(streamId, startMs - hourMs, startMs + 2 * hourMs);
  const here = near.filter(({ rootId }) => rootId === root.id);
  const known = new Set(here.map((segment) => segment.path));
  const isKnown = (file: string) =>
    index.ledger.knowsFile(streamId, { rootId: root.id, path: file }) === true;
  return files.filter((file) => !known.has(file) && !isKnown(file)).sort();
}

type Outcome = keyof AdoptionResult | 'gone';

interface Adopted {
  readonly outcome: Outcome;
  /** From here on it should have footage, and has none that is whole. */
  readonly lostFromMs?: number | undefined;
}

async function adopt(root: AdoptionRoot, file: string, index: AdoptionIndex): Promise<Adopted> {
  const id = randomUUID();
  const unreadable: Adopted = { outcome: 'unreadable', lostFromMs: startInName(file) };
  try {
    return await inProvenFolder(root, async (folder) => {
      const { kind } = await judgeStray({ folder, path: file }, index.ledger);
      if (kind === 'no footage') return unreadable;
      if (kind !== 'footage') return { outcome: outcomes[kind] };
      const repaired = await repairFile(path.join(folder, file), id);
      if (repaired === 'no file') return { outcome: 'gone' };
      if (typeof repaired === 'string') return unreadable;
      enter(repaired, { id, rootId: root.id, path: file }, index);
      const { endMs, isEndLost } = repaired.summary;
      return { outcome: 'adopted', lostFromMs: isEndLost ? Math.round(endMs) : undefined };
    });
  } catch (error) {
    // Another time it may be read.
    if (error instanceof NightjarError) return { outcome: 'unreadable' };
    throw error;
  }
}

const outcomes = { copy: 'copies', foreign: 'foreign' } as const;

function enter(
  { scan, summary }: RepairedFile,
  place: FootageFile & { id: string },
  index: AdoptionIndex,
): void {
  const { identity } = scan.header;
  const run: Run = { id: identity.runId, streamId: identity.streamId, clockEpoch: identity.clockEpoch };
  const reservation: SegmentReservation = {
    ...place,
    streamId: identity.streamId,
    runId: identity.runId,
    number: identity.segmentNumber,
    provisionalStartMs: (summary.isBeginLost && startInName(place.path)) || summary.startMs,
  };
  index.ledger.reserve(reservation, run);
  try {
    index.ledger.close(summary, { overlap: false, late: true });
  } catch (error) {
    index.ledger.release(place.id);
    throw error;
  }
}
