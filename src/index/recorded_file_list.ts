import type { Interval } from '../footage/interval.ts';
import type { FootageFile } from '../footage/segment.ts';
import type { Database } from './database.ts';
import type { LossKind } from './losses.ts';

/** A closed segment as whoever compares it with its file needs it. */
export interface RecordedFile extends FootageFile, Interval {
  readonly key: number;
  readonly id: string;
  readonly streamId: string;
  /** Of the file. */
  readonly bytes: number;
  /** Hex. */
  readonly headerHash: string;
  readonly bodyHash: string;
  /** What is known of it: null while it is thought to be whole. */
  readonly lostBecause: LossKind | null;
}

type RecordedRow = Omit<RecordedFile, 'headerHash' | 'bodyHash'> & { headerHash: Buffer; bodyHash: Buffer };

/** The files that there should be, page by page, beside a server that writes: no read lasts long. */
export function recordedFileList({ sqlite }: Database) {
  const columns = `
    segments.key as key, segments.id as id, streams.id as streamId, roots.id as rootId, path,
    start_ms as startMs, end_ms as endMs, bytes, header_hash as headerHash,
    body_hash as bodyHash, lost_because as lostBecause`;
  const from = `from segments join roots on roots.key = root_key
    join streams on streams.key = segments.stream_key`;
  const selectAfter = sqlite.prepare<[number, number], RecordedRow>(
    `select ${columns} ${from} where segments.key > ? and state = 'closed' order by segments.key limit ?`,
  );
  const selectNewest = sqlite.prepare<[number, number], RecordedRow>(`
    select ${columns} ${from} where segments.stream_key = ? and state = 'closed'
    order by start_ms desc limit ?`);
  const selectById = sqlite.prepare<[string], RecordedRow>(
    `select ${columns} ${from} where segments.id = ? and state = 'closed'`,
  );
  const selectStreams = sqlite.prepare<[], number>('select key from streams').pluck();
  const selectClosed = sqlite
    .prepare<[number, string], number>("select 1 from segments where key = ? and id = ? and state = 'closed'")
    .pluck();
  const toFile = (row: RecordedRow): RecordedFile => ({
    ...row,
    headerHash: row.headerHash.toString('hex'),
    bodyHash: row.bodyHash.toString('hex'),
  });

  return {
    /** Up to `limit` in the order of their rows, behind that of this key. */
    after: (key: number, limit: number): RecordedFile[] => selectAfter.all(key, limit).map(toFile),

    /** The newest of each stream. */
    newest: (perStream: number): RecordedFile[] =>
      selectStreams.all().flatMap((stream) => selectNewest.all(stream, perStream).map(toFile)),

    byIds: (ids: readonly string[]): RecordedFile[] =>
      ids.flatMap((id) => {
        const row = selectById.get(id);
        return row ? [toFile(row)] : [];
      }),

    /** Whether it is a closed segment to this moment. */
    isClosed: ({ key, id }: RecordedFile): boolean => selectClosed.get(key, id) === 1,
  };
}
