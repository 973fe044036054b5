import { constants } from 'node:fs';
import { access, mkdir, readFile, statfs, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock, Timer } from './clock/clock.ts';
import { NightjarError } from './errors/nightjar_error.ts';
import { systemCode } from './errors/system_error.ts';

/** Proves that the right disk is mounted: an empty mount point has no such file. */
const markerName = '.nightjar';
const checkMs = 10_000;

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
   * @throws NightjarError `recordings_unwritable`
   */
  static async prepare(options: {
    folder: string;
    installationId: string;
    clock: Clock;
  }): Promise<RecordingsFolder> {
    const { folder, installationId, clock } = options;
    try {
      await mkdir(folder, { recursive: true });
      await writeMarker(path.join(folder, markerName), installationId);
    } catch (thrown) {
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
    if (this.#checking) this.#status = unusable(this.#folder, 'its disk does not answer');
    else void this.#check();
  }

  async #check(): Promise<void> {
    this.#checking = true;
    this.#status = await this.#look();
    this.#checking = false;
  }

  async #look(): Promise<FolderStatus> {
    try {
      await access(this.#folder, constants.W_OK | constants.X_OK);
      const { bavail, blocks, bsize } = await statfs(this.#folder);
      const space = { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
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

/** A new data folder takes over what recordings there are: the files say themselves where they come from. */
async function writeMarker(file: string, installationId: string): Promise<void> {
  const text = `${JSON.stringify({ installationId })}\n`;
  try {
    if ((await readFile(file, 'utf8')) === text) {
      // The marker is right; another file shows whether the folder can be written today.
      await writeFile(`${file}.test`, text);
      return await unlink(`${file}.test`);
    }
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  }
  await writeFile(file, text);
}
