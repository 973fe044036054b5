import { type Clock, sleep, type Timer } from './clock/clock.ts';
import { toNightjarError } from './errors/nightjar_error.ts';
import { Topic } from './events/topic.ts';
import type { ChangedSegment, FileFinding, LossSummary } from './index/losses.ts';
import type { LossIndex, PassIndex } from './index/open_index.ts';
import type { VerificationPass } from './index/passes.ts';
import type { Logger } from './logging/logger.ts';
import { type CronTask, cronScheduler } from './retention/schedule.ts';
import type { RootFolders } from './roots/root_folders.ts';
import type { RootStatus } from './roots/root_status.ts';
import { VerificationPasses } from './verification_passes.ts';
import type { SearchJob } from './verify/search_job.ts';
import { searchInProcess } from './verify/search_process.ts';

/** After a start or the return of a root there is other work first. */
const startDelayMs = 10_000;
/** Those who ask for footage meet files one by one: they are looked at together. */
const gatherMs = 500;
/** A pass that ended longer ago than this is caught up with after a start. */
const staleMs = 24 * 3_600_000;
/** Of each stream, for the quick look. */
const newestPerStream = 30;
/** More suspects than this wait for the next pass. */
const maxSuspects = 1_000;
/** A search that takes so long hangs in a disk: a slice of a pass is over after a minute and a file. */
const limitMs = 3_600_000;
/** In one transaction, so that the main thread is not kept for long. */
const notedAtOnce = 10;
/** A pause is so many times as long as what it follows: a mass loss leaves the main thread to the recorders. */
const pauseFactor = 4;
/** More files than these are told in one line of the log. */
const toldOneByOne = 3;
/** An end does not wait longer for a disk that hangs. */
const patienceMs = 500;

const findingWords: Readonly<Record<FileFinding['finding'], { one: string; several: string }>> = {
  missing: { one: 'A recorded file is lost.', several: 'Recorded files are lost.' },
  damaged: { one: 'A recorded file is damaged.', several: 'Recorded files are damaged.' },
  intact: {
    one: 'A recorded file that was lost or damaged is whole again.',
    several: 'Recorded files that were lost or damaged are whole again.',
  },
};

/** What is known of the recorded files. */
export interface VerificationReport {
  readonly running: boolean;
  readonly last: VerificationPass | undefined;
  /** When the next pass is due; undefined when none is scheduled. */
  readonly nextMs: number | undefined;
  /** Of those passes that read each file from end to end. */
  readonly deep: {
    readonly underWay: VerificationPass | undefined;
    readonly last: VerificationPass | undefined;
    readonly nextMs: number | undefined;
  };
  /** Of finished segments. */
  readonly files: number;
  readonly lost: LossSummary;
  /** Files that could not be read when they were looked at last, since the start; a thousand at most. */
  readonly unreadable: number;
}

export interface VerificationOptions {
  readonly losses: LossIndex;
  readonly passes: PassIndex;
  readonly databaseFile: string;
  readonly migrationsDir: string;
  readonly roots: {
    readonly folders: RootFolders;
    readonly statuses: readonly RootStatus[];
    isPresent(rootId: string): Promise<boolean>;
  };
  readonly clock: Clock;
  readonly logger: Logger;
  /** A cron expression, or `off`. */
  readonly schedule: string;
  /** The same for passes that read each file from end to end. */
  readonly deepSchedule: string;
}

/**
 * Compares the recorded files with the index while the server runs, and takes into the ledger what was lost and what is
 * back: after a start, by the clock, when a root returns, and when whoever asks for footage meets a file that cannot be read.
 */
export class Verification {
  /** These were lost, or are whole again. */
  readonly changed = new Topic<readonly ChangedSegment[]>();
  readonly #options: VerificationOptions;
  readonly #stop = new AbortController();
  readonly #suspects = new Set<string>();
  /** Ids of segments whose files could not be read: each pass reads them again. */
  readonly #unreadable = new Set<string>();
  readonly #timers = new Set<Timer>();
  readonly #task: CronTask | undefined;
  readonly #deepTask: CronTask | undefined;
  readonly #passes: VerificationPasses;
  #quickLook = false;
  #work: Promise<void> | undefined;
  #summary: LossSummary | undefined;

  constructor(options: VerificationOptions) {
    this.#options = options;
    const { clock, schedule, deepSchedule } = options;
    this.#passes = new VerificationPasses(options.passes, clock);
    if (schedule !== 'off') {
      this.#task = cronScheduler(clock)(schedule, () => this.verifyNow());
      this.#after(startDelayMs, () => {
        const last = this.#passes.last();
        const isFresh = last && Math.abs(clock.now() - last.endedMs) < staleMs;
        const isBehind = !isFresh || last.awayRoots.length > 0 || this.#passes.isInterrupted(false);
        if (isBehind) void this.verifyNow();
        else this.#lookSoon(true);
      });
    }
    if (deepSchedule !== 'off') {
      const scheduler = cronScheduler(clock, { dueAfterStep: false });
      this.#deepTask = scheduler(deepSchedule, () => this.verifyNow(true));
    }
    // Whoever began it: what has been read needs not be read again.
    if (this.#passes.isInterrupted(true)) this.#after(startDelayMs, () => void this.verifyNow(true));
  }

  /**
   * Looks at all files, beginning where an earlier pass of the kind was interrupted; resolves when that has ended, well or
   * not.
   *
   * @param deep reads each from end to end
   */
  verifyNow(deep = false): Promise<void> {
    const ended = this.#passes.want(deep);
    for (const id of this.#unreadable) this.#suspects.add(id);
    void this.#begin();
    return ended;
  }

  /** Whoever asked for footage could not read the file of this segment. */
  suspect(segmentId: string): void {
    if (this.#suspects.size >= maxSuspects) return;
    this.#suspects.add(segmentId);
    this.#lookSoon(false);
  }

  /** The disk of a root is there again: it may be another one. */
  rootReturned(): void {
    if (this.#task) this.#after(startDelayMs, () => void this.verifyNow());
  }

  /** Retention has deleted something: it may have been lost. */
  forgetSummary(): void {
    this.#summary = undefined;
  }

  report(): VerificationReport {
    this.#summary ??= this.#options.losses.summary();
    return {
      running: [false, true].some((deep) => this.#passes.underWay(deep)),
      last: this.#passes.last(),
      nextMs: this.#task?.nextRunMs(),
      deep: {
        underWay: this.#passes.underWay(true),
        last: this.#options.passes.last(true),
        nextMs: this.#deepTask?.nextRunMs(),
      },
      files: this.#options.passes.files(),
      lost: this.#summary,
      unreadable: this.#unreadable.size,
    };
  }

  async stop(): Promise<void> {
    this.#task?.stop();
    this.#deepTask?.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#stop.abort();
    await Promise.race([this.#work, sleep(this.#options.clock, patienceMs)]);
  }

  #lookSoon(newest: boolean): void {
    this.#quickLook ||= newest;
    // What is under way takes it up at its end.
    if (!this.#work) this.#after(gatherMs, () => void this.#begin());
  }

  #after(delayMs: number, act: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(timer);
      act();
    });
    this.#timers.add(timer);
  }

  #begin(): Promise<void> {
    this.#work ??= this.#run().finally(() => {
      this.#work = undefined;
    });
    return this.#work;
  }

  async #run(): Promise<void> {
    for (let job = this.#nextJob(); job && !this.#stop.signal.aborted; job = this.#nextJob()) {
      try {
        await this.#search(job);
      } catch (thrown) {
        if (job.kind === 'all') this.#passes.giveUp(job.deep);
        if (this.#stop.signal.aborted) return;
        const error = toNightjarError(thrown);
        this.#options.logger.error({ code: error.code, error }, 'The recorded files could not be looked at.');
      }
    }
  }

  /** What was asked for by a person first; a pass makes the quick look needless. */
  #nextJob(): SearchJob | undefined {
    if (this.#suspects.size > 0) {
      const ids = [...this.#suspects];
      this.#suspects.clear();
      return { kind: 'segments', ids };
    }
    const slice = this.#passes.next(false);
    if (!slice && !this.#quickLook) return this.#passes.next(true);
    this.#quickLook = false;
    return slice ?? { kind: 'newest', perStream: newestPerStream };
  }

  async #search(job: SearchJob): Promise<void> {
    const { clock, roots, databaseFile, migrationsDir, logger } = this.#options;
    const count = { lost: 0, returned: 0 };
    const away = new Set<string>();
    const { checked, reachedKey, awayRootIds, unreadable } = await searchInProcess({
      order: { databaseFile, migrationsDir, roots: [...roots.folders], job },
      clock,
      limitMs,
      signal: this.#stop.signal,
      onFindings: async (rootId, findings) => {
        // What is said of a disk that is not there, or that does not answer, says nothing of its files.
        if (!(await roots.isPresent(rootId))) away.add(rootId);
        else await this.#note(findings, count);
      },
    });
    if (job.kind === 'segments' && awayRootIds.length === 0) {
      for (const id of job.ids) this.#unreadable.delete(id);
    }
    for (const id of unreadable.ids) if (this.#unreadable.size < maxSuspects) this.#unreadable.add(id);
    if (unreadable.count > 0) {
      const { count: files, firstPath: first, codes } = unreadable;
      logger.warn({ files, first, codes }, 'Recorded files could not be read, and will be looked at again.');
    }
    // Where the newest are gone, others may be.
    if (job.kind === 'newest' && count.lost > 0) void this.#passes.want(false);
    if (job.kind !== 'all') return;
    for (const id of awayRootIds) away.add(id);
    const awayRoots = [...away].map((id) => roots.statuses.find((root) => root.id === id)?.name ?? id);
    const pass = this.#passes.take(job.deep, { checked, ...count, awayRoots, reachedKey });
    if (pass) logger.info({ ...pass }, 'The recorded files were compared with the index.');
  }

  async #note(findings: readonly FileFinding[], count: { lost: number; returned: number }): Promise<void> {
    const { losses, clock } = this.#options;
    const noted: ChangedSegment[] = [];
    try {
      for (let from = 0; from < findings.length; from += notedAtOnce) {
        this.#stop.signal.throwIfAborted();
        const startedMs = clock.monotonic();
        const changed = losses.note(findings.slice(from, from + notedAtOnce), clock.now());
        this.#summary = undefined;
        noted.push(...changed);
        if (changed.length > 0) this.changed.publish(changed);
        await sleep(clock, pauseFactor * (clock.monotonic() - startedMs), this.#stop.signal);
      }
    } finally {
      for (const [finding, files] of Map.groupBy(noted, (segment) => segment.finding)) {
        count[finding === 'intact' ? 'returned' : 'lost'] += files.length;
        this.#tell(finding, files);
      }
    }
  }

  #tell(finding: FileFinding['finding'], files: readonly ChangedSegment[]): void {
    const { logger } = this.#options;
    const log = finding === 'intact' ? logger.info.bind(logger) : logger.error.bind(logger);
    const words = findingWords[finding];
    if (files.length > toldOneByOne) {
      return log(
        { files: files.length, first: files[0]!.path, last: files.at(-1)!.path, finding },
        words.several,
      );
    }
    for (const { path: file, streamId: stream } of files) log({ file, stream, finding }, words.one);
  }
}
