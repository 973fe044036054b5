import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { diskError } from '../errors/system_error.ts';
import { inRoot } from './proven_root.ts';
import type { RootFolders } from './root_folders.ts';

/** Beyond this many lines waiting for a disk that is away or hangs, further ones are left to the index alone. */
const maxWaitingLines = 10_000;

/**
 * What files of footage cannot hold, once more beside them: one JSON object per line, appended and never changed, so
 * that an index made anew takes it from here. Lines for a disk that is away wait for it.
 */
export class JournalFile {
  readonly #place: { readonly folders: RootFolders; readonly rootId: string; readonly name: string };
  readonly #onError: (error: Error) => void;
  #waiting: string[] = [];
  #writing: Promise<void> | undefined;

  /**
   * @param place the file's name, and the storage root that it lies in
   * @param onError told when lines could not be written; the index has them all the same
   */
  constructor(
    place: { readonly folders: RootFolders; readonly rootId: string; readonly name: string },
    onError: (error: Error) => void,
  ) {
    this.#place = place;
    this.#onError = onError;
  }

  append(entry: object): void {
    if (this.#waiting.length >= maxWaitingLines) return;
    this.#waiting.push(`${JSON.stringify(entry)}\n`);
    this.retry();
  }

  /** Writes what waits, as when the disk is back. */
  retry(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything that was taken is in the file, or was told to be not. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #write(): Promise<void> {
    const { folders, rootId, name } = this.#place;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await inRoot(folders, rootId, (folder) =>
          appendFile(path.join(folder, name), lines.join(''), { flush: true }),
        );
      } catch (error) {
        this.#onError(diskError(error, path.join(folders.get(rootId) ?? rootId, name)));
        this.#waiting = [...lines, ...this.#waiting].slice(0, maxWaitingLines);
        return;
      }
    }
  }
}
