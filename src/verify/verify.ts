import path from 'node:path';
import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { InspectedFile } from '../index/inspection.ts';
import type { InspectedIndex } from '../index/open_index.ts';
import { startInName } from '../recorder/paths.ts';
import { scanFile } from '../recorder/scan_file.ts';
import { judgeStray, type StrayFile } from '../recorder/stray_file.ts';
import { fileBytes, readFolder } from '../roots/folder_entries.ts';
import type { FoundRoot } from '../roots/mounted_roots.ts';
import { defaultRootName } from '../roots/root_folders.ts';
import { isSetAside } from '../roots/set_aside_files.ts';
import { compareFootage } from './compare_footage.ts';
import type { Difference } from './difference.ts';

/** Rows that are read from the list at once. */
const pageRows = 2_000;
/** Of the folders between the recordings folder and the files: camera, stream, year, month, day, hour. */
const hourDepth = 6;
const notOurs = 'neither footage nor of use to Nightjar';
const setAsideWords =
  'set aside by recovery, as it may have footage that cannot be placed: keep it elsewhere or delete it';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a comparison is busy with, and how far it is. */
export interface VerifyProgress {
  readonly step: 'index' | 'files' | 'strays';
  readonly done: number;
  /** Undefined where nobody knows. */
  readonly total: number | undefined;
}

export interface VerifyResult {
  readonly segments: number;
  /** Of the files that were compared. */
  readonly bytes: number;
  readonly differences: number;
  /** Files that are no difference: copies, set aside by recovery, or not Nightjar's. */
  readonly others: number;
  /** False when it was told to stop. */
  readonly complete: boolean;
}

export interface VerifyOptions {
  readonly index: InspectedIndex;
  /** As the settings have them. */
  readonly roots: readonly FoundRoot[];
  /** Each file is read from end to end: hashes, checksums and times. */
  readonly deep: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onDifference: (difference: Difference) => void;
  /** A file or folder that is neither footage of its own nor a journal, by its whole path, and what it is. */
  readonly onOther: (file: string, what: string) => void;
  readonly onProgress: (progress: VerifyProgress) => void;
}

/**
 * Compares the index with itself and with the recorded files, beside a server that records or without one. A difference
 * is told only when it is still one after the server had its say: open segments, and what came or went meanwhile, are none.
 */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const comparison = new Comparison(options);
  await comparison.run();
  return comparison.result();
}

/** A root of which rows and files are compared. */
interface ComparedRoot {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
}

class Comparison {
  readonly #options: VerifyOptions;
  #roots: readonly ComparedRoot[] = [];
  #segments = 0;
  #bytes = 0;
  #differences = 0;
  #others = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    await this.#checkIndex();
    this.#roots = this.#mounted();
    for (const root of this.#roots) {
      await this.#compareRows(root);
      await this.#findStrays(root, []);
    }
  }

  /** Roots whose disk is there; of the others the index must not have a file. */
  #mounted(): ComparedRoot[] {
    const { index, roots } = this.#options;
    const known = index.roots();
    const mounted = roots.flatMap(({ name, folder, marker }): ComparedRoot[] => {
      if (marker?.installationId !== index.installationId) return [];
      // A marker from the time of one folder has no id of a root.
      const id = marker.rootId ?? known.find((root) => root.name === defaultRootName)?.id;
      return id === undefined ? [] : [{ id, name, folder }];
    });
    for (const { id, name, files } of known) {
      if (files === 0 || mounted.some((root) => root.id === id)) continue;
      const folder = roots.find((root) => root.name === name)?.folder;
      const where = folder === undefined ? 'no setting gives it a folder' : `${folder} has no marker of it`;
      const detail = `${where}, as if its disk were not mounted; ${files === 1 ? 'its file is' : `its ${files} files are`} not compared`;
      this.#tell({ kind: 'root_missing', root: name, detail });
    }
    return mounted;
  }

  result(): VerifyResult {
    return {
      segments: this.#segments,
      bytes: this.#bytes,
      differences: this.#differences,
      others: this.#others,
      complete: !this.#isStopped,
    };
  }

  get #isStopped(): boolean {
    return this.#options.signal.aborted;
  }

  #tell(difference: Difference): void {
    this.#differences += 1;
    this.#options.onDifference(difference);
  }

  async #checkIndex(): Promise<void> {
    const { index, onProgress, clock } = this.#options;
    const steps = index.checkSteps();
    for (const [at, step] of steps.entries()) {
      if (this.#isStopped) return;
      onProgress({ step: 'index', done: at, total: steps.length });
      for (const detail of step()) this.#tell({ kind: 'index', detail });
      // Lets the process hear a signal.
      await sleep(clock, 0);
    }
  }

  /** Each folder that the index knows: its rows and its files. */
  async #compareRows(root: ComparedRoot): Promise<void> {
    const { index, onProgress } = this.#options;
    const total = index.roots().reduce((sum, { files }) => sum + files, 0);
    let rows: InspectedFile[] = [];
    for (let page = index.filesAfter(root.id, undefined, pageRows); page.length > 0; ) {
      rows.push(...page);
      page = index.filesAfter(root.id, page.at(-1), pageRows);
      // The last folder may go on with the next page.
      const end = page.length === 0 ? rows.length : firstOfLastFolder(rows);
      for (const folder of folders(rows.slice(0, end))) {
        if (this.#isStopped) return;
        onProgress({ step: 'files', done: this.#segments, total });
        await this.#compareFolder(root, path.posix.dirname(folder[0]!.path), folder);
      }
      rows = rows.slice(end);
    }
  }

  async #compareFolder(root: ComparedRoot, folder: string, rows: readonly InspectedFile[]): Promise<void> {
    const found = await this.#entries(root, folder);
    if (!found) return;
    const names = new Set(found.files);
    for (const row of rows) {
      if (this.#isStopped) return;
      const isThere = names.delete(path.posix.basename(row.path));
      await this.#compareFile(root, row, isThere);
    }
    for (const name of names) await this.#stray(root, `${folder}/${name}`);
  }

  async #compareFile(root: ComparedRoot, row: InspectedFile, isThere: boolean): Promise<void> {
    this.#segments += 1;
    if (row.state !== 'closed') return;
    const place = { root: root.name, path: row.path };
    const bytes = isThere ? fileBytes(path.join(root.folder, row.path)) : undefined;
    if (bytes === undefined) {
      if (this.#isClosed(row))
        this.#tell({
          kind: 'row_without_file',
          ...place,
          segmentKey: row.key,
          detail: 'there is no such file',
        });
      return;
    }
    this.#bytes += bytes;
    if (bytes !== row.bytes && this.#isClosed(row)) {
      this.#tell({ kind: 'size', ...place, detail: `it has ${bytes} bytes, and ${row.bytes} in the index` });
    }
    if (this.#options.deep) await this.#compareContent(root, row);
  }

  async #compareContent(root: ComparedRoot, row: InspectedFile): Promise<void> {
    const segment = this.#options.index.segment(row.key);
    if (!segment) return;
    try {
      const scanned = await scanFile(path.join(root.folder, row.path), segment.id);
      for (const difference of compareFootage(segment, scanned))
        this.#tell({ ...difference, root: root.name });
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      if (!this.#isClosed(row)) return;
      this.#tell({ kind: 'unreadable', root: root.name, path: row.path, detail: error.message });
    }
  }

  /** Retention may have deleted it since the list was made. */
  #isClosed({ key }: InspectedFile): boolean {
    return this.#options.index.isClosed(key);
  }

  /** Folders that no row names. */
  async #findStrays(root: ComparedRoot, parts: readonly string[]): Promise<void> {
    const { index, onProgress } = this.#options;
    const folder = parts.join('/');
    if (this.#isStopped || (parts.length === hourDepth && index.hasFilesIn(root.id, folder))) return;
    onProgress({ step: 'strays', done: 0, total: undefined });
    const found = await this.#entries(root, folder);
    for (const name of found?.files ?? []) {
      if (!isOwnFile(parts, name)) await this.#stray(root, [...parts, name].join('/'));
    }
    for (const name of found?.folders ?? []) {
      const isOurs = parts.length < 2 ? uuid.test(name) : /^\d+$/.test(name);
      if (isOurs && parts.length < hourDepth) await this.#findStrays(root, [...parts, name]);
      else this.#other(root, [...parts, name].join('/'), notOurs);
    }
  }

  async #stray(root: ComparedRoot, file: string): Promise<void> {
    if (this.#isStopped) return;
    if (isSetAside(file)) return this.#other(root, file, setAsideWords);
    if (!file.endsWith('.mp4')) return this.#other(root, file, notOurs);
    const { index } = this.#options;
    // The server may have taken it in, or away, since the folder was read.
    if (index.hasFile({ rootId: root.id, path: file }) || !this.#isThere(root, file)) return;
    try {
      const judged = await judgeStray({ folder: root.folder, path: file }, index);
      const detail = this.#strayWords(root, file, judged);
      if (detail !== undefined) this.#tell({ kind: 'file_without_row', root: root.name, path: file, detail });
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      if (!this.#isThere(root, file)) return;
      this.#tell({ kind: 'unreadable', root: root.name, path: file, detail: error.message });
    }
  }

  #isThere({ folder }: Pick<ComparedRoot, 'folder'>, file: string): boolean {
    return fileBytes(path.join(folder, file)) !== undefined;
  }

  /** What keeps a file from being of use; undefined for what is no difference. */
  #strayWords(root: ComparedRoot, file: string, judged: StrayFile): string | undefined {
    if (judged.kind === 'footage') return 'no row has it; the next start takes it in';
    if (judged.kind === 'foreign') return `no row has it, and no start takes it in: ${judged.detail}`;
    if (judged.kind === 'no footage') {
      // A name as the recorder gives it says that there was footage.
      if (startInName(file) !== undefined)
        return `no row has it, and no start takes it in: nothing in it can be read (${judged.detail})`;
      return void this.#other(root, file, `no footage of Nightjar (${judged.detail})`);
    }
    const { rootId, path: original } = judged.of;
    if (rootId === root.id && original === file) return undefined;
    const other = this.#roots.find(({ id }) => id === rootId);
    const where = !other || other === root ? original : `${other.name} ${original}`;
    if (other && !this.#isThere(other, original))
      return `no row has it, but it is the footage of ${where}, which is not there: give it that name`;
    return void this.#other(root, file, `a copy of ${where}`);
  }

  #other(root: ComparedRoot, file: string, what: string): void {
    this.#others += 1;
    this.#options.onOther(path.join(root.folder, file), what);
  }

  async #entries(root: ComparedRoot, folder: string) {
    try {
      return (await readFolder(path.join(root.folder, folder))) ?? { files: [], folders: [] };
    } catch (error) {
      if (!(error instanceof NightjarError)) throw error;
      this.#tell({ kind: 'unreadable', root: root.name, path: folder, detail: error.message });
      return undefined;
    }
  }
}

/** What lies beside the footage and is no footage: the marker, journals, labels of cameras. */
function isOwnFile(parts: readonly string[], name: string): boolean {
  if (parts.length === 0) return name === '.nightjar' || name.endsWith('.jsonl');
  return parts.length === 1 && name === 'camera.json';
}

/** Rows by their folders; they are in the order of their paths. */
function folders(rows: readonly InspectedFile[]): InspectedFile[][] {
  return [...Map.groupBy(rows, (row) => path.posix.dirname(row.path)).values()];
}

function firstOfLastFolder(rows: readonly InspectedFile[]): number {
  const last = path.posix.dirname(rows.at(-1)!.path);
  return rows.findIndex((row) => path.posix.dirname(row.path) === last);
}
