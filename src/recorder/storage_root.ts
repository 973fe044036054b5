import { close as closeFile, fdatasync, ftruncate, open, read, writev } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Clock, Timer } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { makeFolders } from '../roots/make_folders.ts';
import { inProvenFolder } from '../roots/proven_root.ts';
import { writeCameraLabel } from './camera_label_file.ts';
import { DiskLatency } from './disk_latency.ts';
import { DiskSlots } from './disk_slots.ts';
import { FolderSync, foldersUpTo } from './folder_sync.ts';
import type { CameraLabel } from './stream_job.ts';

const openAsync = promisify(open);
const closeAsync = promisify(closeFile);
const fdatasyncAsync = promisify(fdatasync);
const writevAsync = promisify(writev);
const ftruncateAsync = promisify(ftruncate);
const readAsync = promisify(read);

/** Share of the time that may be spent in periodic syncs of one root; on a slower disk they come less often. */
const syncShare = 0.5;

/**
 * Writes under way at once. One would do for the disk, but each ends in a turn of the event loop of its own, and with
 * hundreds of streams there are not enough turns.
 */
const writesInFlight = 4;
/** Files and folders made at once, with turns of their own: a fragment does not wait for what is made for others. */
const namesInFlight = 2;
/** Syncs under way at once. The disk does several in the time of one, and a close does not wait for a round of all files. */
const syncsInFlight = 2;

/** A call of the disk that has not come back after this is taken for one that hangs, in milliseconds. */
const patienceMs = 5_000;

/** So many are remembered to be durable; when there are more, they are synced once more. */
const maxDurableFolders = 4096;

/** A file with data that a power cut would take. */
export interface DirtyFile {
  readonly fd: number;
  /** Called before the sync starts; what it returns is called after the sync succeeded. Undefined: not needed. */
  beforeSync(): (() => void) | undefined;
  syncFailed(error: unknown): void;
}

/**
 * One recordings folder as one thread uses it: few writes and syncs are in flight, so that a disk that hangs takes
 * its own slots of the thread pool only, and files are made durable in periodic rounds.
 */
export class StorageRoot {
  readonly id: string;
  readonly #folder: string | undefined;
  readonly #isMarked: boolean;
  readonly #clock: Clock;
  readonly #syncMs: number;
  /** Folders whose entries in the folders above are on the disk. */
  readonly #durableFolders = new Set<string>();
  readonly #latency: DiskLatency;
  readonly #writes: DiskSlots;
  readonly #names: DiskSlots;
  readonly #syncs: DiskSlots;
  readonly #folders: FolderSync;
  /** Syncs of folders that open files wait for before they are durable. */
  readonly #naming = new Map<number, Promise<void>>();
  /** Syncs of open files that are not done yet; never rejects. */
  readonly #syncing = new Map<number, Promise<unknown>>();
  readonly #dirty = new Set<DirtyFile>();
  /** Bytes written to open files since their last sync. */
  readonly #unsynced = new Map<number, number>();
  #roundTimer: Timer | undefined;
  #lastRoundMs = 0;
  /** Bytes of all streams that wait for this disk; kept by their writers. */
  queuedBytes = 0;
  #away: string | undefined;

  /**
   * @param folder undefined: no setting gives the root one
   * @param syncMs how often files with new data are synced, in milliseconds
   */
  constructor(options: {
    id: string;
    folder: string | undefined;
    /** Its marker is looked for before anything is made in it; else it is a folder that a person has named just now. */
    isMarked?: boolean;
    clock: Clock;
    syncMs: number;
  }) {
    this.id = options.id;
    this.#folder = options.folder;
    this.#isMarked = options.isMarked ?? false;
    this.#clock = options.clock;
    this.#syncMs = options.syncMs;
    this.#latency = new DiskLatency(options.clock);
    this.#writes = new DiskSlots(writesInFlight, this.#latency);
    this.#names = new DiskSlots(namesInFlight, this.#latency);
    this.#syncs = new DiskSlots(syncsInFlight, this.#latency);
    this.#folders = new FolderSync(this.#syncs);
  }

  /** @throws NightjarError `recordings_missing` when no setting gives the root a folder */
  get folder(): string {
    if (this.#folder !== undefined) return this.#folder;
    throw new NightjarError(
      'recordings_missing',
      'No setting gives a folder to the storage root of this camera: choose another one for it, or add it to storageRoots.',
    );
  }

  /** Why nothing can be recorded to it at the moment, in words; undefined while it may be tried. */
  get away(): string | undefined {
    return this.#away;
  }

  set away(reason: string | undefined) {
    this.#away = reason;
    // It may come back as it was before.
    this.#durableFolders.clear();
  }

  /** What a power cut can cost at most, in milliseconds, by the latency measured last. */
  get lossBoundMs(): number {
    return this.#pauseMs() + this.#lastRoundMs;
  }

  /** Bytes that are on their way to the disk: in memory, or written and not yet synced. */
  get inFlightBytes(): number {
    return [...this.#unsynced.values()].reduce((sum, bytes) => sum + bytes, this.queuedBytes);
  }

  /** The longest that a call of the disk took lately, with its wait for its turn, in milliseconds. */
  get slowestWriteMs(): number {
    return this.#latency.slowestMs;
  }

  /** Whether the disk has not answered for so long that waiting for it may last for ever. */
  get hangs(): boolean {
    return this.#latency.waitsMs > patienceMs;
  }

  /**
   * Creates a file that must not exist yet, and its folders as needed. Their names are made durable meanwhile: only the
   * syncs of the file wait for that, since the end of the process takes no names away.
   */
  async create(relativePath: string): Promise<number> {
    const { folder } = this;
    const { fd, firstMade } = await this.#names.run(() =>
      this.#inFolder(async (base) => {
        const first = await makeFolders(path.join(base, path.dirname(relativePath)));
        const made = await openAsync(path.join(base, relativePath), 'wx', 0o640);
        return { fd: made, firstMade: first && path.join(folder, path.relative(base, first)) };
      }),
    );
    const named = this.#makeNamesDurable(path.dirname(path.join(folder, relativePath)), firstMade);
    named.catch(() => {});
    this.#naming.set(fd, named);
    return fd;
  }

  /** Of a file in `folder`, and of those above it that may not be on the disk. */
  async #makeNamesDurable(folder: string, firstMade: string | undefined): Promise<void> {
    const unsure = this.#unsureFolders(folder, firstMade);
    await this.#folders.sync([folder, ...unsure.map((each) => path.dirname(each))]);
    if (this.#durableFolders.size > maxDurableFolders) this.#durableFolders.clear();
    for (const each of unsure) this.#durableFolders.add(each);
  }

  /**
   * Folders on the way to a file whose names may not be on the disk: those that were made for it, and those that were
   * found there: another thread, or a process that was killed, may have made them a moment ago.
   */
  #unsureFolders(folder: string, firstMade: string | undefined): string[] {
    const made = firstMade === undefined ? [] : foldersUpTo(folder, firstMade);
    for (const each of made) this.#durableFolders.delete(each);
    const above = foldersUpTo(folder, this.folder).slice(0, -1);
    return above.filter((each) => !this.#durableFolders.has(each));
  }

  /** Writes `camera.json`, which says whose footage this is. */
  writeLabel(label: CameraLabel): Promise<void> {
    return this.#names.run(() => this.#inFolder((base) => writeCameraLabel(base, label)));
  }

  /** Writes all parts at `offset` with as few system calls as the kernel allows. */
  write(fd: number, parts: readonly Uint8Array[], offset: number): Promise<void> {
    return this.#writes.run(async () => {
      let left = parts.slice();
      let position = offset;
      while (left.length > 0) {
        const { bytesWritten } = await writevAsync(fd, left, position);
        position += bytesWritten;
        this.#unsynced.set(fd, (this.#unsynced.get(fd) ?? 0) + bytesWritten);
        left = skipBytes(left, bytesWritten);
      }
    });
  }

  /** Reads `length` bytes at `offset` of a file; RangeError when it has fewer. */
  read(relativePath: string, offset: number, length: number): Promise<Buffer> {
    return this.#writes.run(async () => {
      const fd = await openAsync(path.join(this.folder, relativePath), 'r');
      try {
        const { bytesRead, buffer } = await readAsync(fd, Buffer.allocUnsafeSlow(length), 0, length, offset);
        if (bytesRead < length) throw new RangeError(`${relativePath} has ${offset + bytesRead} bytes only`);
        return buffer;
      } finally {
        await closeAsync(fd);
      }
    });
  }

  /** Makes a file's data durable now, and its name, should that not be so yet. */
  sync(fd: number): Promise<void> {
    const synced = this.#syncNow(fd);
    this.#syncing.set(fd, Promise.allSettled([this.#syncing.get(fd), synced]));
    return synced;
  }

  async #syncNow(fd: number): Promise<void> {
    await this.#naming.get(fd);
    await this.#syncs.run(async () => {
      const before = this.#unsynced.get(fd) ?? 0;
      await fdatasyncAsync(fd);
      this.#unsynced.set(fd, (this.#unsynced.get(fd) ?? 0) - before);
    });
  }

  /** Closes a file after the syncs that were asked for before. */
  async close(fd: number): Promise<void> {
    await this.#syncing.get(fd);
    this.#syncing.delete(fd);
    this.#naming.delete(fd);
    await this.#syncs.run(() => {
      this.#unsynced.delete(fd);
      return closeAsync(fd);
    });
  }

  truncate(fd: number, bytes: number): Promise<void> {
    return this.#writes.run(() => ftruncateAsync(fd, bytes));
  }

  /** Notes that a file has data for the next round of syncs. */
  markDirty(file: DirtyFile): void {
    this.#dirty.add(file);
    this.#roundTimer ??= this.#clock.after(this.#pauseMs(), () => void this.#syncRound());
  }

  forget(file: DirtyFile): void {
    this.#dirty.delete(file);
  }

  async #inFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
    const { id, folder } = this;
    return this.#isMarked ? inProvenFolder({ id, folder }, use) : use(folder);
  }

  #pauseMs(): number {
    return Math.max(this.#syncMs, (this.#lastRoundMs * (1 - syncShare)) / syncShare);
  }

  async #syncRound(): Promise<void> {
    const started = this.#clock.monotonic();
    const files = [...this.#dirty];
    this.#dirty.clear();
    for (const file of files) {
      const synced = file.beforeSync();
      if (!synced) continue;
      try {
        await this.sync(file.fd);
        synced();
      } catch (error) {
        file.syncFailed(error);
      }
    }
    this.#lastRoundMs = this.#clock.monotonic() - started;
    this.#roundTimer = undefined;
    if (this.#dirty.size > 0) {
      this.#roundTimer = this.#clock.after(this.#pauseMs(), () => void this.#syncRound());
    }
  }
}

function skipBytes(parts: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let index = 0;
  while (index < parts.length && left >= parts[index]!.length) left -= parts[index++]!.length;
  const rest = parts.slice(index);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}
