import { open } from 'node:fs/promises';
import path from 'node:path';
import type { DiskSlots } from './disk_slots.ts';

/** Folders synced at once: the first one commits the journal for all of them. */
const foldersAtOnce = 2;

/**
 * Makes the entries of folders durable. Whoever asks while a round is under way waits for the next, and all that ask
 * meanwhile share it: when many cameras start together, most of their folders are on the disk with the first one.
 */
export class FolderSync {
  readonly #slots: DiskSlots;
  #waiting = new Set<string>();
  #next: Promise<ReadonlyMap<string, unknown>> | undefined;

  /** @param slots a round takes one of them */
  constructor(slots: DiskSlots) {
    this.#slots = slots;
  }

  /** Rejects when one of these folders could not be synced; those of others make no difference. */
  async sync(folders: readonly string[]): Promise<void> {
    for (const folder of folders) this.#waiting.add(folder);
    // Not at once: a round that had begun already would not have the folders of those who join it.
    this.#next ??= Promise.resolve().then(() => this.#slots.run(() => this.#round()));
    const failures = await this.#next;
    for (const folder of folders) if (failures.has(folder)) throw failures.get(folder);
  }

  async #round(): Promise<ReadonlyMap<string, unknown>> {
    const folders = [...this.#waiting];
    this.#waiting = new Set();
    this.#next = undefined;
    const failures = new Map<string, unknown>();
    const worker = async () => {
      for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        await syncFolder(folder).catch((error) => failures.set(folder!, error));
      }
    };
    await Promise.all(Array.from({ length: foldersAtOnce }, worker));
    return failures;
  }
}

/** Makes the entries of one folder durable now. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** A folder and those above it, up to `highest`. */
export function foldersUpTo(folder: string, highest: string): string[] {
  if (folder === highest || folder === path.dirname(folder)) return [folder];
  return [folder, ...foldersUpTo(path.dirname(folder), highest)];
}
