import { close as closeFile, fdatasync, ftruncate, open, read, unlink, writev } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Clock, Timer } from '../clock/clock.ts';
import { DiskSlots } from './disk_slots.ts';
import { FolderSync } from './folder_sync.ts';
import { makeFolders } from './make_folders.ts';

const openAsync = promisify(open);
const closeAsync = promisify(closeFile);
const fdatasyncAsync = promisify(fdatasync);
const writevAsync = promisify(writev);
const ftruncateAsync = promisify(ftruncate);
const readAsync = promisify(read);
const unlinkAsync = promisify(unlink);

/** Share of the time that may be spent in periodic syncs of one root; on a slower disk they come less often. */
const syncShare = 0.5;

/**
 * Writes under way at once. One would do for the disk, but each ends in a turn of the event loop of its own, and with
 * hundreds of streams there are not enough turns.
 */
const writesInFlight = 4;

/** A file with data that a power cut would take. */
export interface DirtyFile {
  readonly fd: number;
  /** Called before the sync starts; what it returns is called after the sync succeeded. Undefined: not needed. */
  beforeSync(): (() => void) | undefined;
  syncFailed(error: unknown): void;
}

/**
 * One recordings folder as one thread uses it: few writes and one sync are in flight, so that a disk that hangs takes
 * its own slots of the thread pool only, and files are made durable in periodic rounds.
 */
export class StorageRoot {
  readonly folder: string;
  readonly #clock: Clock;
  readonly #syncMs: number;
  readonly #writes = new DiskSlots(writesInFlight);
  readonly #syncs = new DiskSlots(1);
  readonly #folders = new FolderSync(this.#syncs);
  readonly #dirty = new Set<DirtyFile>();
  #roundTimer: Timer | undefined;
  #lastRoundMs = 0;
  /** Bytes of all streams that wait for this disk; kept by their writers. */
  queuedBytes = 0;

  /** @param syncMs how often files with new data are synced, in milliseconds */
  constructor(options: { folder: string; clock: Clock; syncMs: number }) {
    this.folder = options.folder;
    this.#clock = options.clock;
    this.#syncMs = options.syncMs;
  }

  /** What a power cut can cost at most, in milliseconds, by the latency measured last. */
  get lossBoundMs(): number {
    return this.#pauseMs() + this.#lastRoundMs;
  }

  /** Creates a file that must not exist yet, its folders as needed, and makes their entries durable. */
  async create(relativePath: string): Promise<number> {
    const file = path.join(this.folder, relativePath);
    const folder = path.dirname(file);
    const { fd, highest } = await this.#writes.run(async () => {
      const firstMade = await makeFolders(folder);
      const made = await openAsync(file, 'wx', 0o640);
      return { fd: made, highest: firstMade === undefined ? folder : path.dirname(firstMade) };
    });
    try {
      await this.#folders.sync(foldersUpTo(folder, highest));
    } catch (error) {
      await this.close(fd).catch(() => {});
      await unlinkAsync(file).catch(() => {});
      throw error;
    }
    return fd;
  }

  /** Writes all parts at `offset` with as few system calls as the kernel allows. */
  write(fd: number, parts: readonly Uint8Array[], offset: number): Promise<void> {
    return this.#writes.run(async () => {
      let left = parts.slice();
      let position = offset;
      while (left.length > 0) {
        const { bytesWritten } = await writevAsync(fd, left, position);
        position += bytesWritten;
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

  /** Makes a file's data durable now. */
  sync(fd: number): Promise<void> {
    return this.#syncs.run(() => fdatasyncAsync(fd));
  }

  /** Closes a file after the syncs that were asked for before. */
  close(fd: number): Promise<void> {
    return this.#syncs.run(() => closeAsync(fd));
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

/** A folder and those above it, up to `highest`. */
function foldersUpTo(folder: string, highest: string): string[] {
  if (folder === highest || folder === path.dirname(folder)) return [folder];
  return [folder, ...foldersUpTo(path.dirname(folder), highest)];
}

function skipBytes(parts: Uint8Array[], count: number): Uint8Array[] {
  let left = count;
  let index = 0;
  while (index < parts.length && left >= parts[index]!.length) left -= parts[index++]!.length;
  const rest = parts.slice(index);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}
