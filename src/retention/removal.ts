import { dirname } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { nextTurn } from '../clock/next_turn.ts';
import { diskError } from '../errors/system_error.ts';
import { isProtected, type ProtectedRange } from '../footage/protected_range.ts';
import type { DeletableSegment } from '../index/deletion.ts';
import type { Deletion } from '../index/open_index.ts';
import { inRoot } from '../roots/proven_root.ts';
import { fileIn, type RootFolders } from '../roots/root_folders.ts';
import type { Condemned } from './plan.ts';
import type { RetentionLog } from './retention_log.ts';
import type { RootTally } from './root_tally.ts';
import type { SweepFiles } from './sweep_files.ts';
import type { SweepTally } from './sweep_tally.ts';

/** A disk does more for those who wait together; one that hangs must not take more threads. */
const callsAtOnce = 8;
/** Rows that one transaction forgets: as many as keep the main thread for some tens of milliseconds. */
const rowsAtOnce = 256;
/** The recorder may be about to create a file in a folder as young as this: it stays, even empty. */
const youngFolderMs = 2 * 3_600_000;
/** A segment's folder and those above it: hour, day, month, year. */
const datedFolders = 4;

/** Footage whose file `restore` did not see was deleted, as far as it knows: a file that is there after all is never removed. */
export const unseenRule: string = 'restored';

/** A segment whose file and row are gone. */
export interface DeletedSegment extends DeletableSegment {
  /** By which it was condemned. */
  readonly rule: string;
}

export interface RemovalOptions {
  readonly index: {
    readonly deletion: Pick<Deletion, 'finishDeleting' | 'unmarkDeleting'>;
    readonly protections: { ranges(): readonly ProtectedRange[] };
  };
  readonly roots: RootFolders;
  readonly files: SweepFiles;
  readonly clock: Clock;
  readonly log: RetentionLog;
  /** Where it is written that condemned footage is kept after all. */
  readonly record: Pick<RetentionLog, 'info'>;
  /** Called when rows are gone, with what went. */
  readonly onDeleted?: ((segments: readonly DeletedSegment[]) => void) | undefined;
}

/** Removes condemned footage: steps 2 to 4 of the durable order of a deletion. */
export class FootageRemoval {
  readonly #options: RemovalOptions;
  /** Condemned segments whose files could not be removed, or not durably; the one longest not tried is first. */
  readonly #stuck = new Set<string>();

  constructor(options: RemovalOptions) {
    this.#options = options;
  }

  /** Tells what could not be removed when it was tried, the one longest not tried first, from what was not tried yet. */
  tellApart(pending: readonly Condemned[]): { fresh: Condemned[]; stuck: Condemned[] } {
    const byId = new Map(pending.map((condemned) => [condemned.segment.id, condemned]));
    for (const id of this.#stuck) if (!byId.has(id)) this.#stuck.delete(id);
    return {
      fresh: pending.filter(({ segment }) => !this.#stuck.has(segment.id)),
      stuck: [...this.#stuck].map((id) => byId.get(id)!),
    };
  }

  /** The row of a file that cannot be removed stays `deleting`. */
  async remove(batch: readonly Condemned[], tally: SweepTally): Promise<void> {
    for (const [rootId, own] of Map.groupBy(batch, ({ segment }) => segment.rootId)) {
      const root = tally.roots.get(rootId)!;
      if (!root.hasGivenUp) await this.#removeIn(root, own, tally);
    }
  }

  /** In one root: with its disk gone, files would seem gone that are only not to be seen. */
  async #removeIn(root: RootTally, batch: readonly Condemned[], tally: SweepTally): Promise<void> {
    let gone: DeletedSegment[];
    try {
      gone = await inRoot(this.#options.roots, root.id, async (folder) => {
        const here = new Map([[root.id, folder]]);
        return this.#tidyFolders(await this.#removeFiles(batch, here, root), here, root);
      });
    } catch (thrown) {
      const error = diskError(thrown, this.#options.roots.get(root.id) ?? root.id);
      this.#options.log.error({ code: error.code, error }, 'Footage could not be deleted.');
      root.giveUp(error, batch.length);
      return;
    }
    await this.#finish(gone, tally);
  }

  async #removeFiles(
    batch: readonly Condemned[],
    here: RootFolders,
    root: RootTally,
  ): Promise<DeletedSegment[]> {
    const removed: DeletedSegment[] = [];
    let underWay = 0;
    const remove = async (condemned: Condemned) => {
      const { segment, rule } = condemned;
      underWay += 1;
      if (await this.#removeFile(condemned, here, root)) removed.push({ ...segment, rule });
      underWay -= 1;
    };
    // No more are under way than may still fail, or give nothing, before it is the disk and not a file.
    await together(batch, remove, () => !root.hasGivenUp && underWay < root.patience);
    return removed;
  }

  /** @returns whether it is gone; what is to stay after all becomes `closed` again */
  async #removeFile({ segment, rule }: Condemned, here: RootFolders, root: RootTally): Promise<boolean> {
    const { files } = this.#options;
    const forSpace = rule === 'min_free';
    try {
      const file = fileIn(here, segment);
      const kept =
        rule === unseenRule
          ? 'seen'
          : this.#isProtected(segment)
            ? 'protected'
            : forSpace && root.isBarren
              ? 'barren'
              : undefined;
      if (kept && (await files.exists(file))) this.#spare(segment, kept);
      else if (kept === 'seen') return true;
      else {
        root.noteRemoved(await files.remove(file), forSpace);
        return true;
      }
    } catch (thrown) {
      this.#noteFailure(segment, thrown, root);
    }
    return false;
  }

  /** Somebody may have protected it since it was condemned. */
  #isProtected(segment: DeletableSegment): boolean {
    return this.#options.index.protections.ranges().some((range) => isProtected(segment, range));
  }

  #spare({ id, streamId, path, startMs, endMs }: DeletableSegment, because: string): void {
    this.#options.index.deletion.unmarkDeleting([id]);
    this.#options.record.info(
      { because, segment: id, stream: streamId, path, startMs, endMs },
      'Footage that was to be deleted is kept.',
    );
  }

  #noteFailure(segment: DeletableSegment, thrown: unknown, root: RootTally): void {
    const error = diskError(thrown, segment.path);
    this.#options.log.error({ code: error.code, error }, 'Footage could not be deleted.');
    root.noteFailed(error);
    this.#stuck.delete(segment.id);
    this.#stuck.add(segment.id);
  }

  /** @returns those whose removal is durable */
  async #tidyFolders(
    removed: readonly DeletedSegment[],
    here: RootFolders,
    root: RootTally,
  ): Promise<DeletedSegment[]> {
    const byFolder = Map.groupBy(removed, (segment) => dirname(fileIn(here, segment)));
    const oldMs = this.#options.clock.now() - youngFolderMs;
    const durable: DeletedSegment[] = [];
    await together([...byFolder], async ([folder, own]) => {
      durable.push(...(await this.#syncFolder(folder, own, root)));
    });
    for (const [folder, own] of byFolder) {
      if (own.some(({ endMs }) => endMs >= oldMs)) continue;
      try {
        await this.#removeEmptyFolders(folder);
      } catch (thrown) {
        const error = diskError(thrown, folder);
        this.#options.log.warn({ code: error.code, error }, 'An empty folder could not be removed.');
      }
    }
    return durable;
  }

  /** @returns what of `removed` is gone for good */
  async #syncFolder(
    folder: string,
    removed: readonly DeletedSegment[],
    root: RootTally,
  ): Promise<readonly DeletedSegment[]> {
    try {
      await this.#options.files.syncFolder(folder);
      return removed;
    } catch (thrown) {
      for (const segment of removed) this.#noteFailure(segment, thrown, root);
      return [];
    }
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    let empty = folder;
    for (let level = 0; level < datedFolders; level++) {
      if (!(await this.#options.files.removeEmptyFolder(empty))) return;
      empty = dirname(empty);
    }
  }

  /** In the order of time: what goes of a run is then one piece in each slice, which leaves coverage least to do. */
  async #finish(gone: readonly DeletedSegment[], tally: SweepTally): Promise<void> {
    const { index, onDeleted } = this.#options;
    const ordered = gone.toSorted((a, b) => compare(a.streamId, b.streamId) || a.startMs - b.startMs);
    for (let from = 0; from < ordered.length; from += rowsAtOnce) {
      const some = ordered.slice(from, from + rowsAtOnce);
      index.deletion.finishDeleting(some.map(({ id }) => id));
      tally.deleted += some.length;
      onDeleted?.(some);
      await nextTurn();
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Calls `work` for each, in their order, for a few at once; it must not reject.
 *
 * @param mayTakeOne asked before each: what finds that it may not takes no more
 */
async function together<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
  mayTakeOne = () => true,
): Promise<void> {
  let taken = 0;
  const worker = async () => {
    while (taken < items.length && mayTakeOne()) await work(items[taken++]!);
  };
  await Promise.all(Array.from({ length: callsAtOnce }, worker));
}
