import type { Index } from '../index/open_index.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { GapHistory, JournalledGap } from './gap_history.ts';

/** The index and the journal round the same instant by themselves. */
const roundingMs = 2;

/**
 * Tells an index of an older time why there was no footage since: gaps that ended meanwhile end, and others are added
 * where it knows of neither footage nor a gap. What is on record of the time before stays.
 *
 * @param history what the journals of gaps say
 * @returns how many gaps of the journals reach into the time since, and the newest instant that these tell
 */
export function tellMissedGaps(
  index: Pick<Index, 'ledger' | 'pastGaps'>,
  history: GapHistory,
): { readonly gaps: number; readonly newestMs: UnixMillis | undefined } {
  const sinceMs = index.ledger.lastHeartbeat() ?? 0;
  let gaps = 0;
  for (const streamId of history.streamIds()) {
    if (!index.ledger.knowsStream(streamId)) continue;
    const missed = history.gapsOf(streamId).filter(({ endMs }) => endMs === undefined || endMs > sinceMs);
    const endMs = endOfOpen(index.pastGaps.open(streamId), missed);
    if (endMs !== undefined) index.ledger.closeGap(streamId, unixMillis(endMs));
    for (const gap of missed) index.pastGaps.add(streamId, gap);
    gaps += missed.length;
  }
  return { gaps, newestMs: history.newestMs };
}

/** When a gap that had not ended did so; undefined when it goes on, or nothing is known of it. */
function endOfOpen(
  open: Pick<JournalledGap, 'startMs' | 'cause'> | undefined,
  missed: readonly JournalledGap[],
): number | undefined {
  if (!open) return undefined;
  const since = missed.filter(({ endMs }) => endMs === undefined || endMs > open.startMs);
  const own = since.find(
    ({ startMs, cause }) => cause === open.cause && startMs <= open.startMs + roundingMs,
  );
  if (own) return own.endMs;
  // Its end is in no journal: another gap took its place, or begins after it.
  const startsMs = since.map(({ startMs }) => Math.max(startMs, open.startMs));
  return startsMs.length > 0 ? Math.min(...startsMs) : undefined;
}
