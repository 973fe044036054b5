import type { FragmentEntry, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { Ledger, OpenTrack } from './ledger.ts';
import type { Answer, FromWorker } from './messages.ts';

/** The ledger as a worker sees it: the index is on the main thread. */
export class MessageLedger implements Ledger {
  readonly #post: (message: FromWorker) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #nextRequest = 1;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  /** Takes the main thread's answer to a request. */
  answer(request: number, result: Answer): void {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    if ('value' in result) waiting?.resolve(result.value);
    else waiting?.reject(new Error(result.failure));
  }

  async reserve(reservation: SegmentReservation, run: Run): Promise<void> {
    await this.#ask((request) => ({ kind: 'reserve', request, reservation, run }));
  }

  release(segmentId: string): void {
    this.#post({ kind: 'release', segmentId });
  }

  opened(segmentId: string, tracks: readonly OpenTrack[]): void {
    this.#post({ kind: 'opened', segmentId, tracks });
  }

  fragmentWritten(segmentId: string, entry: FragmentEntry, shiftMs: number): void {
    this.#post({ kind: 'fragment', segmentId, entry, shiftMs });
  }

  durable(segmentId: string, fragments: number): void {
    this.#post({ kind: 'durable', segmentId, fragments });
  }

  async closed(summary: SegmentSummary): Promise<void> {
    await this.#ask((request) => ({ kind: 'closed', request, summary }));
  }

  makeRoom(): Promise<boolean> {
    return this.#ask((request) => ({ kind: 'makeRoom', request }));
  }

  abandoned(segmentId: string): void {
    this.#post({ kind: 'abandoned', segmentId });
  }

  #ask(message: (request: number) => FromWorker): Promise<boolean> {
    const request = this.#nextRequest++;
    const waiting = Promise.withResolvers<boolean>();
    this.#waiting.set(request, waiting);
    this.#post(message(request));
    return waiting.promise;
  }
}
