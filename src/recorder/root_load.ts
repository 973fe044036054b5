import type { RootFolders } from '../roots/root_folders.ts';
import type { WorkerHandle } from './worker_handle.ts';

/** What the recorder knows of the storage roots: which are away, and how much is on its way to each. */
export class RootLoad {
  readonly #folders: RootFolders;
  /** Roots that nothing can be recorded to, with the reason. */
  readonly #away = new Map<string, string>();
  /** Of each worker, by root. */
  readonly #inFlight = new Map<WorkerHandle, Map<string, number>>();

  constructor(folders: RootFolders) {
    this.#folders = folders;
  }

  /** @param away why nothing can be recorded to it; undefined when it can */
  setAway(rootId: string, away: string | undefined): void {
    if (away === undefined) this.#away.delete(rootId);
    else this.#away.set(rootId, away);
  }

  awayReason(rootId: string): string | undefined {
    if (this.#folders.has(rootId)) return this.#away.get(rootId);
    return 'No setting gives a folder to the storage root of this camera: choose another one for it, or add it to storageRoots.';
  }

  /** Tells a worker that a root is away, when it is. */
  tell(worker: WorkerHandle, rootId: string): void {
    const away = this.awayReason(rootId);
    if (away !== undefined) worker.post({ kind: 'root', rootId, away });
  }

  noteInFlight(worker: WorkerHandle, rootId: string, bytes: number): void {
    const ofWorker = this.#inFlight.get(worker) ?? new Map<string, number>();
    this.#inFlight.set(worker, ofWorker.set(rootId, bytes));
  }

  /** Bytes that are on their way to a root: in memory, or written and not yet synced. */
  inFlightBytes(rootId: string): number {
    let sum = 0;
    for (const bytes of this.#inFlight.values()) sum += bytes.get(rootId) ?? 0;
    return sum;
  }

  /** A worker has ended. */
  forget(worker: WorkerHandle): void {
    this.#inFlight.delete(worker);
  }
}
