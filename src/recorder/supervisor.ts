import { type Clock, sleep, type Timer } from '../clock/clock.ts';
import { errorCatalogue } from '../errors/catalogue.ts';
import { Topic } from '../events/topic.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { FirstSegment, SegmentReservation } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';
import { CommitWatch, type RecorderClaim, type Remedy } from './commit_watch.ts';
import { firstSegment } from './first_segment.ts';
import {
  type FootageDamage,
  type FootageGrowth,
  FootageReports,
  type SegmentLedger,
} from './footage_reports.ts';
import { GapKeeper, type GapLedger, gapAtStart, type StreamPast } from './gap_keeper.ts';
import type { LiveItem } from './live_item.ts';
import type { FromWorker, WorkerSettings } from './messages.ts';
import type { StreamMetadata } from './newest_metadata.ts';
import { type OpenFootage, OpenFootageTable, openFootageEnd } from './open_footage.ts';
import { RootLoad } from './root_load.ts';
import { SegmentRepair } from './segment_repair.ts';
import { addressMissingStatus, pausedStatus, type StreamStatus } from './status.ts';
import { type PastFootage, readStreamPast } from './stream_past.ts';
import { StreamStatuses } from './stream_statuses.ts';
import {
  cameraLabel,
  differInRoot,
  type JobSettings,
  restingOrders,
  type StreamOrder,
  type SupervisedCamera,
  sameJob,
  streamJob,
  streamOrder,
} from './supervised_camera.ts';
import { Viewings } from './viewings.ts';
import type { TakeThread, WorkerHandle } from './worker_handle.ts';
import { pingMs, WorkerPool } from './worker_pool.ts';

const heartbeatMs = 5_000;
/** A worker that has not closed the files of a stream by then is of no use any more. */
const stopDeadlineMs = 10_000;

/** What the supervisor needs of the index. */
export interface SupervisorIndex {
  readonly installationId: string;
  readonly ledger: GapLedger &
    SegmentLedger & {
      heartbeat(nowMs: UnixMillis): void;
      lastHeartbeat(): UnixMillis | undefined;
    };
  readonly footage: PastFootage;
}

export interface SupervisorLog {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** What supervision had to do since the start. */
export interface SupervisionFigures {
  /** Streams begun anew because they committed nothing. */
  readonly streamRestarts: number;
  /** Workers that died, or did not answer, or were of no help to a stream. */
  readonly workerRestarts: number;
  /** Lines that workers did not send because they repeat. */
  readonly logLinesHeldBack: number;
}

/** How is recorded, and where to. */
export interface RecordingSettings extends WorkerSettings {
  readonly segmentMs: number;
  readonly workers: number;
  /** The id of the storage root with this name; undefined: of the one that is used unless a camera names another. */
  readonly rootIdOf: (name: string | undefined) => string;
}

interface ActiveStream extends StreamOrder {
  worker: WorkerHandle;
}

/** Runs the recorder workers, writes what they report into the index, and knows the state of every stream. */
export class Supervisor {
  /** The state of a stream, its reason, its codecs or the size of its picture changed. */
  readonly statusChanged: Topic<StreamStatus>;
  readonly footageGrew: Topic<FootageGrowth>;
  readonly footageDamaged: Topic<FootageDamage>;
  /** What a watched stream sends. */
  readonly liveArrived = new Topic<{ readonly streamId: string; readonly items: readonly LiveItem[] }>();
  /** A whole document of a camera's metadata stream: for whoever looks for events in it. */
  readonly metadataArrived = new Topic<StreamMetadata>();
  /** As `statusChanged`, of a stream that is watched and not recorded. */
  readonly viewingChanged = new Topic<StreamStatus>();
  readonly streamRemoved = new Topic<{ readonly streamId: string }>();
  readonly #index: SupervisorIndex;
  readonly #clock: Clock;
  readonly #log: SupervisorLog;
  readonly #settings: RecordingSettings;
  readonly #makeRoom: (rootId: string) => Promise<boolean>;
  readonly #repair: SegmentRepair;
  readonly #gaps: GapKeeper;
  readonly #reports: FootageReports;
  readonly #open = new OpenFootageTable();
  readonly #statuses: StreamStatuses;
  readonly #streams = new Map<string, ActiveStream>();
  /** Streams that are to be recorded and whose address nobody knows, each with its camera. */
  readonly #unaddressed = new Map<string, string>();
  readonly #changes = new Map<string, Promise<void>>();
  readonly #pool: WorkerPool;
  readonly #viewings = new Viewings(() => this.#pool.leastLoaded());
  readonly #roots: RootLoad;
  readonly #commits = new CommitWatch();
  /** Streams that are stopped to be begun anew: what their recorders say of it is no news. */
  readonly #restarting = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #isStorageUsable: (rootId: string) => boolean;
  #streamRestarts = 0;
  #logLinesHeldBack = 0;
  #lookedMs = 0;
  #heartbeat: Timer | undefined;
  #watch: Timer | undefined;
  #startedMs: UnixMillis | undefined;
  #stopping = false;

  /**
   * @param makeRoom deletes the oldest footage of a storage root; resolves to whether that freed anything
   * @param repair closes a segment file that its writer gave up, and its row, and writes the file once more when told
   *   to; rejects when the disk does not allow
   * @param isStorageUsable false while a storage root is known to be away or full: no restart brings it back
   */
  constructor(options: {
    index: SupervisorIndex;
    /** Where gaps are written a second time, beside the footage. */
    journal: GapLedger & { runBegins(streamId: string, runId: string): void };
    clock: Clock;
    log: SupervisorLog;
    settings: RecordingSettings;
    makeRoom: (rootId: string) => Promise<boolean>;
    repair: (segment: SegmentReservation, rewrite: boolean) => Promise<void>;
    isStorageUsable: (rootId: string) => boolean;
    takeThread: TakeThread;
  }) {
    this.#isStorageUsable = options.isStorageUsable;
    this.#index = options.index;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#settings = options.settings;
    this.#roots = new RootLoad(options.settings.roots);
    this.#makeRoom = options.makeRoom;
    this.#repair = new SegmentRepair({
      open: this.#open,
      clock: options.clock,
      warn: (fields, text) => options.log.warn(fields, text),
      repair: options.repair,
    });
    this.#pool = new WorkerPool({
      clock: options.clock,
      log: options.log,
      settings: { roots: options.settings.roots, syncMs: options.settings.syncMs },
      size: options.settings.workers,
      takeThread: options.takeThread,
      events: {
        onMessage: (message, worker) => this.#message(message, worker),
        onLost: (worker) => this.#workerLost(worker),
        onExit: (worker) => this.#workerExited(worker),
        onReplaced: (worker) => this.#restartStreamsOf(worker),
      },
    });
    this.#statuses = new StreamStatuses(options.log, (id) => this.#streams.get(id)?.job.cameraName);
    this.statusChanged = this.#statuses.changed;
    const { ledger } = options.index;
    this.#gaps = new GapKeeper({
      openGap(streamId, fromMs, cause) {
        ledger.openGap(streamId, fromMs, cause);
        options.journal.openGap(streamId, fromMs, cause);
      },
      closeGap(streamId, toMs) {
        ledger.closeGap(streamId, toMs);
        options.journal.closeGap(streamId, toMs);
      },
    });
    this.#reports = new FootageReports({
      ledger,
      journal: options.journal,
      clock: options.clock,
      log: options.log,
      open: this.#open,
      repair: this.#repair,
      gaps: this.#gaps,
      commits: this.#commits,
      statuses: this.#statuses,
    });
    this.footageGrew = this.#reports.grew;
    this.footageDamaged = this.#reports.damaged;
  }

  /** Has the workers ready, so that they can be told which storage roots are away. They record nothing yet. */
  prepare(): void {
    this.#pool.start();
  }

  /** Starts the recording of all cameras, and the workers where `prepare` did not. */
  start(cameras: readonly SupervisedCamera[]): void {
    this.#pool.start();
    const lastHeartbeatMs = this.#index.ledger.lastHeartbeat();
    this.#startedMs = this.#clock.now();
    // One sync for all: while this thread waits for the disk no segment gets a row, and cameras send already.
    this.#index.ledger.together(() => {
      for (const camera of cameras) {
        for (const order of restingOrders(camera, this.#jobSettings))
          this.#viewings.setResting(order.job.streamId, order);
        this.#applyStreams(camera, lastHeartbeatMs);
      }
      this.#beat();
    });
    this.#heartbeat = this.#clock.every(heartbeatMs, () => this.#beat());
    this.#lookedMs = this.#clock.monotonic();
    this.#watch = this.#clock.every(pingMs, () => this.#look());
  }

  /** Closes all files. Resolves when the index knows of every one. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopped.abort();
    this.#repair.end();
    this.#heartbeat?.cancel();
    this.#watch?.cancel();
    await Promise.allSettled(this.#changes.values());
    await this.#pool.end();
    // What was never begun leaves no word that could be taken for an end of it.
    if (this.#startedMs === undefined) return;
    const nowMs = this.#clock.now();
    for (const streamId of [...this.#streams.keys(), ...this.#unaddressed.keys()]) {
      this.#guarded(() => this.#notRecording(streamId, nowMs, 'recorder_stopped'));
    }
    this.#beat();
  }

  /** Begins, changes or ends recording so that it is as the camera says. Resolves when that is under way. */
  async applyCamera(camera: SupervisedCamera): Promise<void> {
    await this.#serialised(camera.id, () => this.#change(camera));
  }

  /** Ends recording of a camera's streams. Resolves when their files are closed. */
  async removeCamera(cameraId: string): Promise<void> {
    await this.#serialised(cameraId, async () => {
      const recorded = [...this.#streams.keys()].filter((id) => this.#cameraOf(id) === cameraId);
      const resting = this.#viewings.restingOf(cameraId);
      const unaddressed = this.#unaddressedOf(cameraId);
      await Promise.all(recorded.map((streamId) => this.#stopStream(streamId, 'recorder_stopped')));
      await this.#rest(cameraId, []);
      for (const streamId of [...recorded, ...resting, ...unaddressed]) {
        this.#unaddressed.delete(streamId);
        this.#statuses.forget(streamId);
        this.#gaps.forget(streamId);
        this.streamRemoved.publish({ streamId });
      }
    });
  }

  /**
   * A storage root went away, or is back and what was left open in it is recovered.
   *
   * @param away why nothing can be recorded to it, in words; undefined: it can be again
   */
  rootChanged(rootId: string, away: string | undefined): void {
    this.#roots.setAway(rootId, away);
    this.#pool.post({ kind: 'root', rootId, away });
    if (away !== undefined) return;
    for (const { worker, job, label } of this.#streams.values()) {
      if (job.rootId === rootId) worker.post({ kind: 'label', label, rootId });
    }
  }

  /** Bytes that are on their way to a storage root: in memory, or written and not yet synced. */
  inFlightBytes(rootId: string): number {
    return this.#roots.inFlightBytes(rootId);
  }

  /** Asks for the live frames of a stream, recorded or not; they come by `liveArrived`. */
  watch(streamId: string): void {
    this.#setWatched(streamId, true);
  }

  unwatch(streamId: string): void {
    this.#setWatched(streamId, false);
  }

  /** What a watcher is told: of a stream that is not recorded, how the session does that was opened for watching. */
  liveStatus(streamId: string): StreamStatus | undefined {
    return this.#viewings.status(streamId) ?? this.#statuses.get(streamId);
  }

  #setWatched(streamId: string, watched: boolean): void {
    this.#viewings.setWatched(streamId, watched);
    this.#streams.get(streamId)?.worker.post({ kind: watched ? 'watch' : 'unwatch', streamId });
    const cameraId = this.#viewings.cameraOf(streamId);
    if (cameraId === undefined) return;
    const settle = async () => {
      if (!this.#stopping) await this.#viewings.settle(streamId);
    };
    this.#serialised(cameraId, settle).catch((error) => {
      this.#log.error({ err: error }, 'A stream could not be opened to be watched.');
    });
  }

  /** From now on these streams of the camera, and no others, are not recorded and may be watched on demand. */
  async #rest(cameraId: string, orders: readonly StreamOrder[]): Promise<void> {
    const before = this.#viewings.restingOf(cameraId);
    const after = new Map(orders.map((order) => [order.job.streamId, order]));
    const all = new Set([...before, ...after.keys()]);
    for (const streamId of all) this.#viewings.setResting(streamId, after.get(streamId));
    if (!this.#stopping) await Promise.all([...all].map((streamId) => this.#viewings.settle(streamId)));
  }

  get supervision(): SupervisionFigures {
    return {
      streamRestarts: this.#streamRestarts,
      workerRestarts: this.#pool.losses,
      logLinesHeldBack: this.#logLinesHeldBack,
    };
  }

  /** How often the stream was begun anew because it committed nothing, since it was added or changed last. */
  restarts(streamId: string): number {
    return this.#commits.restarts(streamId);
  }

  /** For how long no fragment of the stream has come into a file; undefined when it is not recorded. */
  quietMs(streamId: string): number | undefined {
    return this.#commits.quietMs(streamId, this.#clock.monotonic());
  }

  streamStatus(streamId: string): StreamStatus | undefined {
    return this.#statuses.get(streamId);
  }

  /** The stream's segments that are being written, oldest first. */
  openFootage(streamId: string): OpenFootage[] {
    return this.#open.ofStream(streamId);
  }

  /** A segment that is being written. */
  openSegment(segmentId: string): OpenFootage | undefined {
    return this.#open.get(segmentId);
  }

  #beat(): void {
    try {
      this.#index.ledger.heartbeat(this.#clock.now());
    } catch (error) {
      this.#log.error({ err: error }, 'The heartbeat could not be written.');
    }
  }

  /** One change of a camera at a time. */
  async #serialised(cameraId: string, change: () => Promise<void>): Promise<void> {
    const before = this.#changes.get(cameraId) ?? Promise.resolve();
    const after = before.catch(() => {}).then(change);
    this.#changes.set(cameraId, after);
    try {
      await after;
    } finally {
      if (this.#changes.get(cameraId) === after) this.#changes.delete(cameraId);
    }
  }

  async #change(camera: SupervisedCamera): Promise<void> {
    const before = [...this.#streams.keys()].filter((id) => this.#cameraOf(id) === camera.id);
    before.push(...this.#viewings.restingOf(camera.id), ...this.#unaddressedOf(camera.id));
    const wanted = new Map(
      camera.streams.filter(({ record }) => record).map((stream) => [stream.id, stream]),
    );
    for (const stream of wanted.values()) this.#moveStream(streamOrder(camera, stream, this.#jobSettings));
    const active = [...this.#streams.values()].filter(({ job }) => job.cameraId === camera.id);
    const stale = active.filter(({ job }) => {
      const stream = wanted.get(job.streamId);
      return !stream || !sameJob(job, streamJob(camera, stream, this.#jobSettings));
    });
    await Promise.all(
      stale.map(({ job }) =>
        this.#stopStream(job.streamId, wanted.has(job.streamId) ? 'recorder_stopped' : 'paused'),
      ),
    );
    await this.#rest(camera.id, restingOrders(camera, this.#jobSettings));
    for (const streamId of before) {
      if (camera.streams.some(({ id }) => id === streamId)) continue;
      this.#unaddressed.delete(streamId);
      this.streamRemoved.publish({ streamId });
    }
    if (this.#stopping) return;
    const unchanged = active.find((stream) => !stale.includes(stream));
    const label = cameraLabel(camera, this.#index.installationId);
    unchanged?.worker.post({ kind: 'label', label, rootId: unchanged.job.rootId });
    this.#applyStreams(camera, this.#index.ledger.lastHeartbeat());
  }

  /** When nothing but its storage root is another one. */
  #moveStream(order: StreamOrder): void {
    const { streamId, rootId } = order.job;
    const stream = this.#streams.get(streamId);
    if (!stream || !differInRoot(stream.job, order.job)) return;
    const { worker } = stream;
    this.#streams.set(streamId, { ...order, worker });
    this.#roots.tell(worker, rootId);
    worker.post({ kind: 'move', streamId, rootId, label: order.label });
  }

  #applyStreams(camera: SupervisedCamera, lastHeartbeatMs: UnixMillis | undefined): void {
    for (const stream of camera.streams) {
      if (this.#streams.has(stream.id)) continue;
      if (stream.record && stream.url === '' && this.#unaddressed.has(stream.id)) continue;
      if (stream.record) this.#startStream(camera, stream, lastHeartbeatMs);
      else this.#pauseStream(camera, stream);
    }
  }

  #startStream(
    camera: SupervisedCamera,
    stream: SupervisedCamera['streams'][number],
    lastHeartbeatMs: UnixMillis | undefined,
  ): void {
    const past = this.#pastOf(stream.id, lastHeartbeatMs);
    // One that waited for its address did so until now.
    const gap = this.#unaddressed.delete(stream.id) ? undefined : gapAtStart(past);
    if (past.openGap && past.openGap.startMs <= past.nowMs) {
      this.#gaps.known(stream.id, past.openGap.cause);
    }
    if (past.lastFootageMs !== undefined) this.#statuses.knowFootage(stream.id, past.lastFootageMs);
    if (gap) this.#notRecording(stream.id, gap.fromMs, gap.cause);
    if (stream.url === '') return this.#awaitAddress(camera.id, stream);
    const active = { ...streamOrder(camera, stream, this.#jobSettings), worker: this.#pool.leastLoaded() };
    this.#streams.set(stream.id, active);
    const { job, worker } = active;
    const canBegin = this.#roots.awayReason(job.rootId) === undefined;
    this.#record(
      active,
      canBegin ? this.#reports.reserveFirst(firstSegment(job, past.nowMs), worker) : undefined,
    );
  }

  /** Known from its files alone: nothing can be recorded before a person says where it is. */
  #awaitAddress(cameraId: string, { id: streamId, role }: SupervisedCamera['streams'][number]): void {
    const nowMs = this.#clock.now();
    this.#unaddressed.set(streamId, cameraId);
    this.#notRecording(streamId, nowMs, 'unreachable');
    this.#statuses.set(addressMissingStatus({ cameraId, streamId, role }, nowMs));
  }

  #record({ worker, job, label }: ActiveStream, first?: FirstSegment): void {
    this.#commits.begin(job.streamId, this.#clock.monotonic());
    this.#roots.tell(worker, job.rootId);
    worker.record({ kind: 'record', job, label, ...(first && { first }) });
    if (this.#viewings.isWatched(job.streamId)) worker.post({ kind: 'watch', streamId: job.streamId });
  }

  #unaddressedOf(cameraId: string): string[] {
    return [...this.#unaddressed.keys()].filter((id) => this.#unaddressed.get(id) === cameraId);
  }

  #cameraOf(streamId: string): string | undefined {
    return this.#streams.get(streamId)?.job.cameraId;
  }

  #pauseStream(camera: SupervisedCamera, stream: SupervisedCamera['streams'][number]): void {
    const nowMs = this.#clock.now();
    this.#unaddressed.delete(stream.id);
    const past = this.#pastOf(stream.id, undefined);
    if (past.lastFootageMs !== undefined) this.#statuses.knowFootage(stream.id, past.lastFootageMs);
    if (past.openGap) this.#gaps.known(stream.id, past.openGap.cause);
    const sinceMs = past.openGap || past.lastFootageMs !== undefined ? nowMs : past.createdMs;
    this.#notRecording(stream.id, sinceMs, 'paused');
    this.#statuses.set(pausedStatus({ cameraId: camera.id, streamId: stream.id, role: stream.role }, nowMs));
  }

  async #stopStream(streamId: string, cause: GapCause): Promise<void> {
    const stream = this.#streams.get(streamId);
    this.#streams.delete(streamId);
    this.#commits.end(streamId);
    if (stream) await this.#stopIn(stream.worker, streamId);
    // A stream that was dropped and never had footage is not in the index any more.
    this.#guarded(() => this.#notRecording(streamId, this.#clock.now(), cause));
  }

  #pastOf(streamId: string, heartbeatMs: UnixMillis | undefined): StreamPast {
    const { footage } = this.#index;
    const nowMs = this.#clock.now();
    return readStreamPast(footage, { streamId, startedMs: this.#startedMs ?? nowMs, heartbeatMs, nowMs });
  }

  get #jobSettings(): JobSettings {
    const { segmentMs, rootIdOf } = this.#settings;
    return { installationId: this.#index.installationId, segmentMs, rootIdOf };
  }

  /** Resolves when the stream's files are closed, or its worker is of no use. */
  async #stopIn(worker: WorkerHandle, streamId: string): Promise<void> {
    const late = sleep(this.#clock, stopDeadlineMs, this.#stopped.signal).then(() => 'late' as const);
    late.catch(() => {});
    if ((await Promise.race([worker.stop(streamId), late])) !== 'late') return;
    this.#pool.giveUp(worker, 'A recorder worker does not close the files of a stream.');
  }

  /** Begins anew what commits nothing for longer than it may. */
  #look(): void {
    this.#pool.ping();
    const nowMs = this.#clock.monotonic();
    const isLate = nowMs - this.#lookedMs > 2 * pingMs;
    this.#lookedMs = nowMs;
    // This thread was away itself, and has not read yet what the workers told it meanwhile.
    if (isLate) return;
    for (const stream of this.#streams.values()) {
      const { streamId } = stream.job;
      if (!this.#isStorageUsable(stream.job.rootId)) {
        this.#commits.excuse(streamId, nowMs);
        continue;
      }
      if (!this.#pool.has(stream.worker)) continue;
      const quietMs = this.#commits.quietMs(streamId, nowMs) ?? 0;
      const remedy = this.#commits.judge(streamId, claimOf(this.#statuses.get(streamId)), nowMs);
      if (remedy) this.#beginAnew(stream, remedy, quietMs);
    }
  }

  #beginAnew(stream: ActiveStream, remedy: Remedy, quietMs: number): void {
    const { cameraId, cameraName, role } = stream.job;
    this.#streamRestarts++;
    const quiet = `Nothing of this stream was committed for ${Math.round(quietMs / 1000)} s`;
    this.#log.error({ camera: cameraName, role }, `${quiet}, whatever its recorder says: it is begun anew.`);
    const why = 'A recorder worker commits nothing of a stream, also after that was begun anew.';
    if (remedy === 'worker' && this.#pool.giveUp(stream.worker, why)) return;
    this.#serialised(cameraId, () => this.#restart(stream)).catch((error) => {
      this.#log.error({ err: error }, 'A stream could not be begun anew.');
    });
  }

  async #restart(stream: ActiveStream): Promise<void> {
    const { streamId } = stream.job;
    if (this.#stopping || this.#streams.get(streamId) !== stream) return;
    const { worker } = stream;
    this.#restarting.add(streamId);
    this.#guarded(() => this.#notRecording(streamId, this.#footageEnd(streamId), 'crash'));
    this.#sayLost(streamId, 'Nothing of this stream was committed for long. It is begun anew.');
    try {
      await this.#stopIn(worker, streamId);
    } finally {
      this.#restarting.delete(streamId);
    }
    // When the worker itself was lost meanwhile, its streams have gone on already, or will.
    if (this.#stopping || stream.worker !== worker || worker.streams.has(streamId)) return;
    stream.worker = this.#pool.leastLoaded();
    this.#record(stream);
  }

  /** End of the newest footage in a file; now, when there is none. */
  #footageEnd(streamId: string): UnixMillis {
    const open = this.#open.ofStream(streamId).at(-1);
    if (open) return openFootageEnd(open);
    return this.#pastOf(streamId, undefined).lastFootageMs ?? this.#clock.now();
  }

  #workerLost(lost: WorkerHandle): void {
    for (const streamId of lost.streams) {
      this.#sayLost(streamId, 'The recorder of this stream died. It goes on in a second.');
    }
  }

  /** The next status comes from the next recorder; until then it is not recorded. */
  #sayLost(streamId: string, stateReason: string): void {
    const before = this.liveStatus(streamId);
    if (!before || before.state === 'paused') return;
    const lost: StreamStatus = {
      ...before,
      state: 'backing_off',
      stateReason,
      errorCode: 'internal',
      sinceMs: this.#clock.now(),
      bitsPerSecond: 0,
      framesPerSecond: 0,
      queuedBytes: 0,
    };
    if (this.#viewings.note(lost)) this.viewingChanged.publish(lost);
    else if (this.#streams.has(streamId)) this.#statuses.set(lost);
  }

  #restartStreamsOf(lost: WorkerHandle): void {
    if (this.#stopping) return;
    for (const stream of this.#streams.values()) {
      if (stream.worker !== lost) continue;
      // Recovery may not have come to say so yet, and what is recorded from here on must not hide the time before.
      const { streamId } = stream.job;
      this.#guarded(() => this.#notRecording(streamId, this.#footageEnd(streamId), 'crash'));
      stream.worker = this.#pool.leastLoaded();
      this.#record(stream);
    }
    this.#viewings.moveFrom(lost);
  }

  /** Its open files are recovered at once; its streams go on in another worker, whatever becomes of the files. */
  #workerExited(dead: WorkerHandle): void {
    this.#roots.forget(dead);
    const open = [...dead.segments].flatMap((id) => this.#open.get(id)?.segment ?? []);
    // What is only watched has no files and no gaps.
    const recorded = [...dead.streams].filter((id) => !this.#viewings.cameraOf(id));
    for (const streamId of recorded) {
      const own = open.filter((segment) => segment.streamId === streamId);
      void this.#recoverStream(streamId, own, dead);
    }
  }

  async #recoverStream(
    streamId: string,
    segments: readonly SegmentReservation[],
    dead: WorkerHandle,
  ): Promise<void> {
    const diedMs = this.#clock.now();
    await Promise.all(segments.map((segment) => this.#repair.begin(segment, false)));
    // When that took its time, the stream has gone on meanwhile.
    const { worker } = this.#streams.get(streamId) ?? {};
    if (worker !== undefined && worker !== dead) return;
    this.#guarded(() => {
      const { lastFootageMs, openGap } = this.#pastOf(streamId, undefined);
      // A stream that was in a gap already was so for another reason until now.
      this.#notRecording(streamId, openGap ? diedMs : (lastFootageMs ?? diedMs), 'crash');
    });
  }

  #notRecording(streamId: string, sinceMs: UnixMillis, cause: GapCause): void {
    this.#gaps.notRecording(streamId, sinceMs, cause, this.#clock.now());
  }

  #message(message: FromWorker, worker: WorkerHandle): void {
    switch (message.kind) {
      case 'rows':
      case 'release':
      case 'opened':
      case 'fragment':
      case 'durable':
      case 'abandoned':
        return this.#reports.take(message, worker);
      case 'inFlight':
        return this.#roots.noteInFlight(worker, message.rootId, message.bytes);
      case 'makeRoom':
        return void this.#makeRoom(message.rootId).then(
          (freed) => worker.post({ kind: 'answer', request: message.request, result: { value: freed } }),
          () => worker.post({ kind: 'answer', request: message.request, result: { value: false } }),
        );
      case 'status':
        if (!this.#restarting.has(message.status.streamId)) this.#statuses.set(message.status);
        return;
      case 'viewing':
        if (this.#viewings.note(message.status)) this.viewingChanged.publish(message.status);
        return;
      case 'live':
        return this.liveArrived.publish(message);
      case 'metadata':
        return this.metadataArrived.publish(message.document);
      case 'notRecording':
        if (this.#restarting.has(message.streamId)) return;
        return this.#guarded(() => this.#notRecording(message.streamId, message.sinceMs, message.cause));
      case 'log':
        this.#logLinesHeldBack += message.heldBack ?? 0;
        return this.#log[message.level](message.fields, message.text);
    }
  }

  /** A fault of the index must not end the recorder. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#log.error({ err: error }, 'The index refused what a recorder reported.');
    }
  }
}

/** What the recorder of a stream says of itself. */
function claimOf(status: StreamStatus | undefined): RecorderClaim | undefined {
  if (!status) return undefined;
  const { state, counters, queuedBytes, errorCode } = status;
  const diskRefuses = errorCode !== undefined && errorCatalogue[errorCode].class === 'disk';
  return {
    recording: state === 'recording',
    attempts: counters.reconnects,
    diskToBlame: queuedBytes > 0 || diskRefuses,
  };
}
