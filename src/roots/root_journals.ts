import { JournalFile } from './journal_file.ts';
import type { RootFolders } from './root_folders.ts';

/**
 * `gaps.jsonl`: why there is no footage; `events.jsonl`: what happened in front of cameras; `holds.jsonl`: what is
 * protected, and was released.
 */
export type JournalName = 'gaps' | 'events' | 'holds';

/** The journals of every storage root beside its footage, `<root>/<name>.jsonl`. */
export class RootJournals {
  readonly #roots: RootFolders;
  readonly #onError: (error: Error) => void;
  /** By root and name. */
  readonly #files = new Map<string, Map<JournalName, JournalFile>>();

  /** @param onError told when lines could not be written; the index has them all the same */
  constructor(roots: RootFolders, onError: (error: Error) => void) {
    this.#roots = roots;
    this.#onError = onError;
  }

  /** @param rootIds of roots that no setting names are passed over */
  append(name: JournalName, rootIds: Iterable<string>, entry: object): void {
    for (const rootId of rootIds) if (this.#roots.has(rootId)) this.#fileIn(rootId, name).append(entry);
  }

  /** A root is there again: what waited for it is written. */
  retry(rootId: string): void {
    for (const file of this.#files.get(rootId)?.values() ?? []) file.retry();
  }

  /** Resolves when everything that was taken is in the files, or was told to be not. */
  async flush(): Promise<void> {
    const files = [...this.#files.values()].flatMap((ofRoot) => [...ofRoot.values()]);
    await Promise.all(files.map((file) => file.flush()));
  }

  #fileIn(rootId: string, name: JournalName): JournalFile {
    const ofRoot = this.#files.get(rootId) ?? new Map<JournalName, JournalFile>();
    this.#files.set(rootId, ofRoot);
    const place = { folders: this.#roots, rootId, name: `${name}.jsonl` };
    const file = ofRoot.get(name) ?? new JournalFile(place, this.#onError);
    ofRoot.set(name, file);
    return file;
  }
}
