import { randomUUID } from 'node:crypto';
import type { FirstSegment } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';
import type { Ledger } from './ledger.ts';
import { segmentPath } from './paths.ts';
import type { StreamJob } from './stream_job.ts';

/** A row that was made for pictures to come at once says nothing true of later ones. */
const staleMs = 10_000;

/** The first segment of a stream that begins now, in a run of its own, before a step of the clock has been seen. */
export function firstSegment(job: StreamJob, nowMs: UnixMillis): FirstSegment {
  const { cameraId, streamId, rootId } = job;
  const run = { id: randomUUID(), streamId, clockEpoch: 0 };
  const path = segmentPath({ cameraId, streamId, runId: run.id, provisionalStartMs: nowMs, number: 0 });
  const place = { id: randomUUID(), streamId, runId: run.id, number: 0, rootId, path };
  return { run, reservation: { ...place, provisionalStartMs: nowMs } };
}

/**
 * What was reserved for a stream as it began. At a start the main thread has much to do, and pictures that come meanwhile
 * would wait in memory for their row.
 */
export class FirstSegmentOffer {
  #first: FirstSegment | undefined;
  readonly #ledger: Pick<Ledger, 'release'>;

  constructor(first: FirstSegment | undefined, ledger: Pick<Ledger, 'release'>) {
    this.#first = first;
    this.#ledger = ledger;
  }

  /** Given once, and only to a run that begins soon after; else it is released. */
  take(nowMs: UnixMillis, clockEpoch: number, rootId: string): FirstSegment | undefined {
    const first = this.#first;
    this.#first = undefined;
    if (!first) return undefined;
    const ageMs = nowMs - first.reservation.provisionalStartMs;
    const isFresh = ageMs >= 0 && ageMs <= staleMs && first.run.clockEpoch === clockEpoch;
    if (isFresh && first.reservation.rootId === rootId) return first;
    this.#ledger.release(first.reservation.id);
    return undefined;
  }

  /** Nothing will begin any more. */
  release(): void {
    if (this.#first) this.#ledger.release(this.#first.reservation.id);
    this.#first = undefined;
  }
}
