/** What the index and the recordings folder say, side by side, while no recorder runs. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { check } from '../../src/index/check.ts';
import { openDatabase } from '../../src/index/database.ts';

export interface SegmentRow {
  readonly path: string;
  readonly state: 'open' | 'closed' | 'deleting';
  readonly bytes: number | null;
}

export interface IndexAndFiles {
  readonly rows: readonly SegmentRow[];
  /** Size of each recorded file, by its path below the recordings folder. */
  readonly files: ReadonlyMap<string, number>;
  /** Ways in which the index contradicts itself. */
  readonly faults: readonly string[];
}

/** Reads a copy of the database, so that the next start finds what the last one left. @param folder holds `data` and `recordings` @param roots further ones */
export function readIndexAndFiles(folder: string, roots: readonly string[] = []): IndexAndFiles {
  const copy = mkdtempSync(path.join(folder, 'index-'));
  try {
    for (const ending of ['', '-wal']) {
      const file = path.join(folder, 'data', `nightjar.db${ending}`);
      if (existsSync(file)) copyFileSync(file, path.join(copy, `nightjar.db${ending}`));
    }
    const database = openDatabase(path.join(copy, 'nightjar.db'));
    try {
      const all = [path.join(folder, 'recordings'), ...roots];
      const files = new Map(all.flatMap((root) => [...recordedFiles(root)]));
      const rows = database.sqlite.prepare('select path, state, bytes from segments').all() as SegmentRow[];
      return { rows, files, faults: check(database) };
    } finally {
      database.sqlite.close();
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function recordedFiles(recordings: string): Map<string, number> {
  const names = existsSync(recordings) ? readdirSync(recordings, { recursive: true, encoding: 'utf8' }) : [];
  const files = names.filter((name) => /\.mp4(\.|$)/.test(name));
  // Retention may be at work.
  return new Map(
    files.flatMap((name) => {
      const found = statSync(path.join(recordings, name), { throwIfNoEntry: false });
      return found ? [[name, found.size] as const] : [];
    }),
  );
}

/** @param ended in good order: then nothing is open @returns each disagreement as a sentence */
export function disagreements({ rows, files, faults }: IndexAndFiles, ended: boolean): string[] {
  const known = new Set(rows.map((row) => row.path));
  // One with a damaged header is set aside without a row, and the log says so.
  const orphans = [...files.keys()].filter((file) => !known.has(file) && !file.endsWith('.damaged'));
  const phantoms = rows.filter((row) => row.state === 'closed' && !files.has(row.path));
  const sizes = rows.filter(
    (row) => row.state === 'closed' && files.has(row.path) && files.get(row.path) !== row.bytes,
  );
  const open = ended ? rows.filter((row) => row.state !== 'closed') : [];
  return [
    ...faults.map((fault) => `the index contradicts itself: ${fault}`),
    ...orphans.map((file) => `${file} has no row`),
    ...phantoms.map((row) => `${row.path} has a row and is not there`),
    ...sizes.map((row) => `${row.path} has ${files.get(row.path)} bytes, and ${row.bytes} by its row`),
    ...open.map((row) => `${row.path} is ${row.state} after an orderly end`),
  ];
}
