import type { FootageFile, FragmentEntry, SegmentTrack } from '../footage/segment.ts';
import { checkSteps } from './check.ts';
import type { Database } from './database.ts';
import { decodeFragments } from './fragment_table.ts';
import { runFiles } from './run_files.ts';
import { segmentTracksTable } from './segment_tracks.ts';

/** A row of `segments` as a list of files needs it. */
export interface InspectedFile {
  readonly key: number;
  readonly rootId: string;
  /** Relative to its root's folder, with `/` between its parts. */
  readonly path: string;
  readonly state: 'open' | 'closed' | 'deleting';
  /** Of a closed segment. */
  readonly bytes: number | null;
}

/** All that the index says of a closed segment. */
export interface InspectedSegment {
  readonly id: string;
  readonly path: string;
  readonly cameraId: string;
  readonly streamId: string;
  readonly runId: string;
  readonly clockEpoch: number;
  readonly number: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly bytes: number;
  /** Hex. */
  readonly headerHash: string;
  readonly bodyHash: string;
  readonly tracks: readonly SegmentTrack[];
  /** Undefined when the index cannot read them. */
  readonly fragments: readonly FragmentEntry[] | undefined;
}

/** Keys of rows that were dropped can be given again; not many are open at a time. */
const reusedKeys = 10_000;

/**
 * The index for whoever compares it with the files while another process may write it. A list of the files is taken
 * once, in the order of their paths, which SQLite keeps in a file of its own: afterwards no read lasts long, and no
 * row needs memory.
 */
export function inspection(database: Database) {
  const { sqlite } = database;
  sqlite.exec(`
    create temp table listed_files (
      root_key integer not null, path text not null, key integer not null, state text not null, bytes integer,
      primary key (root_key, path, key)
    ) without rowid;
    insert into listed_files
      select root_key, path, key, state, bytes from segments order by root_key, path, key`);
  const roots = sqlite
    .prepare(`
      select id, name, key, (select count(*) from listed_files where root_key = roots.key) as files
      from roots order by key`)
    .all() as { id: string; name: string; key: number; files: number }[];
  const rootKeys = new Map(roots.map(({ id, key }) => [id, key]));
  const keyOf = (rootId: string) => rootKeys.get(rootId) ?? -1;
  const newestKey = sqlite.prepare('select coalesce(max(key), 0) from listed_files').pluck().get() as number;
  const selectAfter = sqlite.prepare<[object], Omit<InspectedFile, 'rootId'>>(`
    select path, key, state, bytes from listed_files
    where root_key = @root and (path, key) > (@path, @key) order by path, key limit @limit`);
  const selectIn = sqlite.prepare<[object], number>(
    'select 1 from listed_files where root_key = @root and path > @folder and path < @end limit 1',
  );
  const selectListed = sqlite.prepare<[object], number>(
    'select 1 from listed_files where root_key = @root and path = @path limit 1',
  );
  const selectNewer = sqlite.prepare<[object], number>(
    'select 1 from segments where key > @key and root_key = @root and path = @path limit 1',
  );
  const selectState = sqlite.prepare<[number], string>('select state from segments where key = ?').pluck();
  const selectSegment = sqlite.prepare<
    [number],
    Omit<InspectedSegment, 'headerHash' | 'bodyHash' | 'tracks' | 'fragments'> & {
      headerHash: Buffer;
      bodyHash: Buffer;
      entries: Buffer | null;
    }
  >(`
    select segments.id as id, path, cameras.id as cameraId, streams.id as streamId, runs.id as runId,
      clock_epoch as clockEpoch, number, start_ms as startMs, end_ms as endMs, bytes, header_hash as headerHash,
      body_hash as bodyHash, entries
    from segments
    join runs on runs.key = run_key
    join streams on streams.key = segments.stream_key
    join cameras on cameras.key = camera_key
    left join segment_fragments on segment_key = segments.key
    where segments.key = ? and state = 'closed'`);
  const tracks = segmentTracksTable(database);

  return {
    /** The storage roots that the index knows, and how many files of each are in the list. */
    roots: (): readonly { readonly id: string; readonly name: string; readonly files: number }[] => roots,

    /** Up to `limit` rows of a root behind another one, in the order of paths; from the first on when there is none. */
    filesAfter(rootId: string, last: InspectedFile | undefined, limit: number): InspectedFile[] {
      const rows = selectAfter.all({
        root: keyOf(rootId),
        path: last?.path ?? '',
        key: last?.key ?? 0,
        limit,
      });
      return rows.map((row) => ({ ...row, rootId }));
    },

    /** Whether the list has a file somewhere below a folder. */
    hasFilesIn: (rootId: string, folder: string): boolean =>
      // A slash is followed by a zero.
      selectIn.get({ root: keyOf(rootId), folder: `${folder}/`, end: `${folder}0` }) !== undefined,

    /** Whether a file has a row: in the list, or since it was taken. */
    hasFile({ rootId, path }: FootageFile): boolean {
      const file = { root: keyOf(rootId), path };
      return (
        selectListed.get(file) !== undefined ||
        selectNewer.get({ ...file, key: newestKey - reusedKeys }) !== undefined
      );
    },

    ...runFiles(database),

    /** Whether the row is that of a closed segment to this moment. */
    isClosed: (key: number): boolean => selectState.get(key) === 'closed',

    /** What the row says now; undefined when it is not that of a closed segment any more. */
    segment(key: number): InspectedSegment | undefined {
      const row = selectSegment.get(key);
      if (!row) return undefined;
      const { entries, headerHash, bodyHash, ...rest } = row;
      return {
        ...rest,
        headerHash: headerHash.toString('hex'),
        bodyHash: bodyHash.toString('hex'),
        tracks: tracks.of(key),
        fragments: entries === null ? undefined : readable(entries),
      };
    },

    /** The search for contradictions of the index with itself; each step gives them in words. */
    checkSteps: () => checkSteps(database),
  };
}

function readable(entries: Uint8Array): FragmentEntry[] | undefined {
  try {
    return decodeFragments(entries);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
