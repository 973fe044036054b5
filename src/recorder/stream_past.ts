import type { GapCause } from '../footage/gap_cause.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { StreamPast } from './gap_keeper.ts';

/** What is asked of the index about a stream's past. */
export interface PastFootage {
  expectedFrom(streamId: string): UnixMillis | undefined;
  coverage(streamId: string, fromMs: number, toMs: number): readonly { readonly endMs: number }[];
  gaps(
    streamId: string,
    fromMs: number,
    toMs: number,
  ): readonly {
    readonly startMs: UnixMillis;
    readonly endMs: UnixMillis | undefined;
    readonly cause: GapCause;
  }[];
}

const everMs = Number.MAX_SAFE_INTEGER;

/** Reads what the index says of a stream as its recording starts. */
export function readStreamPast(
  footage: PastFootage,
  stream: {
    readonly streamId: string;
    readonly startedMs: UnixMillis;
    readonly heartbeatMs: UnixMillis | undefined;
    readonly nowMs: UnixMillis;
  },
): StreamPast {
  const { streamId, startedMs, heartbeatMs, nowMs } = stream;
  // Mostly the newest stretch is close to now; only a stream that was away for long is read from its beginning.
  const last =
    footage.coverage(streamId, nowMs - 86_400_000, everMs).at(-1) ??
    footage.coverage(streamId, 0, nowMs).at(-1);
  const isPast = last === undefined || last.endMs <= nowMs;
  const lastPast = isPast
    ? last
    : footage.coverage(streamId, 0, nowMs).findLast(({ endMs }) => endMs <= nowMs);
  const openGap = footage.gaps(streamId, everMs - 1, everMs).find(({ endMs }) => endMs === undefined);
  return {
    createdMs: footage.expectedFrom(streamId) ?? nowMs,
    startedMs,
    lastFootageMs: last && unixMillis(last.endMs),
    openGap: openGap && { startMs: openGap.startMs, cause: openGap.cause },
    heartbeatMs,
    nowMs,
    lastPastFootageMs: lastPast && unixMillis(lastPast.endMs),
  };
}
