import type { GapCause } from '../footage/gap_cause.ts';
import type { UnixMillis } from '../units/time.ts';

/** The part of the index that gaps are written to. */
export interface GapLedger {
  openGap(streamId: string, fromMs: UnixMillis, cause: GapCause): void;
  closeGap(streamId: string, toMs: UnixMillis): void;
}

/** What the index says of a stream as the recorder starts. */
export interface StreamPast {
  /** When the stream was added. */
  readonly createdMs: UnixMillis;
  /** When this recorder started. */
  readonly startedMs: UnixMillis;
  /** End of the newest footage, after recovery. */
  readonly lastFootageMs: UnixMillis | undefined;
  readonly openGap: { readonly startMs: UnixMillis; readonly cause: GapCause } | undefined;
  /** When the recorder was last known to live. */
  readonly heartbeatMs: UnixMillis | undefined;
}

/** Causes that say that nothing was to be recorded: a crash in the meantime changes nothing about them. */
const restingCauses: readonly GapCause[] = ['recorder_stopped', 'paused', 'crash'];

/** Which gap a stream starts with, so that the time since the recorder's last sign of life has its cause. */
export function gapAtStart(past: StreamPast): { fromMs: UnixMillis; cause: GapCause } | undefined {
  const { createdMs, startedMs, lastFootageMs, openGap, heartbeatMs } = past;
  if (openGap) {
    if (restingCauses.includes(openGap.cause)) return undefined;
    const lastSignMs = Math.max(openGap.startMs, heartbeatMs ?? openGap.startMs) as UnixMillis;
    return { fromMs: lastSignMs, cause: 'crash' };
  }
  if (lastFootageMs !== undefined) return { fromMs: lastFootageMs, cause: 'crash' };
  // It was added just now: whether it waits for anything is known when its first connection succeeds or fails.
  if (createdMs >= startedMs) return undefined;
  // An orderly end would have left a gap.
  return { fromMs: createdMs, cause: 'crash' };
}

/** Keeps at most one open gap per stream, with the cause of the moment. */
export class GapKeeper {
  readonly #ledger: GapLedger;
  readonly #open = new Map<string, GapCause>();

  constructor(ledger: GapLedger) {
    this.#ledger = ledger;
  }

  /** A gap that stands in the index already. */
  known(streamId: string, cause: GapCause): void {
    this.#open.set(streamId, cause);
  }

  notRecording(streamId: string, sinceMs: UnixMillis, cause: GapCause): void {
    if (this.#open.get(streamId) === cause) return;
    // First the ledger: when it refuses, the next report tries again.
    this.#ledger.openGap(streamId, sinceMs, cause);
    this.#open.set(streamId, cause);
  }

  recording(streamId: string, fromMs: UnixMillis): void {
    if (!this.#open.has(streamId)) return;
    this.#ledger.closeGap(streamId, fromMs);
    this.#open.delete(streamId);
  }

  forget(streamId: string): void {
    this.#open.delete(streamId);
  }
}
