import type { StreamStatus } from './status.ts';
import { type StreamOrder, sameJob } from './supervised_camera.ts';
import type { WorkerHandle } from './worker_handle.ts';

interface Viewing {
  readonly order: StreamOrder;
  worker: WorkerHandle;
  status: StreamStatus | undefined;
}

/**
 * The sessions of streams that are not recorded: one is open only while its stream is watched. Lives on the main
 * thread.
 */
export class Viewings {
  readonly #worker: () => WorkerHandle;
  readonly #watched = new Set<string>();
  /** Streams that are not recorded. */
  readonly #resting = new Map<string, StreamOrder>();
  readonly #open = new Map<string, Viewing>();

  /** @param worker the one that takes the next session */
  constructor(worker: () => WorkerHandle) {
    this.#worker = worker;
  }

  isWatched(streamId: string): boolean {
    return this.#watched.has(streamId);
  }

  setWatched(streamId: string, watched: boolean): void {
    if (watched) this.#watched.add(streamId);
    else this.#watched.delete(streamId);
  }

  /** The stream is not recorded from now on; undefined: it is, or it is gone. */
  setResting(streamId: string, order: StreamOrder | undefined): void {
    if (order) this.#resting.set(streamId, order);
    else this.#resting.delete(streamId);
  }

  /** Streams of a camera that are not recorded. */
  restingOf(cameraId: string): string[] {
    return [...this.#resting].filter(([, { job }]) => job.cameraId === cameraId).map(([id]) => id);
  }

  cameraOf(streamId: string): string | undefined {
    return this.#resting.get(streamId)?.job.cameraId;
  }

  /** Opens or closes the stream's session, as it must be now. One call at a time for each stream. */
  async settle(streamId: string): Promise<void> {
    const wanted = this.#watched.has(streamId) ? this.#resting.get(streamId) : undefined;
    const open = this.#open.get(streamId);
    if (open && wanted && sameJob(open.order.job, wanted.job)) return;
    if (open) {
      this.#open.delete(streamId);
      await open.worker.stop(streamId);
    }
    if (!wanted) return;
    const viewing = { order: wanted, worker: this.#worker(), status: undefined };
    this.#open.set(streamId, viewing);
    begin(viewing);
  }

  /** Goes on in another worker with the sessions of one that died. */
  moveFrom(dead: WorkerHandle): void {
    for (const viewing of this.#open.values()) {
      if (viewing.worker !== dead) continue;
      viewing.worker = this.#worker();
      begin(viewing);
    }
  }

  /** Takes the status of a session; false when it says nothing new, or the session is over. */
  note(status: StreamStatus): boolean {
    const viewing = this.#open.get(status.streamId);
    if (!viewing) return false;
    const before = viewing.status;
    viewing.status = status;
    return before?.state !== status.state || before.stateReason !== status.stateReason;
  }

  status(streamId: string): StreamStatus | undefined {
    return this.#open.get(streamId)?.status;
  }
}

function begin({ order, worker }: Viewing): void {
  worker.record({ kind: 'record', ...order });
  worker.post({ kind: 'watch', streamId: order.job.streamId });
}
