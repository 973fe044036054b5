import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FootageFile, Run, SegmentReservation } from '../footage/segment.ts';
import type { Index } from '../index/open_index.ts';
import { startInName } from '../recorder/paths.ts';
import { scanFile } from '../recorder/scan_file.ts';
import { judgeStray } from '../recorder/stray_file.ts';
import { readFolder } from '../roots/folder_entries.ts';
import type { UnixMillis } from '../units/time.ts';
import type { SearchedRoot } from './found_footage.ts';

/** Folders below that of the stream: year, month, day, hour. */
const hourDepth = 4;
interface NewestFile extends FootageFile {
  readonly folder: string;
  readonly startMs: UnixMillis;
}

/**
 * Gives the newest file of each stream an open row where it has none, and those that it needs: the next start looks at them before anything else, and
 * knows then up to when there is footage. All other files without a row it takes in later.
 *
 * @returns when the newest of all was begun
 */
export async function reserveNewestFiles(
  index: Pick<Index, 'cameras' | 'ledger'>,
  roots: readonly SearchedRoot[],
): Promise<UnixMillis | undefined> {
  let newestMs: UnixMillis | undefined;
  for (const camera of index.cameras.list()) {
    for (const { id: streamId } of camera.streams) {
      const files = await newestFiles(roots, `${camera.id}/${streamId}`);
      const startMs = files[0]?.startMs;
      if (startMs !== undefined && startMs > (newestMs ?? 0)) newestMs = startMs;
      await reserveNewest(index, streamId, files);
    }
  }
  return newestMs;
}

async function reserveNewest(
  { ledger }: Pick<Index, 'ledger'>,
  streamId: string,
  files: readonly NewestFile[],
): Promise<void> {
  const unknown: { readonly reservation: SegmentReservation; readonly run: Run }[] = [];
  for (const { folder, startMs, ...file } of files) {
    if (ledger.knowsFile(streamId, file) === true) break;
    try {
      const { kind } = await judgeStray({ folder, path: file.path }, ledger);
      if (kind !== 'footage') continue;
      const { scan, summary } = await scanFile(path.join(folder, file.path), randomUUID());
      const { runId, segmentNumber: number, clockEpoch } = scan.header.identity;
      const place = { ...file, id: randomUUID(), streamId, runId, number };
      unknown.push({
        reservation: { ...place, provisionalStartMs: startMs },
        run: { id: runId, streamId, clockEpoch },
      });
      // Else the one before it says from when on it can be shown.
      if (summary?.independent) break;
    } catch (error) {
      // A disk that does not let it be read: the start will say so.
      if (!(error instanceof NightjarError)) throw error;
    }
  }
  for (const { reservation, run } of unknown.toReversed()) ledger.reserve(reservation, run);
}

/** Those of the newest hour in each root, the newest first. */
async function newestFiles(roots: readonly SearchedRoot[], stream: string): Promise<NewestFile[]> {
  const found = await Promise.all(roots.map((root) => filesOfNewestHour(root, stream, hourDepth)));
  return found.flat().sort((a, b) => b.startMs - a.startMs);
}

async function filesOfNewestHour(root: SearchedRoot, parts: string, depth: number): Promise<NewestFile[]> {
  const { id: rootId, folder } = root;
  const entries = await readFolder(path.join(folder, parts)).catch(() => undefined);
  if (depth === 0) {
    return (entries?.files ?? []).flatMap((name) => {
      const startMs = startInName(name);
      return startMs === undefined ? [] : [{ rootId, path: `${parts}/${name}`, folder, startMs }];
    });
  }
  const files: NewestFile[] = [];
  for (const name of (entries?.folders ?? []).toReversed()) {
    if (/^\d+$/.test(name)) files.push(...(await filesOfNewestHour(root, `${parts}/${name}`, depth - 1)));
    if (files.length > 0) break;
  }
  return files;
}
