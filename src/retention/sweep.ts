import type { Clock } from '../clock/clock.ts';
import { nextTurn } from '../clock/next_turn.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError } from '../errors/system_error.ts';
import type { ProtectedRange } from '../footage/protected_range.ts';
import type { CameraEventIndex, CameraIndex, Deletion } from '../index/open_index.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import { candidateSteps } from './candidates.ts';
import { type DefaultLimits, limitsOf } from './limits.ts';
import {
  ageLimit,
  type CameraFacts,
  type Condemned,
  planRetention,
  type RetentionFacts,
  type RetentionRule,
} from './plan.ts';
import { type DeletedSegment, FootageRemoval } from './removal.ts';
import type { RetentionLog } from './retention_log.ts';
import { RetentionTime } from './retention_time.ts';
import { type RootSpace, RootTally, roomBytes } from './root_tally.ts';
import { type Shortfall, shortfalls } from './shortfall.ts';
import { type SweepFiles, sweepFiles } from './sweep_files.ts';
import { SweepTally } from './sweep_tally.ts';

/**
 * Files that go together: one transaction condemns them, and each of their folders is synced once. A sweep that finds
 * much to do takes more at a time; the most is what keeps the main thread for about a tenth of a second.
 */
const firstBatch = 256;
const largestBatch = 1_024;
/** Lines of the log that are written without a break. */
const linesAtOnce = 256;
/** A disk on which deletions gave no space gets no more of them for space so long. */
const barrenMs = 3_600_000;
/** Events of a camera that one sweep forgets: many may have come to their end at once. */
const maxForgotten = 1_000;

export interface SweepOptions {
  readonly index: {
    readonly deletion: Deletion;
    readonly cameras: Pick<CameraIndex, 'retained'>;
    readonly events: Pick<CameraEventIndex, 'forget'>;
    readonly protections: { ranges(): readonly ProtectedRange[] };
  };
  readonly roots: RootFolders;
  /** False when the disk of a storage root is not mounted: its files would all seem gone. */
  readonly isRootPresent: (rootId: string) => Promise<boolean>;
  /** On their way to the disk of a storage root: not all file systems count them as used. */
  readonly inFlightBytes?: (rootId: string) => number;
  readonly minFreeBytes: number;
  /** Of all cameras together; undefined: as much as there is room for. */
  readonly maxBytes: number | undefined;
  /** For cameras that say nothing themselves. */
  readonly defaults: DefaultLimits;
  readonly clock: Clock;
  /** When the recorder was last alive before this start; undefined when it never was. */
  readonly lastSeenMs?: number | undefined;
  readonly log: RetentionLog;
  /** Where each deletion is written, with its rule; `log` may hold lines back. */
  readonly record: Pick<RetentionLog, 'info'>;
  /** True while somebody reads the segment: it stays until the next sweep, unless its disk was found full. */
  readonly isLeased?: (segmentId: string) => boolean;
  /** Bytes of the files of a stream that are being written. */
  readonly openBytes?: (streamId: string) => number;
  /** Called when the rows are gone, with what went. */
  readonly onDeleted?: (segments: readonly DeletedSegment[]) => void;
  readonly files?: SweepFiles;
}

export interface SweepResult {
  /** Segments whose file and row are gone. */
  readonly deleted: number;
  /** What the disks got back, by the files' own account. */
  readonly freedBytes: number;
  /** Files that could not be removed; the next sweep tries again. */
  readonly failed: number;
  /** What the rules still ask for after all that may go is gone. */
  readonly shortfalls: readonly Shortfall[];
}

/**
 * Deletes what retention condemns. The durable order, the same as everywhere:
 *
 * 1. rows `deleting`, committed; 2. files unlinked; 3. their folders synced, and removed where that leaves them
 * empty; 4. rows gone and gaps `deleted` kept, committed.
 *
 * A crash after any step leaves rows `deleting`, which the next sweep takes up at 2.
 */
export class RetentionSweep {
  readonly #options: SweepOptions;
  readonly #files: SweepFiles;
  readonly #time: RetentionTime;
  #last: Promise<unknown> = Promise.resolve();
  readonly #removal: FootageRemoval;
  readonly #makingRoom = new Map<string, Promise<boolean>>();
  /** Disks on which deletions gave no space: until when by the monotonic clock. */
  readonly #barrenUntil = new Map<string, number>();
  #lastResult: SweepResult | undefined;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#files = options.files ?? sweepFiles;
    this.#removal = new FootageRemoval({ ...options, files: this.#files });
    this.#time = new RetentionTime(options.clock, options.log, options.lastSeenMs);
  }

  /** What the last sweep of all disks that came to its end did. */
  get lastResult(): SweepResult | undefined {
    return this.#lastResult;
  }

  /** Applies the rules once, after any sweep that is under way. */
  sweepNow(): Promise<SweepResult> {
    return this.#inTurn(undefined);
  }

  /**
   * Frees some space on a disk that was found full in the middle of a write, whatever its file system says is free, also
   * of footage that is being read. Those who ask meanwhile share in it.
   *
   * @returns whether anything was freed
   */
  makeRoom(rootId: string): Promise<boolean> {
    const making = this.#makingRoom.get(rootId);
    if (making) return making;
    const room = this.#inTurn(rootId)
      .then(({ freedBytes }) => freedBytes > 0)
      .finally(() => this.#makingRoom.delete(rootId));
    this.#makingRoom.set(rootId, room);
    return room;
  }

  #inTurn(fullRootId: string | undefined): Promise<SweepResult> {
    const sweeping = this.#last.then(() => this.#sweep(fullRootId));
    this.#last = sweeping.catch(() => undefined);
    return sweeping;
  }

  async #sweep(fullRootId: string | undefined): Promise<SweepResult> {
    const tally = new SweepTally(await this.#presentRoots(fullRootId));
    const { fresh, stuck } = this.#pending(tally);
    await this.#removeAll(fresh, tally);
    tally.beginStep();
    await this.#applyRules(tally);
    // Last: a file that can never be removed keeps no other waiting.
    tally.beginStep();
    await this.#removeAll(stuck, tally);
    this.#noteBarren(tally);
    const facts = this.#facts(tally.roots);
    this.#forgetEvents(facts);
    const missing = shortfalls(facts);
    for (const shortfall of missing) {
      this.#options.log.error({ ...shortfall }, 'Retention cannot delete as much as it should.');
    }
    const { deleted, freedBytes, failed } = tally;
    const result = { deleted, freedBytes, failed, shortfalls: missing };
    // Making room looks at one disk alone.
    if (fullRootId === undefined) this.#lastResult = result;
    for (const { refusesAll, lastFailure } of tally.roots.values()) {
      if (refusesAll && lastFailure) throw lastFailure;
    }
    return result;
  }

  /** @throws NightjarError `recordings_unwritable` when no disk is there */
  async #presentRoots(fullRootId: string | undefined): Promise<RootTally[]> {
    const { roots, isRootPresent, inFlightBytes, minFreeBytes } = this.#options;
    const present: RootTally[] = [];
    for (const [id, folder] of roots) {
      // Another disk that hangs must not keep this one from getting room.
      if (fullRootId !== undefined && id !== fullRootId) continue;
      if (!(await isRootPresent(id))) continue;
      const space = await this.#space(folder);
      const room = id === fullRootId ? roomBytes(space) : 0;
      // Below zero where more is on its way to the disk than it has room for: that much more must go.
      const freeBytes = space && space.freeBytes - (inFlightBytes?.(id) ?? 0);
      const tally = new RootTally(id, freeBytes, minFreeBytes, room);
      if ((this.#barrenUntil.get(id) ?? 0) > this.#options.clock.monotonic()) tally.holdBarren();
      present.push(tally);
    }
    if (present.length > 0) return present;
    throw new NightjarError('recordings_unwritable', 'No storage root is the disk that was recorded to.');
  }

  async #space(folder: string): Promise<RootSpace | undefined> {
    try {
      return await this.#files.space(folder);
    } catch (error) {
      const fields = { error: diskError(error, folder) };
      this.#options.log.error(fields, 'The free space of the recordings is not known.');
      return undefined;
    }
  }

  /** What earlier sweeps condemned: what a crash left behind, and what could not be removed when it was tried. */
  #pending(tally: SweepTally): { fresh: Condemned[]; stuck: Condemned[] } {
    const pending = this.#options.index.deletion
      .pendingDeletions()
      .map((segment) => ({ segment, rule: segment.because as RetentionRule }));
    const { fresh, stuck } = this.#removal.tellApart(pending);
    const isHere = ({ segment }: Condemned) => tally.roots.has(segment.rootId);
    return { fresh: fresh.filter(isHere), stuck: stuck.filter(isHere) };
  }

  async #removeAll(condemned: readonly Condemned[], tally: SweepTally): Promise<void> {
    for (let from = 0; from < condemned.length; from += largestBatch) {
      await this.#removal.remove(condemned.slice(from, from + largestBatch), tally);
    }
  }

  async #applyRules(tally: SweepTally): Promise<void> {
    for (let limit = firstBatch; ; limit = Math.min(2 * limit, largestBatch)) {
      const batch = this.#nextBatch(tally, limit);
      if (batch.length === 0) return;
      // In the turn in which it was chosen: nobody can begin to read it between.
      this.#condemn(batch);
      await this.#tell(batch);
      await this.#removal.remove(batch, tally);
    }
  }

  #noteBarren(tally: SweepTally): void {
    const { clock, log } = this.#options;
    for (const root of tally.roots.values()) {
      if (!root.isBarren || (this.#barrenUntil.get(root.id) ?? 0) > clock.monotonic()) continue;
      this.#barrenUntil.set(root.id, clock.monotonic() + barrenMs);
      log.error(
        { rootId: root.id },
        'Deleting footage gives this disk no space, as when its files have hard links elsewhere: none is deleted for space for an hour.',
      );
    }
  }

  /** What goes next: by the first rule that condemns anything, since what goes by one counts for those after it. */
  #nextBatch(tally: SweepTally, limit: number): Condemned[] {
    const usable = this.#facts(tally.usable);
    const roots = new Map(
      [...tally.usable].map(([id, { freeBytes, minFreeBytes, isBarren }]) => {
        return [id, { freeBytes: isBarren ? undefined : freeBytes, minFreeBytes }] as const;
      }),
    );
    const facts = { ...usable, roots };
    for (const { rules, segments } of candidateSteps(this.#options.index.deletion, facts, limit)) {
      const plan = planRetention({ ...facts, segments }).filter(({ rule }) => rules.includes(rule));
      if (plan.length > 0) return plan.slice(0, limit);
    }
    return [];
  }

  #facts(roots: ReadonlyMap<string, RootTally>): Omit<RetentionFacts, 'segments'> {
    const { index, clock, defaults, maxBytes, isLeased, openBytes } = this.#options;
    const cameras = new Map<string, CameraFacts>();
    const add = (cameraId: string, bytes: number) => {
      const camera = cameras.get(cameraId);
      if (camera) cameras.set(cameraId, { ...camera, storedBytes: camera.storedBytes + bytes });
    };
    for (const stream of index.cameras.retained()) {
      if (!cameras.has(stream.cameraId)) {
        cameras.set(stream.cameraId, { ...limitsOf(stream, defaults), storedBytes: 0 });
      }
      add(stream.cameraId, openBytes?.(stream.streamId) ?? 0);
    }
    for (const { cameraId, rootId, bytes } of index.deletion.stored()) {
      // What is on a disk that is away cannot go, and must not make other footage go in its place.
      if (roots.has(rootId)) add(cameraId, bytes);
    }
    return {
      nowMs: this.#time.now(),
      wallMs: clock.now(),
      cameras,
      roots,
      protectedRanges: index.protections.ranges(),
      isRead: ({ id, rootId }) => !roots.get(rootId)?.isFull && (isLeased?.(id) ?? false),
      maxBytes,
    };
  }

  /** Where there is no end of age, events stay as long as there is footage from before them. */
  #forgetEvents({ nowMs, cameras }: Omit<RetentionFacts, 'segments'>): void {
    for (const [cameraId, camera] of cameras) {
      const ageMs = ageLimit(camera, true)?.ageMs ?? 0;
      this.#options.index.events.forget(cameraId, nowMs - Math.max(ageMs, camera.minAgeMs), maxForgotten);
    }
  }

  #condemn(batch: readonly Condemned[]): void {
    for (const [because, own] of Map.groupBy(batch, ({ rule }) => rule)) {
      const ids = own.map(({ segment }) => segment.id);
      this.#options.index.deletion.markDeleting(ids, because);
    }
  }

  /** Puts each deletion on record, with its rule. */
  async #tell(batch: readonly Condemned[]): Promise<void> {
    for (const [number, { segment, rule }] of batch.entries()) {
      if (number % linesAtOnce === 0) await nextTurn();
      const { id, streamId, path, startMs, endMs, bytes } = segment;
      this.#options.record.info(
        { rule, segment: id, stream: streamId, path, startMs, endMs, bytes },
        'Footage is deleted.',
      );
    }
  }
}
