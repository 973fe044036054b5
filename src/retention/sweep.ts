import { dirname, isAbsolute, join } from 'node:path';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { diskError } from '../errors/system_error.ts';
import type { RetainedStream } from '../index/cameras.ts';
import type { DeletableSegment } from '../index/deletion.ts';
import type { CameraIndex, Deletion } from '../index/open_index.ts';
import { type Condemned, freeSpaceFloorMs, planRetention } from './plan.ts';
import { type SweepFiles, sweepFiles } from './sweep_files.ts';

/** Files that go together: one transaction condemns them, one forgets them. */
const batchSize = 64;
/** A sweep gives up after so many files that cannot be removed: it is the disk then, and not a file. */
const maxFailures = 16;
const dayMs = 86_400_000;
/** The recorder may be about to create a file in a folder as young as this: it stays, even empty. */
const youngFolderMs = 2 * 3_600_000;
/** A segment's folder and those above it: hour, day, month, year. */
const datedFolders = 4;

/** The part of a logger that retention needs; pino's fits. */
export interface RetentionLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SweepOptions {
  readonly index: { readonly deletion: Deletion; readonly cameras: Pick<CameraIndex, 'retained'> };
  readonly recordingsDir: string;
  /** False when the disk with the recordings is not mounted: its files would all seem gone. */
  readonly isRootPresent: () => Promise<boolean>;
  readonly minFreeBytes: number;
  /** For cameras that say nothing themselves; undefined: footage may get any age. */
  readonly defaultMaxAgeDays: number | undefined;
  readonly clock: Clock;
  readonly log: RetentionLog;
  /** True while somebody reads the segment: it stays until the next sweep, unless the disk was found full. */
  readonly isLeased?: (segmentId: string) => boolean;
  /** Called when the rows are gone, with what went. */
  readonly onDeleted?: (segments: readonly DeletableSegment[]) => void;
  readonly floorMs?: number;
  readonly files?: SweepFiles;
}

export interface SweepResult {
  /** Segments whose file and row are gone. */
  readonly deleted: number;
  /** What the disk got back, by the files' own account. */
  readonly freedBytes: number;
  /** Files that could not be removed; the next sweep tries again. */
  readonly failed: number;
  /** What is still missing to the free space asked for, after all that may be deleted is gone. */
  readonly missingBytes: number;
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
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#files = options.files ?? sweepFiles;
  }

  /**
   * Applies the rules once, after any sweep that is under way.
   *
   * @param atLeastBytes frees so much at least, whatever the file system says is free: for a disk that was found
   * full in the middle of a write
   */
  sweepNow(atLeastBytes = 0): Promise<SweepResult> {
    const sweeping = this.#last.then(() => this.#sweep(atLeastBytes));
    this.#last = sweeping.catch(() => undefined);
    return sweeping;
  }

  async #sweep(atLeastBytes: number): Promise<SweepResult> {
    const { recordingsDir, isRootPresent, minFreeBytes, log } = this.#options;
    if (!(await isRootPresent())) {
      throw new NightjarError(
        'recordings_unwritable',
        `${recordingsDir} is not the disk that was recorded to.`,
        {
          place: { file: recordingsDir },
        },
      );
    }
    const tally = new Tally(await this.#freeBytes(), Math.max(0, minFreeBytes), atLeastBytes);
    await this.#resume(tally);
    for (let batch = this.#nextBatch(tally); batch.length > 0; batch = this.#nextBatch(tally)) {
      this.#condemn(batch);
      await this.#remove(
        batch.map(({ segment }) => segment),
        tally,
      );
    }
    if (tally.missingBytes > 0) {
      const missing = {
        missingBytes: tally.missingBytes,
        floorMs: this.#options.floorMs ?? freeSpaceFloorMs,
      };
      log.error(missing, 'Retention cannot free the space asked for: all older footage is deleted.');
    }
    const { deleted, freedBytes, failed, missingBytes } = tally;
    return { deleted, freedBytes, failed, missingBytes };
  }

  async #freeBytes(): Promise<number | undefined> {
    const { recordingsDir, log } = this.#options;
    try {
      return await this.#files.freeBytes(recordingsDir);
    } catch (error) {
      log.error({ error: diskError(error, recordingsDir) }, 'The free space of the recordings is not known.');
      return undefined;
    }
  }

  async #resume(tally: Tally): Promise<void> {
    const pending = this.#options.index.deletion.pendingDeletions();
    for (let from = 0; from < pending.length; from += batchSize) {
      await this.#remove(pending.slice(from, from + batchSize), tally);
    }
  }

  /** Age first; space only when nothing is left that must go anyway. */
  #nextBatch(tally: Tally): Condemned[] {
    const { index, clock, floorMs = freeSpaceFloorMs } = this.#options;
    const nowMs = clock.now();
    const maxAges = this.#maxAges();
    const candidates = new Map<string, DeletableSegment>();
    for (const [streamId, maxAgeMs] of maxAges) {
      if (maxAgeMs === undefined) continue;
      const expired = index.deletion.expiredSegments(streamId, nowMs - maxAgeMs, batchSize);
      for (const segment of expired) candidates.set(segment.id, segment);
    }
    if (tally.missingBytes > 0) {
      const oldest = index.deletion.oldestSegments(nowMs - floorMs, batchSize);
      for (const segment of oldest) candidates.set(segment.id, segment);
    }
    const { isLeased } = this.#options;
    const free = [...candidates.values()].filter(({ id }) => tally.isDiskFull || !isLeased?.(id));
    const plan = planRetention({
      segments: free,
      maxAgeMs: (streamId) => maxAges.get(streamId),
      freeBytes: tally.freeBytes,
      minFreeBytes: tally.targetBytes,
      nowMs,
      floorMs,
    });
    const expired = plan.filter(({ rule }) => rule === 'max_age');
    return (expired.length > 0 ? expired : plan).slice(0, batchSize);
  }

  #maxAges(): Map<string, number | undefined> {
    const { index, defaultMaxAgeDays } = this.#options;
    const days = ({ maxAgeDays }: RetainedStream) => maxAgeDays ?? defaultMaxAgeDays;
    return new Map(
      index.cameras.retained().map((stream) => {
        const maxAgeDays = days(stream);
        return [stream.streamId, maxAgeDays === undefined ? undefined : maxAgeDays * dayMs];
      }),
    );
  }

  #condemn(batch: readonly Condemned[]): void {
    const { index, log } = this.#options;
    for (const rule of ['max_age', 'min_free'] as const) {
      const ids = batch.filter((condemned) => condemned.rule === rule).map(({ segment }) => segment.id);
      if (ids.length > 0) index.deletion.markDeleting(ids, rule);
    }
    for (const { segment, rule } of batch) {
      const { id, streamId, path, startMs, endMs, bytes } = segment;
      log.info({ rule, segment: id, stream: streamId, path, startMs, endMs, bytes }, 'Footage is deleted.');
    }
  }

  /** Steps 2 to 4. The row of a file that cannot be removed stays `deleting`. */
  async #remove(batch: readonly DeletableSegment[], tally: Tally): Promise<void> {
    const { index, onDeleted } = this.#options;
    const gone: DeletableSegment[] = [];
    for (const segment of batch) {
      if (await this.#removeFile(segment, tally)) gone.push(segment);
    }
    await this.#tidyFolders(gone);
    index.deletion.finishDeleting(gone.map(({ id }) => id));
    tally.deleted += gone.length;
    if (gone.length > 0) onDeleted?.(gone);
    if (tally.failed >= maxFailures && tally.lastFailure) throw tally.lastFailure;
  }

  async #removeFile(segment: DeletableSegment, tally: Tally): Promise<boolean> {
    if (tally.failed >= maxFailures) return false;
    try {
      tally.freedBytes += await this.#files.remove(this.#fileOf(segment));
      return true;
    } catch (thrown) {
      const error = diskError(thrown, segment.path);
      this.#options.log.error({ code: error.code, error }, 'Footage could not be deleted.');
      tally.failed += 1;
      tally.lastFailure = error;
      return false;
    }
  }

  async #tidyFolders(gone: readonly DeletableSegment[]): Promise<void> {
    const newest = new Map<string, number>();
    for (const segment of gone) {
      const folder = dirname(this.#fileOf(segment));
      newest.set(folder, Math.max(segment.endMs, newest.get(folder) ?? 0));
    }
    const oldMs = this.#options.clock.now() - youngFolderMs;
    for (const [folder, endMs] of newest) {
      try {
        await this.#files.syncFolder(folder);
        if (endMs < oldMs) await this.#removeEmptyFolders(folder);
      } catch (error) {
        throw diskError(error, folder);
      }
    }
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    let empty = folder;
    for (let level = 0; level < datedFolders; level++) {
      if (!(await this.#files.removeEmptyFolder(empty))) return;
      empty = dirname(empty);
    }
  }

  #fileOf({ path }: DeletableSegment): string {
    if (isAbsolute(path) || path.split('/').includes('..')) {
      throw new NightjarError('internal', `${path} leads out of the recordings folder.`, {
        place: { file: path },
      });
    }
    return join(this.#options.recordingsDir, path);
  }
}

/** What a sweep has done, and what it still owes. */
class Tally {
  deleted = 0;
  freedBytes = 0;
  failed = 0;
  lastFailure: NightjarError | undefined;
  /** What must be free at the end. */
  readonly targetBytes: number;
  /** A write has just failed for lack of space: then nobody's reading counts. */
  readonly isDiskFull: boolean;
  readonly #freeAtStart: number | undefined;

  constructor(freeBytes: number | undefined, minFreeBytes: number, atLeastBytes: number) {
    this.isDiskFull = atLeastBytes > 0;
    this.#freeAtStart = freeBytes ?? (atLeastBytes > 0 ? 0 : undefined);
    this.targetBytes =
      freeBytes === undefined ? atLeastBytes : Math.max(minFreeBytes, freeBytes + atLeastBytes);
  }

  /**
   * Free at the start and freed since: some file systems give space back late, and asking them again would delete
   * more than is needed. Undefined when it is not known.
   */
  get freeBytes(): number | undefined {
    return this.#freeAtStart === undefined ? undefined : this.#freeAtStart + this.freedBytes;
  }

  get missingBytes(): number {
    return Math.max(0, this.targetBytes - (this.freeBytes ?? this.targetBytes));
  }
}
