import { NightjarError } from '../errors/nightjar_error.ts';
import type { Database } from './database.ts';

/** The integer keys of streams, by their ids. */
export function streamKeys({ sqlite }: Database) {
  const select = sqlite.prepare<[string], number>('select key from streams where id = ?').pluck();
  return {
    find: (streamId: string): number | undefined => select.get(streamId),

    /** Throws `stream_unknown`. */
    require(streamId: string): number {
      const key = select.get(streamId);
      if (key !== undefined) return key;
      throw new NightjarError('stream_unknown', `There is no stream ${streamId}.`, {
        place: { stream: streamId },
      });
    },
  };
}
