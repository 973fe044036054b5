import { NightjarError } from '../errors/nightjar_error.ts';
import type { FragmentEntry, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { Ledger, OpenTrack } from './ledger.ts';
import type { Answer, FromWorker, RowChange } from './messages.ts';

interface WaitingRow {
  readonly change: RowChange;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * The ledger as a worker sees it: the index is on the main thread. Rows of segments that come while others are being written
 * go together in the next message, so that sixteen cameras that begin their files at once wait for two syncs, not for sixteen.
 */
export class MessageLedger implements Ledger {
  readonly #post: (message: FromWorker) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #nextRequest = 1;
  #rowsWaiting: WaitingRow[] = [];
  #rowsUnderWay: readonly WaitingRow[] = [];

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  /** Takes the main thread's answer to a request. */
  answer(request: number, result: Answer): void {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    if ('value' in result) waiting?.resolve(result.value);
    else waiting?.reject(new NightjarError(result.failure.code, result.failure.message));
  }

  /** Takes the main thread's answer to the rows that are under way. */
  rowsAnswer(results: readonly Answer[]): void {
    const answered = this.#rowsUnderWay;
    this.#rowsUnderWay = [];
    this.#sendRows();
    for (const [index, { written }] of answered.entries()) {
      const result = results[index]!;
      if ('value' in result) written.resolve();
      else written.reject(new NightjarError(result.failure.code, result.failure.message));
    }
  }

  reserve(reservation: SegmentReservation, run: Run): Promise<void> {
    return this.#writeRow({ kind: 'reserve', reservation, run });
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

  closed(summary: SegmentSummary): Promise<void> {
    return this.#writeRow({ kind: 'closed', summary });
  }

  makeRoom(rootId: string): Promise<boolean> {
    return this.#ask((request) => ({ kind: 'makeRoom', request, rootId }));
  }

  abandoned(segmentId: string): void {
    this.#post({ kind: 'abandoned', segmentId });
  }

  #writeRow(change: RowChange): Promise<void> {
    const written = Promise.withResolvers<void>();
    this.#rowsWaiting.push({ change, written });
    if (this.#rowsUnderWay.length === 0) this.#sendRows();
    return written.promise;
  }

  #sendRows(): void {
    if (this.#rowsWaiting.length === 0) return;
    this.#rowsUnderWay = this.#rowsWaiting;
    this.#rowsWaiting = [];
    this.#post({ kind: 'rows', changes: this.#rowsUnderWay.map(({ change }) => change) });
  }

  #ask(message: (request: number) => FromWorker): Promise<boolean> {
    const request = this.#nextRequest++;
    const waiting = Promise.withResolvers<boolean>();
    this.#waiting.set(request, waiting);
    this.#post(message(request));
    return waiting.promise;
  }
}
