import { constants } from 'node:fs';
import { access, statfs, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { systemCode } from '../errors/system_error.ts';
import { makeFolders } from './make_folders.ts';
import { type Marker, markerName, readMarker, writeMarker } from './marker.ts';
import { inProvenFolder } from './proven_root.ts';
import { defaultRootName } from './root_folders.ts';
import type { RootState, RootStatus } from './root_status.ts';

/** With less than this nothing can be recorded: not even one fragment of every camera fits. */
const leastFreeBytes = 1024 * 1024;
/** A disk that has not answered after so long is taken for one that hangs. */
const patienceMs = 5_000;
const unwritableCodes = ['EROFS', 'EACCES', 'EPERM'];
const missingCodes = ['ENOENT', 'ENOTDIR'];

/** Watches one storage root: whether the right disk is there, can be written and has how much space. */
export class RootWatch {
  readonly id: string;
  readonly name: string;
  readonly folder: string;
  readonly #installationId: string;
  readonly #clock: Clock;
  /** Whether a folder without a marker may be taken for this root: never when it had one. */
  readonly #mayClaim: () => boolean;
  readonly #onProven: () => void;
  readonly #inFlightBytes: () => number;
  #status: RootStatus;
  #look: Promise<RootStatus> | undefined;
  #wasPresent = false;

  constructor(options: {
    id: string;
    name: string;
    folder: string;
    installationId: string;
    clock: Clock;
    mayClaim: () => boolean;
    /** The folder has the root's marker, for the first time since the start. */
    onProven: () => void;
    /** On the way to the disk. */
    inFlightBytes: () => number;
  }) {
    this.id = options.id;
    this.name = options.name;
    this.folder = options.folder;
    this.#installationId = options.installationId;
    this.#clock = options.clock;
    this.#mayClaim = options.mayClaim;
    this.#onProven = options.onProven;
    this.#inFlightBytes = options.inFlightBytes;
    this.#status = this.#unusable('missing', 'it was not looked at yet');
  }

  get status(): RootStatus {
    return this.#status;
  }

  /** Looks at the folder, or says that its disk does not answer: one question at a time must not fill the thread pool. */
  async check(): Promise<RootStatus> {
    this.#look ??= this.#lookAt().finally(() => {
      this.#look = undefined;
    });
    const answered = new AbortController();
    const hangs = sleep(this.#clock, patienceMs, answered.signal).then(
      () => this.#unusable('failing', 'its disk does not answer'),
      () => this.#status,
    );
    this.#status = await Promise.race([this.#look, hangs]);
    answered.abort();
    return this.#status;
  }

  async #lookAt(): Promise<RootStatus> {
    try {
      const fault = await this.#claimedFault();
      if (fault !== undefined) return this.#unusable('missing', fault);
      if (!this.#wasPresent) this.#onProven();
      this.#wasPresent = true;
      await access(this.folder, constants.W_OK | constants.X_OK);
      const { bavail, blocks, bsize } = await statfs(this.folder);
      const space = { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
      const inFlightBytes = this.#inFlightBytes();
      if (space.freeBytes - inFlightBytes < leastFreeBytes)
        return { ...this.#unusable('full', 'its disk is full'), ...space };
      // Most disks that were away come back whole; some come back so that only writing shows what is wrong.
      if (!this.#status.usable) await this.#tryWriting();
      const { id, name, folder } = this;
      return { id, name, folder, state: 'usable', usable: true, ...space, inFlightBytes };
    } catch (thrown) {
      return this.#unusable(stateOf(thrown), (thrown as Error).message.replace(/\.$/, ''));
    }
  }

  /** What the marker says against the folder, once it has one where it may get one. */
  async #claimedFault(): Promise<string | undefined> {
    // A further root is on a disk of its own: a folder that is not there is one that is not mounted.
    if (this.name === defaultRootName && this.#mayBeClaimed) await makeFolders(this.folder);
    const marker = await readMarker(this.folder);
    const isOld = typeof marker === 'object' && marker.rootId === undefined;
    const isOurs = typeof marker === 'object' && marker.installationId === this.#installationId;
    if ((marker === undefined && this.#mayBeClaimed) || (isOld && isOurs)) {
      await writeMarker(this.folder, { installationId: this.#installationId, rootId: this.id });
      return undefined;
    }
    return this.#fault(marker);
  }

  async #tryWriting(): Promise<void> {
    await inProvenFolder(this, async (folder) => {
      const file = path.join(folder, `${markerName}.test`);
      await writeFile(file, this.#markerText);
      await unlink(file);
    });
  }

  get #mayBeClaimed(): boolean {
    return !this.#wasPresent && this.#mayClaim();
  }

  #fault(marker: Marker | 'unreadable' | undefined): string | undefined {
    if (marker === undefined) {
      return `there is no file ${markerName} in it, as if its disk were not mounted; if it is to begin empty, write ${this.#markerText} into ${this.folder}/${markerName}`;
    }
    if (marker === 'unreadable') {
      return `its file ${markerName} cannot be understood; it should be ${this.#markerText}`;
    }
    if (marker.installationId !== this.#installationId) {
      return `it belongs to another installation, by its file ${markerName}`;
    }
    if (marker.rootId === this.id) return undefined;
    return `by its file ${markerName} it is another storage root than the one that was recorded to; mount the right disk, or start again`;
  }

  get #markerText(): string {
    return JSON.stringify({ installationId: this.#installationId, rootId: this.id });
  }

  #unusable(state: RootState, reason: string): RootStatus {
    const { id, name, folder } = this;
    const words = `The storage root ${name} (${folder}) cannot be used: ${reason}.`;
    const inFlightBytes = this.#inFlightBytes();
    return { id, name, folder, state, usable: false, reason: words, inFlightBytes };
  }
}

function stateOf(thrown: unknown): RootState {
  const cause = thrown instanceof NightjarError ? (thrown.cause ?? thrown) : thrown;
  const code = systemCode(cause) ?? '';
  if (unwritableCodes.includes(code)) return 'unwritable';
  if (code === 'ENOSPC') return 'full';
  if (missingCodes.includes(code)) return 'missing';
  return thrown instanceof NightjarError && thrown.code === 'recordings_missing' ? 'missing' : 'failing';
}

/** A folder that belongs to another installation is refused before anything is done with it. */
export function refuseForeign(folder: string, marker: Marker, installationId: string): void {
  if (marker.installationId === installationId) return;
  const file = `${folder}/${markerName}`;
  throw new NightjarError(
    'recordings_of_another',
    `${folder} belongs to another installation, by its file ${markerName}. To take it over, stop that one and remove ${file}.`,
    { place: { file } },
  );
}
