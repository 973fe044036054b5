import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { ByteRange } from '../media/byte_range.ts';
import { DecodeOrder } from '../media/decode_order.ts';
import { beginsH264OpenGroup } from '../media/h264_recovery_point.ts';
import { isSkippedLeadingPicture } from '../media/h265_leading_picture.ts';
import type { AccessUnit, AudioFrame, Damage, MediaUnit } from '../media/media_unit.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';
import { RtpTimeline } from '../rtp/timeline.ts';
import type { RtspLog } from '../rtsp/client.ts';
import {
  type RtpTimestamp,
  rtpTimestamp,
  type TrackTicks,
  ticksToMillis,
  type UnixMillis,
  unixMillis,
} from '../units/time.ts';
import type { ActivityMeter } from './activity_meter.ts';
import { ChangeAllowance } from './change_allowance.ts';
import { DiscardWriter } from './discard_writer.ts';
import type { DiskState } from './disk_state.ts';
import type { FirstSegmentOffer } from './first_segment.ts';
import { HoleWatch } from './hole_watch.ts';
import type { HostClock } from './host_clock.ts';
import type { Ledger } from './ledger.ts';
import type { LiveItem } from './live_item.ts';
import { LiveRun } from './live_run.ts';
import { type PlannedFragment, RunRecorder } from './run_recorder.ts';
import { RunWriter } from './run_writer.ts';
import type { StorageRoot } from './storage_root.ts';
import type { StreamJob } from './stream_job.ts';

/** Sounds kept while there is no run: more than a second of the usual 20 ms. */
const maxEarlySounds = 64;

/** Pictures that refresh gradually are taken for key frames when none came for so long. */
const keyFramePatienceMs = 10_000;

/** What the recording tells the stream it belongs to. */
export interface RecordingEvents {
  /** A fragment is in the file, or would be if the stream were recorded; its footage ends at `endMs`. */
  onWritten(plan: PlannedFragment, endMs: UnixMillis): void;
  /** No footage from `sinceMs` on, until more is written. */
  onBreak(error: NightjarError, sinceMs: UnixMillis): void;
  /** The session goes on, but had no picture from `sinceMs` until the next that is written. */
  onHole(sinceMs: UnixMillis, cause: GapCause): void;
  /** While it is watched. */
  onLive(item: LiveItem): void;
}

/** So long a run goes on after the camera has left its time line, if no key frame comes. */
const maxBridgeMs = 30_000;

interface CurrentRun {
  readonly recorder: RunRecorder;
  readonly writer: RunWriter | DiscardWriter;
  readonly video: RtpTimeline;
  readonly firstVideoRtp: RtpTimestamp;
  /** Whether it begins with a key frame of H.264 that pictures follow which are shown before it. */
  readonly beginsOpenGroup: boolean;
  readonly holes: HoleWatch;
  decodeOrder: DecodeOrder;
  /** Undefined before the first sound. */
  audio: RtpTimeline | undefined;
  firstAudioRtp: RtpTimestamp | undefined;
  readonly videoScale: number;
  readonly clockEpoch: number;
  /** What its pictures decode with now. */
  videoTrack: VideoTrack;
  /** The camera changes it too often: pictures of another track are left out, up to a key frame that may change it. */
  refusesTracks: boolean;
  /** Asked for last. */
  wantedAudioTrack: AudioTrack | undefined;
  /** Since when its time line is gone on with though the camera has left it. */
  bridgedSinceMs: number | undefined;
  /** While it is watched. */
  live: LiveRun | undefined;
}

interface SenderReport {
  readonly media: 'video' | 'audio';
  readonly ntpMs: number;
  readonly rtpTimestamp: RtpTimestamp;
}

/** Records what one session delivers: begins runs at key frames, ends them at breaks, and survives a sick disk. */
export class Recording {
  readonly #job: StreamJob;
  readonly #clock: Clock;
  readonly #hostClock: HostClock;
  readonly #ledger: Ledger;
  #root: StorageRoot;
  readonly #first: FirstSegmentOffer | undefined;
  readonly #disk: DiskState;
  readonly #pool: ChunkPool;
  readonly #logger: RtspLog | undefined;
  readonly #events: RecordingEvents;
  readonly #audioTrack: () => AudioTrack | undefined;
  readonly #activity: ActivityMeter;
  #finished: Promise<void> = Promise.resolve();
  /** Of the run and of those before it: their files are not all finished. */
  readonly #writers = new Set<RunWriter>();
  /** What came while there was no run; the oldest first. */
  readonly #earlySound: AudioFrame[] = [];
  readonly #reports = new Map<'video' | 'audio', SenderReport>();
  #run: CurrentRun | undefined;
  #watched: boolean;
  #isStopping = false;
  /** When the newest key frame came, or the first picture. */
  #keyFrameAtMs: number | undefined;
  samplesDropped = 0;
  readonly #videoChanges = new ChangeAllowance();
  readonly #audioChanges = new ChangeAllowance();

  constructor(options: {
    job: StreamJob;
    clock: Clock;
    hostClock: HostClock;
    ledger: Ledger;
    root: StorageRoot;
    first?: FirstSegmentOffer;
    disk: DiskState;
    pool: ChunkPool;
    logger?: RtspLog;
    events: RecordingEvents;
    /** From the first picture on; see {@link watch}. */
    watched: boolean;
    /** The session's audio track, as far as it is known. */
    audioTrack: () => AudioTrack | undefined;
    /** Knows what is usual for the stream. */
    activity: ActivityMeter;
  }) {
    this.#job = options.job;
    this.#clock = options.clock;
    this.#hostClock = options.hostClock;
    this.#ledger = options.ledger;
    this.#root = options.root;
    this.#first = options.first;
    this.#disk = options.disk;
    this.#pool = options.pool;
    this.#logger = options.logger;
    this.#events = options.events;
    this.#audioTrack = options.audioTrack;
    this.#activity = options.activity;
    this.#watched = options.watched;
  }

  /** Gives out live frames from now on, beginning with the newest key frame. */
  watch(): void {
    if (this.#watched) return;
    this.#watched = true;
    const run = this.#run;
    if (!run) return;
    const { unfinished } = run.recorder;
    run.live = this.#liveRun(run.recorder);
    if (unfinished) this.#showLive(run, (live) => live.beginAt(unfinished, () => run.writer.newestGroup()));
  }

  unwatch(): void {
    this.#watched = false;
    this.#run?.live?.end();
    if (this.#run) this.#run.live = undefined;
  }

  /** From the next file on what comes is written to another storage root; the run goes on. */
  moveTo(root: StorageRoot): void {
    this.#root = root;
    if (this.#run?.writer instanceof RunWriter) this.#run.writer.moveTo(root);
    this.leaveHangingDisk();
  }

  /**
   * Begins a new run in place of one that waits for the disk it was moved away from, when that hangs; a recording that is being
   * stopped waits for no disk that does. To be called again and again: it may begin to hang after the move.
   */
  leaveHangingDisk(): void {
    const own = this.#isStopping ? undefined : this.#root;
    for (const writer of this.#writers) {
      if (!writer.hangsOutside(own)) continue;
      writer.leave();
      this.#disk.retryNow();
      if (this.#run?.writer !== writer) continue;
      const detail = 'The disk that was recorded to does not answer; a new run begins on the other one.';
      this.#endRun(new NightjarError('disk_slow', detail));
    }
  }

  /** Whether what comes is written to files, and not only shown or left out. */
  get isWriting(): boolean {
    return this.#run?.writer instanceof RunWriter;
  }

  /** Takes over the unit and its bytes. */
  take(unit: MediaUnit): void {
    if (unit.kind === 'accessUnit') this.#picture(this.#withRefresh(unit));
    else if (unit.kind === 'audioFrame') this.#sound(unit);
    else this.#damage(unit);
  }

  /**
   * Why what is recorded has had no picture for so long that it is a hole by now, and since when: since what this session
   * has in files, or since its newest picture; undefined while all is well.
   */
  hole(): { readonly cause: GapCause; readonly sinceMs: UnixMillis } | undefined {
    const run = this.#run;
    if (!(run?.writer instanceof RunWriter)) return undefined;
    const nowMs = this.#clock.monotonic();
    const cause = run.holes.overdue(nowMs);
    if (!cause) return undefined;
    const pictureMs = unixMillis(this.#clock.now() - (nowMs - run.holes.pictureAtMs));
    return { cause, sinceMs: run.writer.writtenEndMs ?? pictureMs };
  }

  senderReport(report: SenderReport): void {
    this.#reports.set(report.media, report);
    this.#passReport(report);
  }

  /** Ends the run at once, as when the session ended. Resolves when its files are closed, or left to a disk that hangs. */
  async stop(error: NightjarError): Promise<void> {
    this.#isStopping = true;
    this.#endRun(error);
    this.#dropEarlySound();
    await this.#finished;
  }

  /** Where no key frames come, those pictures stand for them with which the picture begins to be refreshed. */
  #withRefresh(unit: AccessUnit): AccessUnit {
    const nowMs = this.#clock.monotonic();
    if (unit.keyFrame) this.#keyFrameAtMs = nowMs;
    this.#keyFrameAtMs ??= nowMs;
    if (unit.keyFrame || !unit.isGradualRefresh || nowMs - this.#keyFrameAtMs < keyFramePatienceMs)
      return unit;
    return { ...unit, keyFrame: true };
  }

  #picture(unit: AccessUnit): void {
    // Before the picture is placed: a run that is young takes its arrival for the truth.
    this.#hostClock.check();
    if (this.#run && this.#run.clockEpoch !== this.#hostClock.epoch) {
      this.#endRun(
        new NightjarError('timeline_break', 'The clock of this machine was set; a new run begins.'),
      );
    }
    if (this.#run?.writer instanceof DiscardWriter && unit.keyFrame && this.#mayRecord) {
      this.#endRun(new NightjarError('stopping', 'The disk may be better; it is recorded again.'));
    }
    const isFirst = !this.#run;
    if (!this.#run && !this.#begin(unit)) return this.#drop(unit.bytes);
    const run = this.#run!;
    if (!this.#mayChange(run, unit)) {
      this.samplesDropped++;
      this.#damage({ media: 'video' });
      return this.#drop(unit.bytes);
    }
    const placed = run.video.place(unit.rtpTimestamp, unit.arrivalMs);
    if (placed.kind === 'time') run.bridgedSinceMs = undefined;
    const presentationTicks = placed.kind === 'break' ? this.#bridge(run, unit, placed.ticks) : placed.ticks;
    if (presentationTicks === undefined) {
      this.#endRun(
        new NightjarError('timeline_break', 'The time stamps of the camera jumped; a new run begins.'),
      );
      return this.#picture(unit);
    }
    // Of an open group in whose middle the run began: what it refers to never came.
    if (presentationTicks < 0 && (run.beginsOpenGroup || isSkippedLeadingPicture(unit))) {
      this.samplesDropped++;
      return this.#drop(unit.bytes);
    }
    const mediaMs = ticksToMillis(presentationTicks, run.videoScale);
    const hole = run.holes.picture(mediaMs, this.#clock.monotonic());
    // Else the first pictures after the hole would be decoded before it.
    if (hole) run.decodeOrder = new DecodeOrder();
    const { decodeTicks } = run.decodeOrder.push(presentationTicks, unit.track.reorderDepth);
    const { bytes, keyFrame, arrivalMs, track } = unit;
    const sample = { bytes, decodeTicks, presentationTicks, keyFrame, arrivalMs, track };
    const soundBefore = run.recorder.audioTrack;
    if (run.recorder.video(sample, hole)) {
      // It is right when the next refresh begins, at the latest.
      if (isFirst && unit.isGradualRefresh) run.recorder.lost('video', 0);
      if (run.recorder.audioTrack !== soundBefore) this.#renewLive(run);
      if (run.live) this.#showLive(run, (live) => live.picture(sample));
      return;
    }
    const detail = 'The time stamps of the camera left the wall clock by more than 2 s; a new run begins.';
    this.#endRun(new NightjarError('timeline_break', detail));
    this.#picture(unit);
  }

  /**
   * Where a picture lies while a new run is due that can begin only with a key frame: until then pictures decode with those
   * before them, and so they go on in the old run. Undefined when the new run is to begin now.
   */
  #bridge(run: CurrentRun, { keyFrame }: AccessUnit, ticks: TrackTicks | undefined): TrackTicks | undefined {
    run.bridgedSinceMs ??= this.#clock.monotonic();
    const isOver = keyFrame || this.#clock.monotonic() - run.bridgedSinceMs > maxBridgeMs;
    return isOver ? undefined : ticks;
  }

  /** Whether a picture's parameters are those of the run, or may become them. */
  #mayChange(run: CurrentRun, { track, keyFrame }: AccessUnit): boolean {
    if (track === run.videoTrack) return true;
    if (run.refusesTracks && !keyFrame) return false;
    run.refusesTracks = !this.#videoChanges.take(this.#clock.monotonic());
    if (!run.refusesTracks) run.videoTrack = track;
    return !run.refusesTracks;
  }

  #damage({ media, packetsLost = 0 }: Pick<Damage, 'media' | 'packetsLost'>): void {
    const run = this.#run;
    if (media === 'video') run?.holes.damage(this.#clock.monotonic());
    run?.recorder.lost(media, packetsLost);
  }

  #sound(unit: AudioFrame): void {
    const run = this.#run;
    if (!run) return this.#keepEarly(unit);
    if (unit.track !== run.recorder.audioTrack) {
      this.#changeAudioTrack(run, unit.track);
      this.samplesDropped++;
      return this.#drop(unit.bytes);
    }
    run.audio ??= this.#timeline(unit.track);
    const placed = run.audio.place(unit.rtpTimestamp, unit.arrivalMs);
    if (placed.kind === 'break') {
      run.audio = this.#timeline(unit.track);
      run.firstAudioRtp = undefined;
      run.recorder.restartAudioTimeline(unit.arrivalMs);
      return this.#sound(unit);
    }
    if (run.firstAudioRtp === undefined) {
      run.firstAudioRtp = unit.rtpTimestamp;
      const report = this.#reports.get('audio');
      if (report) this.#passReport(report);
    }
    const { bytes, durationTicks, arrivalMs } = unit;
    const frame = { bytes, ticks: placed.ticks, frameTicks: durationTicks, arrivalMs };
    if (run.live) this.#showLive(run, (live) => live.sound(frame));
    run.recorder.audio(frame);
  }

  #changeAudioTrack(run: CurrentRun, track: AudioTrack): void {
    if (track === run.wantedAudioTrack || !this.#audioChanges.take(this.#clock.monotonic())) return;
    run.wantedAudioTrack = track;
    run.recorder.changeAudioTrack(track);
  }

  /** True when a run may be written that begins now. */
  get #mayRecord(): boolean {
    return this.#job.record && this.#root.away === undefined && this.#disk.isReady(this.#clock.monotonic());
  }

  /** Begins a run at a key frame. While the disk is given time to recover it is only watched, if it is watched. */
  #begin(unit: AccessUnit): boolean {
    if (!unit.keyFrame) return false;
    if (!this.#mayRecord && this.#job.record && !this.#watched) return false;
    const drop = (bytes: ByteRange) => this.#pool.release(bytes);
    const writer = this.#mayRecord ? this.#runWriter(drop) : this.#discardWriter(drop);
    const recorder = new RunRecorder({
      streamId: this.#job.streamId,
      segmentMs: this.#job.segmentMs,
      audioTrack: this.#audioTrack(),
      activity: this.#activity,
      emit: (step) => writer.take(step),
      drop,
    });
    this.#run = {
      recorder,
      writer,
      video: this.#timeline(unit.track),
      firstVideoRtp: unit.rtpTimestamp,
      beginsOpenGroup: beginsH264OpenGroup(unit),
      holes: new HoleWatch(),
      decodeOrder: new DecodeOrder(),
      audio: undefined,
      firstAudioRtp: undefined,
      videoScale: unit.track.timescale,
      clockEpoch: this.#hostClock.epoch,
      videoTrack: unit.track,
      refusesTracks: false,
      wantedAudioTrack: undefined,
      bridgedSinceMs: undefined,
      live: this.#watched ? this.#liveRun(recorder) : undefined,
    };
    const report = this.#reports.get('video');
    if (report) this.#passReport(report);
    for (const sound of this.#earlySound.splice(0)) this.#sound(sound);
    return true;
  }

  /** Sound of the time of the first picture may arrive before that picture is whole. */
  #keepEarly(unit: AudioFrame): void {
    if (this.#earlySound.length >= maxEarlySounds) this.#drop(this.#earlySound.shift()!.bytes);
    this.#earlySound.push(unit);
  }

  #dropEarlySound(): void {
    for (const { bytes } of this.#earlySound.splice(0)) this.#drop(bytes);
  }

  #runWriter(drop: (bytes: ByteRange) => void): RunWriter {
    const { installationId, cameraId, streamId } = this.#job;
    const { epoch } = this.#hostClock;
    const first = this.#first?.take(this.#clock.now(), epoch, this.#root.id);
    const writer = new RunWriter({
      root: this.#root,
      disk: this.#disk,
      ledger: this.#ledger,
      installationId,
      cameraId,
      run: first?.run ?? { id: randomUUID(), streamId, clockEpoch: epoch },
      first: first?.reservation,
      drop,
      onFailure: (error) => this.#diskFailed(writer, error),
      onWritten: (plan, endMs) => {
        this.#disk.succeeded();
        this.#events.onWritten(plan, endMs);
      },
      onHole: (sinceMs, cause) => this.#events.onHole(sinceMs, cause),
      after: this.#finished,
    });
    this.#writers.add(writer);
    return writer;
  }

  #discardWriter(drop: (bytes: ByteRange) => void): DiscardWriter {
    return new DiscardWriter({
      drop,
      onFragment: (plan) => {
        if (!this.#job.record) this.#events.onWritten(plan, plan.startMs);
      },
    });
  }

  #liveRun(recorder: RunRecorder): LiveRun {
    return new LiveRun({
      audioTrack: recorder.audioTrack,
      audioLagTicks: () => recorder.audioLagTicks,
      release: (bytes) => this.#pool.release(bytes),
      emit: (item) => this.#events.onLive(item),
    });
  }

  /** What goes wrong with watching must cost no footage: it begins anew at the next key frame. */
  #showLive(run: CurrentRun, show: (live: LiveRun) => void): void {
    try {
      show(run.live!);
    } catch (error) {
      this.#renewLive(run);
      const { cameraName, role } = this.#job;
      this.#logger?.warn(
        { camera: cameraName, role, err: error },
        'Live pictures begin anew after an error.',
      );
    }
  }

  #renewLive(run: CurrentRun): void {
    if (!run.live) return;
    run.live.end();
    run.live = this.#liveRun(run.recorder);
  }

  #timeline(track: VideoTrack | AudioTrack): RtpTimeline {
    return new RtpTimeline(track.timescale);
  }

  #passReport(report: SenderReport): void {
    const run = this.#run;
    const first = report.media === 'video' ? run?.firstVideoRtp : run?.firstAudioRtp;
    if (!run || first === undefined) return;
    const timescale = report.media === 'video' ? run.videoScale : this.#audioTrack()?.timescale;
    if (timescale === undefined) return;
    const ticks = rtpTimestamp(report.rtpTimestamp - first) | 0;
    run.recorder.senderReport(report.media, report.ntpMs, ticks, timescale);
  }

  #endRun(error: NightjarError): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    run.live?.end();
    run.recorder.end();
    this.samplesDropped += run.recorder.droppedSamples;
    // What was not written breaks nothing.
    if (run.writer instanceof DiscardWriter) return;
    const { writer } = run;
    this.#finished = writer.finish().then(() => {
      this.#writers.delete(writer);
      this.#events.onBreak(error, writer.writtenEndMs ?? this.#clock.now());
    });
  }

  #diskFailed(writer: RunWriter, error: NightjarError): void {
    this.#disk.failed(this.#clock.monotonic());
    if (this.#run?.writer === writer) this.#endRun(error);
  }

  #drop(bytes: ByteRange): void {
    this.#pool.release(bytes);
  }
}
