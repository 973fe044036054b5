import { randomUUID } from 'node:crypto';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { Run, SegmentReservation } from '../footage/segment.ts';
import type { ByteRange } from '../media/byte_range.ts';
import type { UnixMillis } from '../units/time.ts';
import type { DiskState } from './disk_state.ts';
import type { Ledger } from './ledger.ts';
import { segmentPath } from './paths.ts';
import type { PlannedFragment, RecorderStep } from './run_recorder.ts';
import { SegmentWriter, type StoredGroup } from './segment_writer.ts';
import type { StorageRoot } from './storage_root.ts';

/** Most bytes of one stream, over all its runs, that may wait for the disk: a minute at 4 Mbit/s. */
const maxQueuedBytes = 32 * 1024 * 1024;
/** Most bytes of all streams of a thread that may wait for one disk: many streams must not fill the memory together. */
const maxRootQueuedBytes = 256 * 1024 * 1024;

/**
 * Carries out the steps of one run, one after the other. After the first failure it takes nothing more: the rest
 * of the run is given back, and the caller begins a new run when the disk may be better.
 */
export class RunWriter {
  readonly #root: StorageRoot;
  readonly #disk: DiskState;
  readonly #ledger: Ledger;
  readonly #identity: { installationId: string; cameraId: string };
  readonly #run: Run;
  readonly #drop: (bytes: ByteRange) => void;
  readonly #onFailure: (error: NightjarError) => void;
  readonly #onWritten: (plan: PlannedFragment, endMs: UnixMillis) => void;
  readonly #onHole: (sinceMs: UnixMillis, cause: GapCause) => void;
  #chain: Promise<void>;
  #ahead: { reservation: SegmentReservation; ready: Promise<void> } | undefined;
  #writer: SegmentWriter | undefined;
  #reservation: SegmentReservation | undefined;
  #writtenEndMs: UnixMillis | undefined;
  /** Takes no more fragments; those that wait are still written. */
  #refusing = false;
  /** The disk refused something: nothing more is written. */
  #broken = false;

  constructor(options: {
    root: StorageRoot;
    disk: DiskState;
    ledger: Ledger;
    installationId: string;
    cameraId: string;
    run: Run;
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
    this.#drop = options.drop;
    this.#onFailure = options.onFailure;
    this.#onWritten = options.onWritten;
    this.#onHole = options.onHole;
    this.#chain = options.after;
  }

  /**
   * Where the footage ends that this run has in files, as far as the disk did not lose it again; undefined when there
   * is none.
   */
  get writtenEndMs(): UnixMillis | undefined {
    return this.#writtenEndMs;
  }

  /** Takes the next step; returns at once. */
  take(step: RecorderStep): void {
    if (step.kind === 'fragment') {
      const bytes = fragmentPayload(step);
      this.#checkQueue(bytes);
      if (this.#refusing) return this.#giveBack(step);
      this.#disk.queuedBytes += bytes;
      this.#root.queuedBytes += bytes;
    }
    this.#chain = this.#chain.then(() => this.#carryOut(step));
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

  /** Resolves when everything that was taken is done, and the unused reservation is given back. Never rejects. */
  async finish(): Promise<void> {
    await this.#chain;
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
    await this.#writer.create();
    this.#ahead = this.#reserve(step.segmentNumber + 1, step.nextStartMs);
  }

  async #append(step: PlannedFragment): Promise<void> {
    try {
      if (!this.#writer) return;
      await this.#writer.append(step);
      this.#writtenEndMs = this.#writer.writtenEndMs;
      this.#onWritten(step, this.#writtenEndMs);
    } finally {
      const bytes = fragmentPayload(step);
      this.#disk.queuedBytes -= bytes;
      this.#root.queuedBytes -= bytes;
      this.#giveBack(step);
    }
  }

  async #close({ endMs, hole }: RecorderStep & { kind: 'close' }): Promise<void> {
    const writer = this.#writer;
    if (!writer) return;
    if (!writer.hasFootage) return this.#abandon();
    // When fragments were dropped the segment ends with what was written.
    const summary = await writer.close(this.#refusing ? writer.writtenEndMs : endMs);
    this.#writtenEndMs = summary.endMs;
    this.#writer = undefined;
    // Until the row says so the segment is not closed: should the index refuse, recovery takes it.
    await this.#ledger.closed(summary);
    this.#reservation = undefined;
    if (hole && !this.#refusing) this.#onHole(summary.endMs, hole);
  }

  /** After a failure: what is in the file stays and is closed by recovery. */
  async #abandon(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.abandon();
    // From here on nobody has vouched: recovery says what can be read, and the gap gives way to it.
    if (writer) this.#writtenEndMs = writer.durableEndMs ?? this.#writtenEndMs;
    if (this.#reservation) this.#ledger.abandoned(this.#reservation.id);
    this.#reservation = undefined;
  }

  #reserve(number: number, provisionalStartMs: UnixMillis) {
    const { id: runId, streamId } = this.#run;
    const { cameraId } = this.#identity;
    const path = segmentPath({ cameraId, streamId, runId, provisionalStartMs, number });
    const reservation = { id: randomUUID(), streamId, runId, number, path, provisionalStartMs };
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

  #giveBack(step: PlannedFragment): void {
    for (const { samples } of step.tracks) for (const { bytes } of samples) this.#drop(bytes);
  }
}

function fragmentPayload(step: PlannedFragment): number {
  let bytes = 0;
  for (const { samples } of step.tracks)
    for (const sample of samples) bytes += sample.bytes.end - sample.bytes.start;
  return bytes;
}
