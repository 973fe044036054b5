/**
 * Judges each stream by what the main thread has seen of its footage, and not by what its recorder believes. Pure: what
 * came and when, on a monotonic clock, goes in.
 */

/**
 * A stream that says it records must have a fragment in a file at least so often. Its own recorder begins another session
 * after 30 s without one; this is for the case that it does not.
 */
export const commitAllowanceMs = 60_000;
/**
 * A stream that does not record must at least try again so often. The longest attempt: 36 s of back-off, and a camera that
 * takes nearly 10 s for each reply and then sends nothing.
 */
export const attemptAllowanceMs = 180_000;
/** What waits for the disk is not lost yet, and beginning anew would lose it. */
export const diskAllowanceMs = 300_000;
/** Between two restarts of a stream that do not help. */
const maxPauseMs = 600_000;
/** The restart at which the stream's thread is suspected. */
const workerSuspected = 2;

/** What is known of a stream's recorder beside its footage; each of these can be untrue. */
export interface RecorderClaim {
  /** It says that the camera is recorded at this moment. */
  readonly recording: boolean;
  /** Sessions begun so far. */
  readonly attempts: number;
  /** What is missing waits for the disk, or the disk refuses it. */
  readonly diskToBlame: boolean;
}

/** What is to be begun anew: the stream's session, or with it the whole thread that it runs in. */
export type Remedy = 'stream' | 'worker';

interface Watched {
  /** From when on it is judged: it was begun, or had no disk until then. */
  judgedFromMs: number;
  readonly firstBegunMs: number;
  /** When the newest fragment was in a file. */
  commitMs: number | undefined;
  /** When the newest attempt was seen. */
  attemptMs: number;
  attempts: number;
  /** Restarts since the newest fragment. */
  inVain: number;
  restarts: number;
  notBeforeMs: number;
}

/** Which streams commit nothing for longer than they may. */
export class CommitWatch {
  readonly #streams = new Map<string, Watched>();

  /** Recording of the stream was asked for, for the first time or again. */
  begin(streamId: string, nowMs: number): void {
    const before = this.#streams.get(streamId);
    this.#streams.set(streamId, {
      judgedFromMs: nowMs,
      firstBegunMs: before?.firstBegunMs ?? nowMs,
      commitMs: before?.commitMs,
      attemptMs: nowMs,
      attempts: 0,
      inVain: before?.inVain ?? 0,
      restarts: before?.restarts ?? 0,
      notBeforeMs: before?.notBeforeMs ?? 0,
    });
  }

  /** The main thread was told of a fragment in a file. */
  committed(streamId: string, nowMs: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    stream.commitMs = nowMs;
    stream.inVain = 0;
    stream.notBeforeMs = 0;
  }

  /** The stream has no disk to record to: the time up to now does not count against it. */
  excuse(streamId: string, nowMs: number): void {
    const stream = this.#streams.get(streamId);
    if (!stream) return;
    stream.judgedFromMs = nowMs;
    stream.attemptMs = nowMs;
  }

  end(streamId: string): void {
    this.#streams.delete(streamId);
  }

  /** Times that a remedy was called for. */
  restarts(streamId: string): number {
    return this.#streams.get(streamId)?.restarts ?? 0;
  }

  /** For how long nothing was committed, however often it was begun anew; undefined for a stream that is not recorded. */
  quietMs(streamId: string, nowMs: number): number | undefined {
    const stream = this.#streams.get(streamId);
    return stream && nowMs - (stream.commitMs ?? stream.firstBegunMs);
  }

  /**
   * What is to be begun anew, because it has committed nothing for longer than it may; undefined: nothing. Each answer
   * counts as a restart: the first begins the stream anew, the second in a row its worker, and further ones the stream,
   * after pauses that double.
   */
  judge(streamId: string, claim: RecorderClaim | undefined, nowMs: number): Remedy | undefined {
    const stream = this.#streams.get(streamId);
    if (!stream) return undefined;
    if (claim && claim.attempts !== stream.attempts) {
      stream.attempts = claim.attempts;
      stream.attemptMs = nowMs;
    }
    if (nowMs < stream.notBeforeMs || !isOverdue(stream, claim, nowMs)) return undefined;
    stream.restarts++;
    stream.inVain++;
    stream.notBeforeMs = nowMs + Math.min(maxPauseMs, commitAllowanceMs * 2 ** (stream.inVain - 1));
    return stream.inVain === workerSuspected ? 'worker' : 'stream';
  }
}

function isOverdue(
  { judgedFromMs, commitMs = judgedFromMs, attemptMs }: Watched,
  claim: RecorderClaim | undefined,
  nowMs: number,
) {
  const quietMs = nowMs - Math.max(commitMs, judgedFromMs);
  if (claim?.diskToBlame) return quietMs >= diskAllowanceMs;
  if (quietMs < commitAllowanceMs) return false;
  // A camera that is away is not brought back by beginning anew what tries to reach it.
  return claim?.recording || nowMs - attemptMs >= attemptAllowanceMs;
}
