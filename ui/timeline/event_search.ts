/** The next event and the one before, exactly, also where the timeline has made many one. Asks through `read`. */
import type { TimelineEvent } from './event_words.ts';

export interface EventSearch {
  /** What is known of all time: each holds the first event of its type in its stretch of `stretchMs`. */
  readonly coarse: readonly TimelineEvent[];
  readonly stretchMs: number;
  /** Begins of all events with an instant from `fromMs` to before `toMs`, oldest first. */
  readonly read: (fromMs: number, toMs: number) => Promise<readonly number[]>;
}

/** When the first event after the instant, or the last one before it, began; undefined when there is none. */
export async function findEvent(
  { coarse, stretchMs, read }: EventSearch,
  ms: number,
  direction: -1 | 1,
): Promise<number | undefined> {
  const begins = coarse.map(({ startMs }) => startMs).sort((a, b) => a - b);
  const stretchOf = (instantMs: number) => Math.floor(instantMs / stretchMs) * stretchMs;
  if (direction < 0) {
    const last = begins.findLast((begin) => begin < ms);
    if (last === undefined) return undefined;
    const until = Math.min(ms, stretchOf(last) + stretchMs);
    const exact = await read(last, until);
    return exact.findLast((begin) => begin < ms && begin >= last) ?? last;
  }
  const until = stretchOf(ms) + stretchMs;
  if (begins.some((begin) => begin >= stretchOf(ms) && begin < until)) {
    const exact = await read(Math.floor(ms), until);
    const first = exact.find((begin) => begin > ms);
    if (first !== undefined) return first;
  }
  return begins.find((begin) => begin >= until);
}
