import type { Clock, Timer } from '../clock/clock.ts';
import { sleep } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { Topic } from '../events/topic.ts';
import { type Marker, readMarker } from './marker.ts';
import { defaultRootName, type RootFolders } from './root_folders.ts';
import { awayReason, type RootStatus } from './root_status.ts';
import { RootWatch, refuseForeign } from './root_watch.ts';

/** How often each root is looked at. */
const checkMs = 3_000;
/** How long a start waits for a disk to say whose it is. */
const patienceMs = 5_000;

/** A root as the settings have it. */
export interface ConfiguredRoot {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
}

/** What is needed of the index. */
export interface RootLedger {
  settle(roots: readonly { readonly name: string; readonly id: string | undefined }[]): string[];
  named(name: string): { readonly id: string };
  claim(id: string): void;
  isClaimed(id: string): boolean;
}

/** The folders that footage is written to. Each is known by the id in its marker, wherever it is mounted. */
export class StorageRoots {
  /** A root was looked at, and this was found. */
  readonly checked = new Topic<RootStatus>();
  /** A root went away or came back: see `awayReason`. */
  readonly changed = new Topic<RootStatus>();
  /** Of all roots that the settings name. */
  readonly folders: RootFolders;
  readonly #roots: readonly RootWatch[];
  readonly #ledger: RootLedger;
  readonly #timer: Timer;
  readonly #away: Set<string>;

  private constructor(roots: readonly RootWatch[], ledger: RootLedger, clock: Clock) {
    this.#ledger = ledger;
    this.#roots = roots;
    this.folders = new Map(roots.map(({ id, folder }) => [id, folder]));
    const away = roots.filter(({ status }) => awayReason(status) !== undefined);
    this.#away = new Set(away.map(({ id }) => id));
    this.#timer = clock.every(checkMs, () => this.#tick());
  }

  /**
   * Finds out which root is where, takes new folders into use, and begins to watch all of them. A root that is missing or
   * cannot be written is no reason not to start: it is looked at again and again.
   *
   * @throws NightjarError `recordings_of_another`, `setting_invalid` for two names of one folder; nothing is written then
   */
  static async prepare(options: {
    roots: readonly ConfiguredRoot[];
    ledger: RootLedger;
    installationId: string;
    clock: Clock;
    /** Bytes that are on their way to a root, which its file system may not have counted. */
    inFlightBytes: (rootId: string) => number;
  }): Promise<StorageRoots> {
    const { roots, ledger, installationId, clock, inFlightBytes } = options;
    const markers = await Promise.all(roots.map(({ folder }) => markerInTime(folder, clock)));
    for (const [index, marker] of markers.entries()) {
      if (marker) refuseForeign(roots[index]!.folder, marker, installationId);
    }
    refuseDoubles(roots, markers);
    const ids = ledger.settle(roots.map(({ name }, index) => ({ name, id: markers[index]?.rootId })));
    const watches = roots.map(({ name, folder }, index) => {
      const id = ids[index]!;
      return new RootWatch({
        id,
        name,
        folder,
        installationId,
        clock,
        mayClaim: () => !ledger.isClaimed(id),
        onProven: () => ledger.claim(id),
        inFlightBytes: () => inFlightBytes(id),
      });
    });
    await Promise.all(watches.map((watch) => watch.check()));
    return new StorageRoots(watches, ledger, clock);
  }

  /** In the order of the settings, the default root first. */
  get statuses(): readonly RootStatus[] {
    return this.#roots.map(({ status }) => status);
  }

  /** The id of the root with this name, which need not be in the settings any more; of the default root when undefined. */
  idOf(name: string = defaultRootName): string {
    return this.#roots.find((root) => root.name === name)?.id ?? this.#ledger.named(name).id;
  }

  /** Whether nothing can be recorded to a root at the moment; see `awayReason`. */
  isAway(rootId: string): boolean {
    const root = this.#roots.find(({ id }) => id === rootId);
    return root === undefined || awayReason(root.status) !== undefined;
  }

  /** False while the root is known to be away, read-only or full. */
  isUsable(rootId: string): boolean {
    return this.#roots.find(({ id }) => id === rootId)?.status.usable ?? false;
  }

  /** Looks whether the disk of this root is mounted, and can be written as far as there is space. */
  async isPresent(rootId: string): Promise<boolean> {
    const status = await this.#roots.find(({ id }) => id === rootId)?.check();
    return status !== undefined && awayReason(status) === undefined;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #tick(): void {
    for (const root of this.#roots) void this.#check(root);
  }

  async #check(root: RootWatch): Promise<void> {
    const status = await root.check();
    const isAway = awayReason(status) !== undefined;
    if (isAway === this.#away.has(root.id)) return this.checked.publish(status);
    if (isAway) this.#away.add(root.id);
    else this.#away.delete(root.id);
    this.checked.publish(status);
    this.changed.publish(status);
  }
}

/** Undefined also when the disk does not answer, or cannot be read: that is told later. */
async function markerInTime(folder: string, clock: Clock): Promise<Marker | undefined> {
  const answered = new AbortController();
  const hangs = sleep(clock, patienceMs, answered.signal).catch(() => {});
  const marker = await Promise.race([readMarker(folder).catch(() => undefined), hangs]);
  answered.abort();
  return typeof marker === 'object' ? marker : undefined;
}

function refuseDoubles(roots: readonly ConfiguredRoot[], markers: readonly (Marker | undefined)[]): void {
  for (const [index, { name, folder }] of roots.entries()) {
    const rootId = markers[index]?.rootId;
    const other = roots
      .slice(0, index)
      .find((root, at) => root.folder === folder || (rootId !== undefined && markers[at]?.rootId === rootId));
    if (!other) continue;
    throw new NightjarError(
      'setting_invalid',
      `The storage roots ${other.name} and ${name} are the same folder: ${folder}.`,
      { place: { field: 'storageRoots' } },
    );
  }
}
