import { randomUUID } from 'node:crypto';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { Run, SegmentReservation } from '../footage/segment.ts';
import type { ByteRange } from '../media/byte_range.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { DiskState } from './disk_state.ts';
import { FragmentQueue, fragmentPayload } from './fragment_queue.ts';
import type { Ledger } from './ledger.ts';
import { segmentPath } from './paths.ts';
import type { PlannedFragment, RecorderStep } from './run_recorder.ts';
import { SegmentWriter, type StoredGroup } from './segment_writer.ts';
import type { StorageRoot } from './storage_root.ts';

/** Most bytes of one stream, over all its runs, that may wait for the disk: a minute at 4 Mbit/s. */
const maxQueuedBytes = 32 * 1024 * 1024;
/** Most bytes of all streams of a thread that may wait for one disk: many streams must not fill the memory together. */
const maxRootQueuedBytes = 256 * 1024 * 1024;

/** Most segments of a run whose files are being finished, while their footage is in them already. */
const maxFinishing = 4;

/**
 * Carries out the steps of one run, one after the other, but for the end of a segment: its file is finished while the
 * next one is written already. After the first failure it takes nothing more: the rest of the run is given back, and the
 * caller begins a new run when the disk may be better.
 */
export class RunWriter {
  #root: StorageRoot;
  /** Where the next segment goes, when that is another root. */
  #nextRoot: StorageRoot | undefined;
  readonly #disk: DiskState;
  readonly #ledger: Ledger;
  readonly #identity: { installationId: string; cameraId: string };
  readonly #run: Run;
  readonly #queue: FragmentQueue;
  readonly #onFailure: (error: NightjarError) => void;
  readonly #onWritten: (plan: PlannedFragment, endMs: UnixMillis) => void;
  readonly #onHole: (sinceMs: UnixMillis, cause: GapCause) => void;
  #chain: Promise<void>;
  /** Segments before the one that is written: one is finished at a time, and in their order. */
  #finishing: Promise<void> = Promise.resolve();
  readonly #unfinished: { readonly writer: SegmentWriter; readonly root: StorageRoot }[] = [];
  #ahead: { reservation: SegmentReservation; ready: Promise<void> } | undefined;
  #writer: SegmentWriter | undefined;
  #reservation: SegmentReservation | undefined;
  #writtenEndMs: UnixMillis | undefined;
  /** From where on nobody vouches for what is in the files: one of them could not be finished. */
  #doubtfulMs: UnixMillis | undefined;
  /** Takes no more fragments; those that wait are still written. */
  #refusing = false;
  /** The disk refused something: nothing more is written. */
  #broken = false;
  /** Nobody waits for it any more. */
  readonly #left = Promise.withResolvers<void>();
  #isLeft = false;

  constructor(options: {
    root: StorageRoot;
    disk: DiskState;
    ledger: Ledger;
    installationId: string;
    cameraId: string;
    run: Run;
    /** Of its first segment, where that has its row already. */
    first?: SegmentReservation | undefined;
    drop: (bytes: ByteRange) => void;
    onFailure: (error: NightjarError) => void;
    onWritten: (plan: PlannedFragment, endMs: UnixMillis) => void;
    /** A segment is closed and the run has nothing for a while: told before anything of the next one is written. */
    onHole: (sinceMs: UnixMillis, cause: GapCause) => void;
    /** The run before: its files are finished first. */
    after: Promise<void>;
  }) {
    this.#root = options.root;
    this.#disk = options.disk;
    this.#ledger = options.ledger;
    this.#identity = { installationId: options.installationId, cameraId: options.cameraId };
    this.#run = options.run;
    this.#queue = new FragmentQueue(options.disk, options.drop);
    this.#onFailure = options.onFailure;
    this.#onWritten = options.onWritten;
    this.#onHole = options.onHole;
    this.#chain = options.after;
    if (options.first) this.#ahead = { reservation: options.first, ready: Promise.resolve() };
  }

  /**
   * Where the footage ends that this run has in files, as far as the disk did not lose it again; undefined when there
   * is none.
   */
  get writtenEndMs(): UnixMillis | undefined {
    return this.#doubtfulMs ?? this.#writtenEndMs;
  }

  /** The next segment, and those after it, lie in another storage root. */
  moveTo(root: StorageRoot): void {
    this.#nextRoot = root === this.#root ? undefined : root;
  }

  /** Takes the next step; returns at once. */
  take(step: RecorderStep): void {
    if (step.kind === 'fragment') {
      this.#checkQueue(fragmentPayload(step));
      if (this.#refusing) return this.#queue.giveBack(step);
      this.#queue.add(step, this.#root);
    }
    this.#chain = this.#chain.then(() => this.#carryOut(step));
  }

  /** Whether it waits, or may have to, for a disk that does not answer and is another one than that of `root`. */
  hangsOutside(root: StorageRoot | undefined): boolean {
    const roots = [this.#root, ...this.#unfinished.map((segment) => segment.root)];
    return roots.some((each) => each !== root && each.hangs);
  }

  /**
   * Gives up what waits for the disk, without waiting for that: {@link finish} resolves, and the file that is open is left
   * to recovery as soon as the disk has given back what it has of it. Files that are being finished are finished then.
   */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#refusing = true;
    for (const { writer } of this.#unfinished) this.#doubt(writer);
    this.#doubt(this.#writer);
    this.#writer?.leave();
    this.#queue.leave();
    this.#chain = this.#chain.then(async () => {
      await this.#abandon();
      await this.#releaseAhead();
    });
    this.#left.resolve();
  }

  /**
   * Reads back the newest group of pictures, once all that was taken so far is in the file; undefined when there is
   * none to be had.
   */
  newestGroup(): Promise<StoredGroup | undefined> {
    const group = this.#chain.then(() => this.#writer?.newestGroup()).catch(() => undefined);
    this.#chain = group.then(() => {});
    return group;
  }

  /**
   * Resolves when everything that was taken is done, and the unused reservation is given back, or when it is left. Never
   * rejects.
   */
  finish(): Promise<void> {
    return Promise.race([this.#finishAll(), this.#left.promise]);
  }

  async #finishAll(): Promise<void> {
    await this.#chain;
    await this.#finishing;
    await this.#releaseAhead();
  }

  #checkQueue(bytes: number): void {
    const own = this.#disk.queuedBytes + bytes;
    const all = this.#root.queuedBytes + bytes;
    if (own <= maxQueuedBytes && all <= maxRootQueuedBytes) return;
    const waiting = own > maxQueuedBytes ? `${own} bytes of this stream` : `${all} bytes of all streams`;
    this.#fail(new NightjarError('disk_slow', `${waiting} wait for the disk; the newest are dropped.`));
  }

  async #carryOut(step: RecorderStep): Promise<void> {
    if (this.#isLeft) return;
    try {
      if (step.kind === 'fragment') await this.#append(step);
      else if (step.kind === 'close') await this.#close(step);
      else if (!this.#broken) await this.#open(step);
    } catch (error) {
      this.#broken = true;
      this.#fail(toNightjarError(error));
      await this.#abandon();
    }
  }

  async #open(step: RecorderStep & { kind: 'open' }): Promise<void> {
    if (this.#nextRoot) {
      await this.#releaseAhead();
      this.#root = this.#nextRoot;
      this.#nextRoot = undefined;
    }
    this.#ahead ??= this.#reserve(step.segmentNumber, step.provisionalStartMs);
    const { reservation, ready } = this.#ahead;
    this.#ahead = undefined;
    await ready;
    this.#reservation = reservation;
    this.#writer = new SegmentWriter({
      place: { ...this.#identity, run: this.#run, reservation },
      root: this.#root,
      ledger: this.#ledger,
      onSyncFailed: (error) => this.#fail(toNightjarError(error)),
    });
    try {
      await this.#writer.create();
    } catch (error) {
      // Nothing was made: a row for each attempt would be left behind while a disk is away.
      if (toNightjarError(error).code === 'recordings_missing') this.#giveUpReservation();
      throw error;
    }
    this.#ahead = this.#reserve(step.segmentNumber + 1, step.nextStartMs);
  }

  async #append(step: PlannedFragment): Promise<void> {
    this.#queue.begin(step);
    try {
      if (!this.#writer) return;
      await this.#writer.append(step);
      if (this.#isLeft) return;
      this.#writtenEndMs = this.#writer.writtenEndMs;
      this.#onWritten(step, this.#writtenEndMs);
    } finally {
      this.#queue.done(step);
    }
  }

  async #close({ endMs, hole }: RecorderStep & { kind: 'close' }): Promise<void> {
    const writer = this.#writer;
    const reservation = this.#reservation;
    if (!writer || !reservation) return;
    if (!writer.hasFootage) return this.#abandon();
    // A disk that finishes none must not have ever more of them open.
    if (this.#unfinished.length >= maxFinishing) await this.#finishing;
    // When fragments were dropped the segment ends with what was written.
    this.#writtenEndMs = this.#refusing ? writer.writtenEndMs : endMs;
    this.#writer = undefined;
    this.#reservation = undefined;
    const lastMs = this.#writtenEndMs;
    this.#unfinished.push({ writer, root: this.#root });
    this.#finishing = this.#finishing.then(() => this.#finish(writer, reservation, lastMs));
    if (!hole) return;
    await this.#finishing;
    if (!this.#refusing) this.#onHole(endMs, hole);
  }

  /** Never rejects. Until the row says so the segment is not closed: should the index refuse, recovery takes it. */
  async #finish(writer: SegmentWriter, reservation: SegmentReservation, endMs: UnixMillis): Promise<void> {
    let unfinished: SegmentWriter | undefined = writer;
    try {
      const summary = await writer.close(endMs);
      unfinished = undefined;
      await this.#ledger.closed(summary);
    } catch (error) {
      this.#fail(toNightjarError(error));
      await this.#giveUp(unfinished, reservation);
    } finally {
      this.#unfinished.shift();
    }
  }

  /** After a failure: what is in the file stays and is closed by recovery. */
  async #abandon(): Promise<void> {
    const writer = this.#writer;
    const reservation = this.#reservation;
    this.#writer = undefined;
    this.#reservation = undefined;
    if (reservation) await this.#giveUp(writer, reservation);
  }

  async #giveUp(writer: SegmentWriter | undefined, { id }: SegmentReservation): Promise<void> {
    await writer?.abandon();
    this.#doubt(writer);
    this.#ledger.abandoned(id);
  }

  /** From the last sync on nobody has vouched: recovery says what can be read, and the gap gives way to it. */
  #doubt(writer: SegmentWriter | undefined): void {
    const durableEndMs = writer?.durableEndMs;
    if (durableEndMs === undefined) return;
    this.#doubtfulMs = unixMillis(Math.min(durableEndMs, this.#doubtfulMs ?? durableEndMs));
  }

  #giveUpReservation(): void {
    if (this.#reservation) this.#ledger.release(this.#reservation.id);
    this.#reservation = undefined;
    this.#writer = undefined;
  }

  #reserve(number: number, provisionalStartMs: UnixMillis) {
    const { id: runId, streamId } = this.#run;
    const { cameraId } = this.#identity;
    const path = segmentPath({ cameraId, streamId, runId, provisionalStartMs, number });
    const rootId = this.#root.id;
    const reservation = { id: randomUUID(), streamId, runId, number, rootId, path, provisionalStartMs };
    const ready = this.#ledger.reserve(reservation, this.#run);
    ready.catch(() => {});
    return { reservation, ready };
  }

  async #releaseAhead(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (!ahead) return;
    await ahead.ready.catch(() => {});
    this.#ledger.release(ahead.reservation.id);
  }

  #fail(error: NightjarError): void {
    if (this.#refusing) return;
    this.#refusing = true;
    // Never from within `take`: the recorder that called it must not be ended in the middle of a step.
    queueMicrotask(() => this.#onFailure(error));
  }
}
