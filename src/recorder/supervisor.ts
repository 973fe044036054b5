import type { Clock, Timer } from '../clock/clock.ts';
import { toNightjarError } from '../errors/nightjar_error.ts';
import { Topic } from '../events/topic.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { Run, SegmentReservation, SegmentSummary } from '../footage/segment.ts';
import type { UnixMillis } from '../units/time.ts';
import { GapKeeper, type GapLedger, gapAtStart, type StreamPast } from './gap_keeper.ts';
import type { LiveItem } from './live_item.ts';
import type { Answer, FromWorker, WorkerSettings } from './messages.ts';
import type { StreamMetadata } from './newest_metadata.ts';
import { type OpenFootage, OpenFootageTable, openFootageEnd } from './open_footage.ts';
import { SegmentRepair } from './segment_repair.ts';
import { pausedStatus, type StreamStatus } from './status.ts';
import { type PastFootage, readStreamPast } from './stream_past.ts';
import { StreamStatuses } from './stream_statuses.ts';
import {
  cameraLabel,
  restingOrders,
  type StreamOrder,
  type SupervisedCamera,
  sameJob,
  streamJob,
  streamOrder,
} from './supervised_camera.ts';
import { Viewings } from './viewings.ts';
import { WorkerHandle } from './worker_handle.ts';

const heartbeatMs = 5_000;
/** A worker that died is started again after this. */
const restartMs = 1_000;

/** What the supervisor needs of the index. */
export interface SupervisorIndex {
  readonly installationId: string;
  readonly ledger: GapLedger & {
    reserve(reservation: SegmentReservation, run: Run): void;
    release(segmentId: string): void;
    close(summary: SegmentSummary, flags: { readonly overlap: boolean }): void;
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

/** Footage of a stream reaches further now. */
export interface FootageGrowth {
  readonly cameraId: string;
  readonly streamId: string;
  readonly role: 'main' | 'sub';
  /** End of its newest whole fragment. */
  readonly endMs: UnixMillis;
}

/** Footage of a stream arrived damaged. */
export interface FootageDamage {
  readonly cameraId: string;
  readonly streamId: string;
  readonly role: 'main' | 'sub';
  readonly fromMs: number;
  readonly toMs: number;
}

interface ActiveStream extends StreamOrder {
  worker: WorkerHandle;
}

/** Runs the recorder workers, writes what they report into the index, and knows the state of every stream. */
export class Supervisor {
  /** The state of a stream, its reason, its codecs or the size of its picture changed. */
  readonly statusChanged: Topic<StreamStatus>;
  readonly footageGrew = new Topic<FootageGrowth>();
  readonly footageDamaged = new Topic<FootageDamage>();
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
  readonly #settings: WorkerSettings & { readonly segmentMs: number; readonly workers: number };
  readonly #makeRoom: () => Promise<boolean>;
  readonly #repair: SegmentRepair;
  readonly #gaps: GapKeeper;
  readonly #open = new OpenFootageTable();
  readonly #statuses: StreamStatuses;
  readonly #streams = new Map<string, ActiveStream>();
  readonly #changes = new Map<string, Promise<void>>();
  readonly #workers: WorkerHandle[] = [];
  readonly #viewings = new Viewings(() => this.#leastLoaded());
  #heartbeat: Timer | undefined;
  #startedMs: UnixMillis | undefined;
  #stopping = false;

  /**
   * @param makeRoom deletes the oldest footage; resolves to whether that freed anything
   * @param repair closes a segment file that its writer gave up, and its row, and writes the file once more when told
   *   to; rejects when the disk does not allow
   */
  constructor(options: {
    index: SupervisorIndex;
    /** Where gaps are written a second time, beside the footage. */
    journal: GapLedger;
    clock: Clock;
    log: SupervisorLog;
    settings: WorkerSettings & { readonly segmentMs: number; readonly workers: number };
    makeRoom: () => Promise<boolean>;
    repair: (segment: SegmentReservation, rewrite: boolean) => Promise<void>;
  }) {
    this.#index = options.index;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#settings = options.settings;
    this.#makeRoom = options.makeRoom;
    this.#repair = new SegmentRepair({
      open: this.#open,
      clock: options.clock,
      warn: (fields, text) => options.log.warn(fields, text),
      repair: options.repair,
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
  }

  /** Starts the workers and the recording of all cameras. */
  start(cameras: readonly SupervisedCamera[]): void {
    for (let count = 0; count < this.#settings.workers; count++) this.#addWorker();
    const lastHeartbeatMs = this.#index.ledger.lastHeartbeat();
    this.#startedMs = this.#clock.now();
    for (const camera of cameras) {
      for (const order of restingOrders(camera, this.#jobSettings))
        this.#viewings.setResting(order.job.streamId, order);
      this.#applyStreams(camera, lastHeartbeatMs);
    }
    this.#beat();
    this.#heartbeat = this.#clock.every(heartbeatMs, () => this.#beat());
  }

  /** Closes all files. Resolves when the index knows of every one. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#repair.end();
    this.#heartbeat?.cancel();
    await Promise.allSettled(this.#changes.values());
    await Promise.all(this.#workers.map((worker) => worker.end()));
    const nowMs = this.#clock.now();
    for (const streamId of this.#streams.keys()) {
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
      await Promise.all(recorded.map((streamId) => this.#stopStream(streamId, 'recorder_stopped')));
      await this.#rest(cameraId, []);
      for (const streamId of [...recorded, ...resting]) {
        this.#statuses.forget(streamId);
        this.#gaps.forget(streamId);
        this.streamRemoved.publish({ streamId });
      }
    });
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
    before.push(...this.#viewings.restingOf(camera.id));
    const wanted = new Map(
      camera.streams.filter(({ record }) => record).map((stream) => [stream.id, stream]),
    );
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
      if (!camera.streams.some(({ id }) => id === streamId)) this.streamRemoved.publish({ streamId });
    }
    if (this.#stopping) return;
    const unchanged = active.find((stream) => !stale.includes(stream));
    unchanged?.worker.post({ kind: 'label', label: cameraLabel(camera, this.#index.installationId) });
    this.#applyStreams(camera, this.#index.ledger.lastHeartbeat());
  }

  #applyStreams(camera: SupervisedCamera, lastHeartbeatMs: UnixMillis | undefined): void {
    for (const stream of camera.streams) {
      if (this.#streams.has(stream.id)) continue;
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
    const gap = gapAtStart(past);
    if (past.openGap) this.#gaps.known(stream.id, past.openGap.cause);
    if (gap) this.#notRecording(stream.id, gap.fromMs, gap.cause);
    const active = { ...streamOrder(camera, stream, this.#jobSettings), worker: this.#leastLoaded() };
    this.#streams.set(stream.id, active);
    this.#record(active);
  }

  #record({ worker, job, label }: ActiveStream): void {
    worker.record({ kind: 'record', job, label });
    if (this.#viewings.isWatched(job.streamId)) worker.post({ kind: 'watch', streamId: job.streamId });
  }

  #cameraOf(streamId: string): string | undefined {
    return this.#streams.get(streamId)?.job.cameraId;
  }

  #pauseStream(camera: SupervisedCamera, stream: SupervisedCamera['streams'][number]): void {
    const nowMs = this.#clock.now();
    const past = this.#pastOf(stream.id, undefined);
    if (past.openGap) this.#gaps.known(stream.id, past.openGap.cause);
    const sinceMs = past.openGap || past.lastFootageMs !== undefined ? nowMs : past.createdMs;
    this.#notRecording(stream.id, sinceMs, 'paused');
    this.#statuses.set(pausedStatus({ cameraId: camera.id, streamId: stream.id, role: stream.role }, nowMs));
  }

  async #stopStream(streamId: string, cause: GapCause): Promise<void> {
    const stream = this.#streams.get(streamId);
    this.#streams.delete(streamId);
    await stream?.worker.stop(streamId);
    // A stream that was dropped and never had footage is not in the index any more.
    this.#guarded(() => this.#notRecording(streamId, this.#clock.now(), cause));
  }

  #pastOf(streamId: string, heartbeatMs: UnixMillis | undefined): StreamPast {
    const { footage } = this.#index;
    const nowMs = this.#clock.now();
    return readStreamPast(footage, { streamId, startedMs: this.#startedMs ?? nowMs, heartbeatMs, nowMs });
  }

  get #jobSettings(): { installationId: string; segmentMs: number } {
    return { installationId: this.#index.installationId, segmentMs: this.#settings.segmentMs };
  }

  #addWorker(): WorkerHandle {
    const { recordingsDir, syncMs } = this.#settings;
    const worker = new WorkerHandle({
      settings: { recordingsDir, syncMs },
      onMessage: (message, from) => this.#message(message, from),
      onDeath: (error, dead, streams) => this.#workerDied(error, dead, streams),
    });
    this.#workers.push(worker);
    return worker;
  }

  #leastLoaded(): WorkerHandle {
    if (this.#workers.length === 0) return this.#addWorker();
    return this.#workers.reduce((least, worker) =>
      worker.streams.size < least.streams.size ? worker : least,
    );
  }

  /** Its open files are recovered at once; its streams go on in another worker, whatever becomes of the files. */
  #workerDied(error: Error | undefined, dead: WorkerHandle, streamIds: readonly string[]): void {
    this.#log.error({ err: error }, 'A recorder worker died; its cameras go on in a new one.');
    this.#workers.splice(this.#workers.indexOf(dead), 1);
    this.#clock.after(restartMs, () => this.#restartStreamsOf(dead));
    for (const streamId of streamIds) {
      // What is only watched has no files and no gaps.
      if (!this.#viewings.cameraOf(streamId)) void this.#recoverStream(streamId);
      this.#sayDied(streamId);
    }
  }

  /** The next status comes from the next worker; until then it is not recorded. */
  #sayDied(streamId: string): void {
    const before = this.liveStatus(streamId);
    if (!before || before.state === 'paused') return;
    const stateReason = 'The recorder of this stream died. It goes on in a second.';
    const died: StreamStatus = {
      ...before,
      state: 'backing_off',
      stateReason,
      errorCode: 'internal',
      sinceMs: this.#clock.now(),
      bitsPerSecond: 0,
      framesPerSecond: 0,
    };
    if (this.#viewings.note(died)) this.viewingChanged.publish(died);
    else if (this.#streams.has(streamId)) this.#statuses.set(died);
  }

  #restartStreamsOf(dead: WorkerHandle): void {
    if (this.#stopping) return;
    if (this.#workers.length < this.#settings.workers) this.#addWorker();
    for (const stream of this.#streams.values()) {
      if (stream.worker !== dead) continue;
      stream.worker = this.#leastLoaded();
      this.#record(stream);
    }
    this.#viewings.moveFrom(dead);
  }

  async #recoverStream(streamId: string): Promise<void> {
    const diedMs = this.#clock.now();
    await Promise.all(this.#open.allOfStream(streamId).map((segment) => this.#repair.begin(segment, false)));
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
      case 'reserve':
        return this.#answer(worker, message.request, () => {
          this.#index.ledger.reserve(message.reservation, message.run);
          this.#open.reserve(message.reservation, message.run);
          return true;
        });
      case 'closed':
        return this.#answer(worker, message.request, () => {
          this.#index.ledger.close(message.summary, { overlap: false });
          this.#open.remove(message.summary.id);
          return true;
        });
      case 'makeRoom':
        return void this.#makeRoom().then(
          (freed) => worker.post({ kind: 'answer', request: message.request, result: { value: freed } }),
          () => worker.post({ kind: 'answer', request: message.request, result: { value: false } }),
        );
      case 'release':
        this.#open.remove(message.segmentId);
        return this.#guarded(() => this.#index.ledger.release(message.segmentId));
      case 'opened':
        return this.#open.opened(message.segmentId, message.tracks);
      case 'fragment':
        return this.#fragment(message);
      case 'durable':
        return this.#open.durable(message.segmentId, message.fragments);
      case 'abandoned':
        return this.#abandoned(message.segmentId);
      case 'status':
        return this.#statuses.set(message.status);
      case 'viewing':
        if (this.#viewings.note(message.status)) this.viewingChanged.publish(message.status);
        return;
      case 'live':
        return this.liveArrived.publish(message);
      case 'metadata':
        return this.metadataArrived.publish(message.document);
      case 'notRecording':
        return this.#guarded(() => this.#notRecording(message.streamId, message.sinceMs, message.cause));
      case 'log':
        return this.#log[message.level](message.fields, message.text);
    }
  }

  #fragment(message: FromWorker & { kind: 'fragment' }): void {
    this.#open.add(message.segmentId, message.entry, message.shiftMs);
    const footage = this.#open.get(message.segmentId);
    if (!footage) return;
    const { streamId } = footage.segment;
    // After a hole nothing can be shown before a key frame: until then it goes on.
    if (footage.fragments.some(({ keyFrame }) => keyFrame)) {
      this.#guarded(() => this.#gaps.recording(streamId, message.entry.startMs));
    }
    const status = this.#statuses.get(streamId);
    if (!status) return;
    const { cameraId, role } = status;
    this.footageGrew.publish({ cameraId, streamId, role, endMs: openFootageEnd(footage) });
    const { startMs, damage = [] } = message.entry;
    for (const { fromMs, toMs } of damage) {
      this.footageDamaged.publish({
        cameraId,
        streamId,
        role,
        fromMs: startMs + fromMs,
        toMs: startMs + toMs,
      });
    }
  }

  #abandoned(segmentId: string): void {
    const segment = this.#open.abandoned(segmentId);
    // A writer gives a file up when the disk has failed.
    if (segment) void this.#repair.begin(segment, true);
  }

  #answer(worker: WorkerHandle, request: number, work: () => boolean): void {
    let result: Answer;
    try {
      result = { value: work() };
    } catch (error) {
      this.#log.error({ err: error }, 'The index refused what a recorder reported.');
      result = { failure: toNightjarError(error).message };
    }
    worker.post({ kind: 'answer', request, result });
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
