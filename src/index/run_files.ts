import type { FootageFile } from '../footage/segment.ts';
import type { Database } from './database.ts';
import { streamKeys } from './stream_keys.ts';

/** Which files the index knows by what files say of themselves. */
export function runFiles(database: Database) {
  const { find } = streamKeys(database);
  const select = database.sqlite.prepare<[string, number], FootageFile>(`
    select roots.id as rootId, path from segments join roots on roots.key = root_key
    where run_key = (select key from runs where id = ?) and number = ?`);
  return {
    knowsStream: (streamId: string): boolean => find(streamId) !== undefined,

    /** The file of that number in a run, by its row in whatever state. */
    fileOf: (runId: string, number: number): FootageFile | undefined => select.get(runId, number),
  };
}
