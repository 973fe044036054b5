import { constants } from 'node:fs';
import { access, readFile, statfs, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Timer } from './clock/clock.ts';
import { NightjarError } from './errors/nightjar_error.ts';
import { systemCode } from './errors/system_error.ts';
import { Topic } from './events/topic.ts';
import { makeFolders } from './recorder/make_folders.ts';

/** Proves that the right disk is mounted: an empty mount point has no such file. */
const markerName = '.nightjar';
const checkMs = 10_000;
/** With less than this nothing can be recorded: not even one fragment of every camera fits. */
const leastFreeBytes = 1024 * 1024;

/** What is known of the recordings folder and its disk. */
export interface FolderStatus {
  readonly folder: string;
  readonly usable: boolean;
  /** Why it is not usable, in words. */
  readonly reason?: string;
  readonly totalBytes?: number;
  readonly freeBytes?: number;
}

/** Watches the recordings folder: whether the right disk is there, can be written and has how much space. */
export class RecordingsFolder {
  /** The folder was looked at, and this was found. */
  readonly checked = new Topic<FolderStatus>();
  readonly #folder: string;
  readonly #installationId: string;
  #status: FolderStatus;
  #timer: Timer | undefined;
  #checking = false;

  private constructor(folder: string, installationId: string) {
    this.#folder = folder;
    this.#installationId = installationId;
    this.#status = { folder, usable: true };
  }

  /**
   * Makes the folder where there is none, proves that it can be written, and begins to watch it.
   *
   * @throws NightjarError `recordings_unwritable`, `recordings_missing` or `recordings_of_another`; nothing is written then
   */
  static async prepare(options: {
    folder: string;
    installationId: string;
    clock: Clock;
    /** Whether the index has footage, which must be in the folder then. */
    hasFootage: boolean;
  }): Promise<RecordingsFolder> {
    const { folder, installationId, clock } = options;
    try {
      await makeFolders(folder);
      await claim(path.join(folder, markerName), options);
    } catch (thrown) {
      if (thrown instanceof NightjarError) throw thrown;
      throw new NightjarError('recordings_unwritable', `${folder}: ${(thrown as Error).message}.`, {
        place: { file: folder },
        cause: thrown,
      });
    }
    const recordings = new RecordingsFolder(folder, installationId);
    await recordings.#check();
    recordings.#timer = clock.every(checkMs, () => recordings.#tick());
    return recordings;
  }

  get status(): FolderStatus {
    return this.#status;
  }

  /** True when the disk with the recordings is mounted. */
  async isPresent(): Promise<boolean> {
    try {
      const marker = JSON.parse(await readFile(path.join(this.#folder, markerName), 'utf8'));
      return marker.installationId === this.#installationId;
    } catch {
      return false;
    }
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #tick(): void {
    // A disk that hangs never answers; one question at a time must not fill the thread pool.
    if (this.#checking) this.#found(unusable(this.#folder, 'its disk does not answer'));
    else void this.#check();
  }

  async #check(): Promise<void> {
    this.#checking = true;
    const status = await this.#look();
    this.#checking = false;
    this.#found(status);
  }

  #found(status: FolderStatus): void {
    this.#status = status;
    this.checked.publish(status);
  }

  async #look(): Promise<FolderStatus> {
    try {
      await access(this.#folder, constants.W_OK | constants.X_OK);
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      const space = { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
      if (space.freeBytes < leastFreeBytes)
        return { ...unusable(this.#folder, 'its disk is full'), ...space };
      if (await this.isPresent()) return { folder: this.#folder, usable: true, ...space };
      return unusable(this.#folder, `its file ${markerName} is gone, as if another disk were mounted`);
    } catch (thrown) {
      return unusable(this.#folder, (thrown as Error).message);
    }
  }
}

function unusable(folder: string, reason: string): FolderStatus {
  return { folder, usable: false, reason: `The recordings folder ${folder} cannot be used: ${reason}.` };
}

/** Writes the marker of a folder that has none, and proves of one that has that it is ours and can be written. */
async function claim(
  file: string,
  { folder, installationId, hasFootage }: { folder: string; installationId: string; hasFootage: boolean },
): Promise<void> {
  const text = `${JSON.stringify({ installationId })}\n`;
  const place = { file };
  const found = await readMarker(file);
  if (found === undefined && hasFootage) {
    const detail = `There is recorded footage, but ${folder} has no file ${markerName}, as if its disk were not mounted. If it is to begin empty, write ${text.trim()} into ${file}.`;
    throw new NightjarError('recordings_missing', detail, { place });
  }
  if (found !== undefined && found !== text) {
    const detail = `${folder} belongs to another installation, by its file ${markerName}. To take it over, stop that one and remove ${file}.`;
    throw new NightjarError('recordings_of_another', detail, { place });
  }
  if (found === undefined) return writeFile(file, text);
  // The marker is right; another file shows whether the folder can be written today.
  await writeFile(`${file}.test`, text);
  await unlink(`${file}.test`);
}

async function readMarker(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
