import { type Clock, sleep } from './clock/clock.ts';
import type { Index } from './index/open_index.ts';
import type { Logger } from './logging/logger.ts';
import { adoptStrayFiles } from './recorder/adoption.ts';
import type { RootFolders } from './roots/root_folders.ts';

/** An end does not wait longer for a disk that hangs. */
const patienceMs = 500;

/** Looks for footage without a row while everything else runs, each storage root by itself. */
export class StrayFiles {
  readonly #index: Index;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #searches = new Set<Promise<void>>();

  constructor(options: { index: Index; clock: Clock; logger: Logger }) {
    this.#index = options.index;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Begins to look through a root. */
  search(root: { readonly id: string; readonly folder: string }): void {
    const search = this.#search(new Map([[root.id, root.folder]])).finally(() =>
      this.#searches.delete(search),
    );
    this.#searches.add(search);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.race([Promise.all(this.#searches), sleep(this.#clock, patienceMs)]);
  }

  async #search(roots: RootFolders): Promise<void> {
    const logger = this.#logger;
    try {
      const { signal } = this.#stop;
      const found = await adoptStrayFiles({ roots, index: this.#index, clock: this.#clock, signal });
      const { adopted, foreign, copies, unreadable } = found;
      if (adopted.length > 0)
        logger.info({ files: adopted.length }, 'Footage without a row is in the index now.');
      if (foreign.length > 0) {
        const first = foreign[0];
        logger.warn(
          { files: foreign.length, first },
          'Footage of streams that the index does not know, or in the folder of another one, is left alone.',
        );
      }
      if (copies.length > 0) {
        const first = copies[0];
        logger.warn({ files: copies.length, first }, 'Copies of footage that the index has are left alone.');
      }
      for (const file of unreadable)
        logger.warn({ file }, 'A file has no footage that can be read; it is left alone.');
    } catch (error) {
      logger.error({ err: error }, 'The search for footage without a row failed.');
    }
  }
}
