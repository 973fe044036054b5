import { createHash, type Hash } from 'node:crypto';
import { diskError } from '../errors/system_error.ts';
import type { FragmentEntry, Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import { encodeFragment } from '../mp4/fragment.ts';
import { SampleTableBuilder } from '../mp4/sample_table.ts';
import { closeSteps } from '../mp4/segment_close.ts';
import { type SegmentHeader, segmentHeader } from '../mp4/segment_header.ts';
import { segmentTracks } from '../mp4/segment_track.ts';
import { type TrackTicks, ticksToMillis, type UnixMillis, unixMillis } from '../units/time.ts';
import type { Ledger } from './ledger.ts';
import type { PlannedFragment } from './run_recorder.ts';
import type { DirtyFile, StorageRoot } from './storage_root.ts';

/** Longest group of pictures that is read back, in milliseconds and bytes: what a watcher gets at once. */
const maxGroupMs = 10_000;
const maxGroupBytes = 8 * 1024 * 1024;
/** How often a write is tried again after room was made on a full disk. */
const maxRoomAttempts = 3;

export interface SegmentPlace {
  readonly installationId: string;
  readonly cameraId: string;
  readonly run: Run;
  readonly reservation: SegmentReservation;
}

/** The newest pictures of a file from a key frame on. */
export interface StoredGroup {
  readonly tracks: readonly { readonly trackId: number; readonly offsetTicks: TrackTicks }[];
  /** As they lie in the file. */
  readonly fragments: readonly Uint8Array[];
}

/**
 * Writes one segment's file. The steps keep the numbers of the durable order in `docs/storage.md`; step 1, the
 * row, was taken before this object is made.
 */
export class SegmentWriter implements DirtyFile {
  readonly #place: SegmentPlace;
  readonly #root: StorageRoot;
  readonly #ledger: Ledger;
  readonly #bodyHash: Hash = createHash('sha256');
  #table: SampleTableBuilder | undefined;
  #fragments: FragmentEntry[] = [];
  #fd = -1;
  #header: SegmentHeader | undefined;
  /** End of the last whole fragment. */
  #goodBytes = 0;
  #videoTimescale = 1;
  readonly #onSyncFailed: (error: unknown) => void;
  #durableFragments = 0;
  #syncFailure: unknown;
  #isLeft = false;

  constructor(options: {
    place: SegmentPlace;
    root: StorageRoot;
    ledger: Ledger;
    onSyncFailed: (error: unknown) => void;
  }) {
    this.#place = options.place;
    this.#root = options.root;
    this.#ledger = options.ledger;
    this.#onSyncFailed = options.onSyncFailed;
  }

  get fd(): number {
    return this.#fd;
  }

  get hasFootage(): boolean {
    return this.#fragments.length > 0;
  }

  /** Where the footage that is in the file ends. */
  get writtenEndMs(): UnixMillis {
    return this.#endOf(this.#fragments.at(-1)!);
  }

  /** Up to where a sync has vouched for the footage in the file; undefined while it holds none. */
  get durableEndMs(): UnixMillis | undefined {
    const last = this.#fragments[this.#durableFragments - 1];
    return last ? this.#endOf(last) : this.#fragments[0]?.startMs;
  }

  get #file(): string {
    return this.#place.reservation.path;
  }

  /** Step 2: creates the file and makes its name durable. */
  async create(): Promise<void> {
    try {
      this.#fd = await this.#withRoom(() => this.#root.create(this.#file));
    } catch (error) {
      throw diskError(error, this.#file);
    }
  }

  /** Step 3: appends a fragment, the first one together with the header. Step 4 follows in rounds of the root. */
  async append(plan: PlannedFragment): Promise<void> {
    const head = plan.header ? this.#makeHeader(plan.header, plan.startMs) : undefined;
    const fragment = encodeFragment({
      sequenceNumber: plan.sequenceNumber,
      arrivalMs: plan.arrivalMs,
      tracks: plan.tracks,
      damage: plan.damage,
      activity: plan.activity,
    });
    const start = head ? head.bytes.length : this.#goodBytes;
    const parts = head ? [head.bytes, ...fragment.parts] : fragment.parts;
    try {
      await this.#withRoom(() => this.#root.write(this.#fd, parts, head ? 0 : start));
    } catch (error) {
      throw diskError(error, this.#file);
    }
    if (this.#isLeft) return;
    for (const part of fragment.parts) this.#bodyHash.update(part);
    for (const [index, { trackId, samples }] of plan.tracks.entries()) {
      this.#table!.add(trackId, samples, start + fragment.dataOffsets[index]!);
    }
    this.#goodBytes = start + fragment.bytes;
    this.#noteFragment(plan, { ...fragment.facts, offset: start, startMs: plan.startMs });
  }

  /**
   * Step 5 and the hand-over to step 6: the tail, then the index in front, each made durable before the next.
   *
   * @param endMs where the footage ends by the run's clock
   */
  async close(endMs: UnixMillis): Promise<SegmentSummary> {
    try {
      this.#checkSyncs();
      await this.#root.truncate(this.#fd, this.#goodBytes);
      const opened = { header: this.#header!, table: this.#table! };
      const { tail, steps, header } = closeSteps({ ...opened, fragments: this.#fragments });
      for (const step of steps) {
        if (step === 'sync') await this.#root.sync(this.#fd);
        else await this.#withRoom(() => this.#root.write(this.#fd, [step.write.bytes], step.write.offset));
      }
      // A round of syncs may have failed meanwhile: the kernel tells a failure once.
      this.#checkSyncs();
      this.#bodyHash.update(tail);
      return {
        id: this.#place.reservation.id,
        startMs: this.#fragments[0]!.startMs,
        endMs,
        bytes: this.#goodBytes + tail.length,
        independent: this.#fragments[0]!.keyFrame,
        bodyHash: this.#bodyHash.digest('hex'),
        headerHash: createHash('sha256').update(header).digest('hex'),
        tracks: segmentTracks(opened.header.tracks, opened.table.tracks()),
        fragments: this.#fragments,
      };
    } catch (error) {
      throw diskError(error, this.#file);
    } finally {
      await this.#closeFile();
    }
  }

  /** Reads back what is in the file from its newest key frame on; undefined when there is none, or too much. */
  async newestGroup(): Promise<StoredGroup | undefined> {
    const group = this.#fragments.slice(this.#fragments.findLastIndex(({ keyFrame }) => keyFrame));
    const [first] = group;
    if (!first?.keyFrame) return undefined;
    const length = this.#goodBytes - first.offset;
    if (length > maxGroupBytes || group.at(-1)!.startMs - first.startMs > maxGroupMs) return undefined;
    const bytes = await this.#root.read(this.#file, first.offset, length);
    return {
      tracks: this.#header!.tracks,
      fragments: group.map((entry) =>
        bytes.subarray(entry.offset - first.offset, entry.offset - first.offset + entry.bytes),
      ),
    };
  }

  /** Gives the file up as it is, cut to its last whole fragment if the disk allows. Never throws. */
  async abandon(): Promise<void> {
    if (this.#fd < 0) return;
    await this.#root.truncate(this.#fd, this.#goodBytes).catch(() => {});
    await this.#closeFile();
  }

  /** What the disk has not confirmed by now is told as missing, and stays so: it is cut off when the file is abandoned. */
  leave(): void {
    this.#isLeft = true;
  }

  beforeSync(): (() => void) | undefined {
    if (this.#fd < 0 || this.#syncFailure) return undefined;
    const fragments = this.#fragments.length;
    return () => {
      this.#durableFragments = fragments;
      this.#ledger.durable(this.#place.reservation.id, fragments);
    };
  }

  /** What was written since the last sync may be gone, though later syncs succeed: the file cannot be closed as good. */
  syncFailed(error: unknown): void {
    this.#syncFailure = error;
    this.#onSyncFailed(diskError(error, this.#file));
  }

  #checkSyncs(): void {
    if (this.#syncFailure) throw this.#syncFailure;
  }

  #endOf(fragment: FragmentEntry): UnixMillis {
    return unixMillis(fragment.startMs + ticksToMillis(fragment.durationTicks, this.#videoTimescale));
  }

  async #closeFile(): Promise<void> {
    const fd = this.#fd;
    this.#root.forget(this);
    this.#fd = -1;
    await this.#root.close(fd).catch(() => {});
  }

  #makeHeader(header: NonNullable<PlannedFragment['header']>, creationMs: UnixMillis): SegmentHeader {
    const { installationId, cameraId, run, reservation } = this.#place;
    this.#header = segmentHeader({
      identity: {
        installationId,
        cameraId,
        streamId: run.streamId,
        runId: run.id,
        segmentNumber: reservation.number,
        clockEpoch: run.clockEpoch,
        runClock: header.runClock,
        tracks: header.tracks.map(({ trackId, offsetTicks }) => ({ trackId, offsetTicks })),
      },
      tracks: header.tracks.map(({ trackId, track }) => ({ trackId, track })),
      creationMs,
    });
    this.#table = new SampleTableBuilder(this.#header.tracks);
    return this.#header;
  }

  #noteFragment(plan: PlannedFragment, entry: FragmentEntry): void {
    const { shiftMs } = plan;
    if (shiftMs !== 0) {
      this.#fragments = this.#fragments.map((earlier) => ({
        ...earlier,
        startMs: unixMillis(earlier.startMs + shiftMs),
      }));
    }
    this.#fragments.push(entry);
    this.#videoTimescale = plan.tracks[0]!.timescale;
    if (plan.header) this.#ledger.opened(this.#place.reservation.id, plan.header.tracks);
    this.#ledger.fragmentWritten(this.#place.reservation.id, entry, shiftMs);
    this.#root.markDirty(this);
  }

  /** Repeats what a full disk refused as long as deleting old footage makes room. */
  async #withRoom<Result>(job: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await job();
      } catch (error) {
        const full = diskError(error, this.#file).code === 'disk_full';
        if (!full || attempt > maxRoomAttempts || !(await this.#ledger.makeRoom(this.#root.id))) throw error;
      }
    }
  }
}
