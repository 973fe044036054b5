import { type Clock, sleep } from './clock/clock.ts';
import type { Index } from './index/open_index.ts';
import type { Logger } from './logging/logger.ts';
import { recoverOpenSegments } from './recorder/recovery.ts';
import type { Supervisor } from './recorder/supervisor.ts';
import { awayReason, type RootStatus } from './roots/root_status.ts';
import type { StorageRoots } from './roots/storage_roots.ts';

/** A start does not wait longer for the recovery of a disk that is slow to answer: it ends in the background. */
const patienceMs = 20_000;

/**
 * Brings what was left open in a storage root to its end, at the start and whenever the root comes back, and tells the
 * recorder which roots are there. One root never waits for another.
 */
export class RootReturns {
  readonly #roots: StorageRoots;
  readonly #index: Index;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #last = new Map<string, Promise<void>>();

  constructor(options: { roots: StorageRoots; index: Index; clock: Clock; logger: Logger }) {
    this.#roots = options.roots;
    this.#index = options.index;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Recovers the roots that are there. Before anything is recorded. */
  async recover(): Promise<void> {
    const present = this.#roots.statuses.filter((status) => awayReason(status) === undefined);
    for (const { id } of present) this.#last.set(id, this.#recover(id));
    const done = new AbortController();
    const late = sleep(this.#clock, patienceMs, done.signal).catch(() => {});
    await Promise.race([Promise.all(this.#last.values()), late]);
    done.abort();
  }

  /**
   * Tells the recorder which roots are away, now and from now on. Before it starts.
   *
   * @param onBack a root is there again, and what was left open in it is recovered
   */
  follow(supervisor: Supervisor, onBack: (status: RootStatus) => void): void {
    for (const status of this.#roots.statuses) {
      const away = awayReason(status);
      if (away !== undefined) this.#away(supervisor, status, away);
    }
    this.#roots.changed.subscribe((status) => {
      const away = awayReason(status);
      if (away !== undefined) return this.#away(supervisor, status, away);
      const before = this.#last.get(status.id) ?? Promise.resolve();
      const isWritten = (segmentId: string) => supervisor.openSegment(segmentId) !== undefined;
      const after = async () => {
        await this.#recover(status.id, isWritten);
        // It may have gone again meanwhile.
        if (this.#roots.isAway(status.id)) return;
        this.#logger.info({ root: status.name }, 'A storage root is there; recording to it goes on.');
        supervisor.rootChanged(status.id, undefined);
        onBack(status);
      };
      this.#last.set(status.id, before.then(after));
    });
  }

  #away(supervisor: Supervisor, { id, name }: RootStatus, away: string): void {
    this.#logger.error({ root: name }, `${away} Its cameras are not recorded until it is there.`);
    supervisor.rootChanged(id, away);
  }

  async #recover(rootId: string, isWritten?: (segmentId: string) => boolean): Promise<void> {
    const { ledger } = this.#index;
    try {
      await recoverOpenSegments({
        ledger,
        roots: this.#roots.folders,
        rootId,
        ...(isWritten && { isWritten }),
        log: this.#logger,
      });
    } catch (error) {
      this.#logger.error({ err: error }, 'What was left open in a storage root could not be recovered.');
    }
  }
}
