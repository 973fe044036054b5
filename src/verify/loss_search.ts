import path from 'node:path';
import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { FileFinding } from '../index/losses.ts';
import type { RecordedFileList } from '../index/open_index.ts';
import type { RecordedFile } from '../index/recorded_file_list.ts';
import { inProvenFolder } from '../roots/proven_root.ts';
import { type LookedAtDisk, lookAt, realDisk } from './file_look.ts';
import type { SearchJob, SearchResult } from './search_job.ts';

/** Files between two looks at the marker of their root, and at the time. */
const batchFiles = 500;
/** The same of files that are read: one may take a while. */
const deepBatchFiles = 1;
/** What a disk says of a place that it cannot read; also in the moment in which it is reset. */
const brokenPlace = 'EIO';
/** A disk that is reset answers again after this. */
const secondLookMs = 10_000;
/** More are counted, and not told one by one. */
const maxUnread = 1_000;

interface Root {
  readonly id: string;
  readonly folder: string;
}

export interface LossSearchOptions {
  readonly files: Pick<RecordedFileList, 'after' | 'newest' | 'byIds' | 'isClosed'>;
  /** Absolute paths of folders, by the ids of the roots. */
  readonly roots: ReadonlyMap<string, string>;
  readonly job: SearchJob;
  readonly clock: Clock;
  readonly disk?: LookedAtDisk;
  /** Hears what is otherwise than the index says, of files of one root, whose marker was there before and after. */
  readonly onFindings: (rootId: string, findings: readonly FileFinding[]) => Promise<void>;
}

/**
 * Looks at the files of closed segments. Of the files of a root that is away nothing is said, nor of one that cannot be
 * read; but when the disk fails to read it (EIO) at the end of the search again, it is damaged.
 */
export async function searchLosses(options: LossSearchOptions): Promise<SearchResult> {
  const { roots, clock } = options;
  const away = new Set<string>();
  const unread = new Unread();
  let checked = 0;
  const search = async (batch: readonly RecordedFile[], isSecond: boolean) => {
    for (const [rootId, files] of Map.groupBy(batch, (file) => file.rootId)) {
      const folder = roots.get(rootId);
      if (folder === undefined) away.add(rootId);
      if (folder === undefined || away.has(rootId)) continue;
      try {
        await searchRoot({ id: rootId, folder }, files, options, { unread, isSecond });
        if (!isSecond) checked += files.length;
      } catch (error) {
        if (!(error instanceof NightjarError)) throw error;
        away.add(rootId);
      }
    }
    // Lets the process hear its parent.
    await sleep(clock, 0);
  };
  const reachedKey = await eachBatch(options, (batch) => search(batch, false));
  const { broken } = unread;
  if (broken.length > 0) {
    await sleep(clock, secondLookMs);
    await search(broken, true);
  }
  return { checked, reachedKey, awayRootIds: [...away], unreadable: unread.report() };
}

/** Resolves with the key of the last file when there are more behind it. */
async function eachBatch(
  { files, job, clock }: LossSearchOptions,
  search: (batch: readonly RecordedFile[]) => Promise<void>,
): Promise<number | undefined> {
  if (job.kind === 'segments') await search(files.byIds(job.ids));
  else if (job.kind === 'newest') await search(files.newest(job.perStream));
  else {
    const endMs = clock.monotonic() + job.forMs;
    const pageFrom = (key: number) => files.after(key, job.deep ? deepBatchFiles : batchFiles);
    for (let page = pageFrom(job.afterKey); page.length > 0; ) {
      await search(page);
      const { key } = page.at(-1)!;
      page = pageFrom(key);
      if (page.length > 0 && clock.monotonic() >= endMs) return key;
    }
  }
  return undefined;
}

/**
 * @param isSecond what the disk still cannot read is damaged
 * @throws NightjarError when the disk of the root is not there, before or after
 */
async function searchRoot(
  root: Root,
  files: readonly RecordedFile[],
  { files: list, job, disk = realDisk, onFindings }: LossSearchOptions,
  { unread, isSecond }: { readonly unread: Unread; readonly isSecond: boolean },
): Promise<void> {
  const deep = job.kind === 'segments' || (job.kind === 'all' && job.deep);
  const unreadHere: [RecordedFile, string][] = [];
  const findings = await inProvenFolder(root, async (folder) => {
    const found: FileFinding[] = [];
    for (const file of files) {
      const seen = await lookAt(path.join(folder, file.path), file, { deep, disk });
      const isBroken = typeof seen === 'object' && seen.unreadable === brokenPlace && isSecond;
      const finding = isBroken ? 'damaged' : seen;
      // Retention may have deleted it since the list was read.
      if (finding === (file.lostBecause ?? 'intact') || !list.isClosed(file)) continue;
      if (typeof finding === 'object') unreadHere.push([file, finding.unreadable]);
      else found.push({ segmentId: file.id, finding });
    }
    return found;
  });
  if (findings.length + unreadHere.length === 0) return;
  // By its name, too: what was unmounted meanwhile could be read to the end through its descriptor.
  await inProvenFolder(root, async () => {});
  for (const [file, code] of unreadHere) unread.add(file, code);
  if (findings.length > 0) await onFindings(root.id, findings);
}

/** Files that could not be read. */
class Unread {
  /** Those that a second look may tell more of. */
  readonly broken: RecordedFile[] = [];
  readonly #ids: string[] = [];
  readonly #codes = new Set<string>();
  #count = 0;
  #firstPath: string | undefined;

  add(file: RecordedFile, code: string): void {
    // What is known to be damaged is not condemned a second time.
    if (code === brokenPlace && file.lostBecause !== 'damaged' && this.broken.length < maxUnread) {
      this.broken.push(file);
    } else this.#tell(file, code);
  }

  #tell(file: RecordedFile, code: string): void {
    this.#count += 1;
    this.#firstPath ??= file.path;
    this.#codes.add(code);
    if (this.#ids.length < maxUnread) this.#ids.push(file.id);
  }

  report(): SearchResult['unreadable'] {
    return { count: this.#count, firstPath: this.#firstPath, codes: [...this.#codes], ids: this.#ids };
  }
}
