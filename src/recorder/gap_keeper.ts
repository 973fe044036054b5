import type { GapCause } from '../footage/gap_cause.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';

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
  readonly nowMs: UnixMillis;
  /** End of the newest footage that is not in the future: other than the above where the clock was ahead. */
  readonly lastPastFootageMs: UnixMillis | undefined;
}

/** Causes that say that nothing was to be recorded: a crash in the meantime changes nothing about them. */
const restingCauses: readonly GapCause[] = ['recorder_stopped', 'paused', 'crash'];

interface StartGap {
  readonly fromMs: UnixMillis;
  readonly cause: GapCause;
}

/** Which gap a stream starts with, so that the time since the recorder's last sign of life has its cause. */
export function gapAtStart(past: StreamPast): StartGap | undefined {
  const { createdMs, openGap, nowMs, lastPastFootageMs } = past;
  const isAhead = openGap !== undefined && openGap.startMs > nowMs;
  const gap = isAhead ? { fromMs: openGap.startMs, cause: causeAfter(openGap) } : gapAfter(past);
  if (!gap || gap.fromMs <= nowMs) return gap;
  // The clock was ahead and is right again: what it said of the end tells nothing.
  return { ...gap, fromMs: unixMillis(Math.min(nowMs, lastPastFootageMs ?? createdMs)) };
}

const causeAfter = ({ cause }: { readonly cause: GapCause }): GapCause =>
  restingCauses.includes(cause) ? cause : 'crash';

function gapAfter(past: StreamPast): StartGap | undefined {
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

interface OpenGap {
  readonly cause: GapCause;
  /** Up to when the cause was reported: no other cause reaches back behind it. */
  readonly knownToMs: UnixMillis | undefined;
}

/** Keeps at most one open gap per stream, with the cause of the moment. */
export class GapKeeper {
  readonly #ledger: GapLedger;
  readonly #open = new Map<string, OpenGap>();

  constructor(ledger: GapLedger) {
    this.#ledger = ledger;
  }

  /** A gap that stands in the index already. */
  known(streamId: string, cause: GapCause): void {
    this.#open.set(streamId, { cause, knownToMs: undefined });
  }

  /**
   * There is no footage. A cause that follows another one holds from the last report of that one on at the earliest:
   * what has its cause keeps it.
   *
   * @param sinceMs since when
   * @param nowMs when it is reported
   */
  notRecording(streamId: string, sinceMs: UnixMillis, cause: GapCause, nowMs: UnixMillis): void {
    const open = this.#open.get(streamId);
    if (open?.cause !== cause) {
      // When the clock was set back, the last report lies in the future.
      const knownToMs = Math.min(open?.knownToMs ?? sinceMs, nowMs);
      // First the ledger: when it refuses, the next report tries again.
      this.#ledger.openGap(streamId, unixMillis(Math.max(sinceMs, knownToMs)), cause);
    }
    this.#open.set(streamId, { cause, knownToMs: nowMs });
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
