import { type Clock, sleep, type Timer } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { GapCause } from '../footage/gap_cause.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { MetadataDocument } from '../rtp/metadata_assembler.ts';
import type { RtspLog } from '../rtsp/client.ts';
import { ticksToMillis, type UnixMillis } from '../units/time.ts';
import { ActivityMeter } from './activity_meter.ts';
import { Backoff } from './backoff.ts';
import { DiskState } from './disk_state.ts';
import type { FirstSegmentOffer } from './first_segment.ts';
import type { HostClock } from './host_clock.ts';
import { KeepAliveChoice } from './keep_alive_choice.ts';
import type { Ledger } from './ledger.ts';
import type { LiveItem } from './live_item.ts';
import { RateMeter } from './rate_meter.ts';
import { Recording } from './recording.ts';
import { type PlannedFragment, videoTrackId } from './run_recorder.ts';
import { addFigures, noFigures, type SessionFigures } from './session_figures.ts';
import { gapCauseOf, type StreamCounters, type StreamState, type StreamStatus } from './status.ts';
import type { StorageRoot } from './storage_root.ts';
import type { StreamJob } from './stream_job.ts';
import { type PlaybackNews, StreamSession } from './stream_session.ts';
import { TransportChoice } from './transport_choice.ts';

/** A session that delivers but commits no footage for so long is begun anew. */
const progressMs = 30_000;
const statusMs = 2_000;

/** What several streams of one thread share. */
export interface RecorderEnvironment {
  readonly clock: Clock;
  readonly hostClock: HostClock;
  readonly ledger: Ledger;
  readonly root: StorageRoot;
  /** For the first run of the stream. */
  readonly first?: FirstSegmentOffer;
  readonly pool: ChunkPool;
  readonly receiveBuffer: Buffer;
  readonly logger?: RtspLog;
  /** Begins a session with the camera; by RTSP unless given. */
  readonly openSession?: (options: SessionOptions) => CameraSession;
}

export type SessionOptions = ConstructorParameters<typeof StreamSession>[0];

/** A session with a camera as its recorder sees it. */
export type CameraSession = Pick<
  StreamSession,
  | 'open'
  | 'ended'
  | 'stop'
  | 'heard'
  | 'playedMs'
  | 'askedForMetadata'
  | 'notes'
  | 'videoTrack'
  | 'audioTrack'
  | 'figures'
>;

export interface StreamRecorderEvents {
  onStatus(status: StreamStatus): void;
  /** No footage from `sinceMs` on, for this cause, until some is written. */
  onNotRecording(sinceMs: UnixMillis, cause: GapCause): void;
  /** While it is watched. */
  onLive(item: LiveItem): void;
  onPlayback?(news: PlaybackNews): void;
  /** Metadata are asked for when this is there. The memory of a document is the receiver's. */
  onMetadata?(document: MetadataDocument): void;
}

/** Keeps one camera stream recorded: one session after another, for ever, until it is stopped. */
export class StreamRecorder {
  readonly #job: StreamJob;
  readonly #env: RecorderEnvironment;
  #root: StorageRoot;
  readonly #events: StreamRecorderEvents;
  readonly #stop = new AbortController();
  readonly #backoff = new Backoff();
  readonly #transports: TransportChoice;
  readonly #keepAlives = new KeepAliveChoice();
  readonly #disk = new DiskState();
  readonly #activity = new ActivityMeter();
  readonly #frameRate = new RateMeter();
  readonly #bitRate = new RateMeter();
  #loop: Promise<void> | undefined;
  #session: CameraSession | undefined;
  #recording: Recording | undefined;
  #statusTimer: Timer | undefined;
  #watched = false;
  #wantsMetadata = true;
  #state: StreamState = 'connecting';
  #reason = 'Connecting to the camera.';
  #error: NightjarError | undefined;
  readonly #startedMs: UnixMillis;
  #sinceMs: UnixMillis;
  #lastCommitMs = 0;
  #lastFootageMs: UnixMillis | undefined;
  #past: SessionFigures = noFigures;
  #lastPicture: { codecs: readonly string[]; width?: number; height?: number } = { codecs: [] };
  #written = { frames: 0, audioFrames: 0, fragments: 0, bytes: 0, damagedMs: 0 };
  #damagedUnits = 0;
  /** Since the last progress. */
  #damagedPictures = 0;
  #wholePictures = 0;
  #pastDropped = 0;
  #reconnects = 0;

  constructor(job: StreamJob, env: RecorderEnvironment, events: StreamRecorderEvents) {
    this.#job = job;
    this.#env = env;
    this.#root = env.root;
    this.#events = events;
    this.#transports = new TransportChoice(job.transport, job.url);
    this.#startedMs = env.clock.now();
    this.#sinceMs = this.#startedMs;
  }

  start(): void {
    this.#statusTimer = this.#env.clock.every(statusMs, () => {
      this.#recording?.leaveHangingDisk();
      this.#report();
    });
    this.#report();
    this.#loop = this.#run();
  }

  /** Gives out live frames from now on, over all its sessions. */
  watch(): void {
    this.#watched = true;
    this.#recording?.watch();
  }

  unwatch(): void {
    this.#watched = false;
    this.#recording?.unwatch();
  }

  /** A storage root went away or came back. */
  rootChanged(rootId: string): void {
    if (rootId !== this.#root.id) return;
    if (this.#root.away === undefined) this.#disk.retryNow();
    else this.#reportAway();
  }

  /** From the next file on, or at once when the disk before hangs, it is recorded to another storage root. */
  moveTo(root: StorageRoot): void {
    this.#root = root;
    this.#disk.retryNow();
    this.#recording?.moveTo(root);
  }

  /** Ends the session and closes the files. Never throws. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#session?.stop();
    await this.#loop;
    this.#env.first?.release();
    this.#statusTimer?.cancel();
    this.#setState('stopped', 'Recording was stopped.');
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { error, another } = await this.#oneSession();
      if (this.#stop.signal.aborted) return;
      this.#reconnects++;
      if (another) continue;
      const delayMs = this.#backoff.next();
      const again = delayMs < 1_000 ? 'at once' : `in ${Math.round(delayMs / 1000)} s`;
      this.#setState('backing_off', `${error.explanation} Trying again ${again}.`, error);
      await sleep(this.#env.clock, delayMs, this.#stop.signal).catch(() => {});
    }
  }

  /** Resolves with what ended the session, and whether another transport is to be tried at once. */
  async #oneSession(): Promise<{ error: NightjarError; another: boolean }> {
    if (this.#state !== 'backing_off') this.#setState('connecting', 'Connecting to the camera.');
    let session: CameraSession;
    try {
      session = this.#makeSession();
    } catch (error) {
      return { error: toNightjarError(error), another: false };
    }
    this.#session = session;
    this.#recording = new Recording({
      job: this.#job,
      ...this.#env,
      root: this.#root,
      disk: this.#disk,
      audioTrack: () => session.audioTrack,
      activity: this.#activity,
      events: {
        onWritten: (plan, endMs) => this.#committed(plan, endMs),
        onBreak: (error, sinceMs) => this.#broken(error, sinceMs),
        onLive: (item) => this.#events.onLive(item),
        onHole: (sinceMs, cause) => this.#events.onNotRecording(sinceMs, cause),
      },
      watched: this.#watched,
    });
    this.#noteProgress();
    const { error, another } = this.#transports.failed(await this.#sessionError(session), session.heard);
    if (session.heard) this.#keepAlives.ended(error, session.playedMs);
    // Metadata that a camera offers and cannot send must not cost the pictures.
    if (!session.heard) this.#wantsMetadata = !session.askedForMetadata;
    const wasRecording = this.#state === 'recording';
    await this.#recording.stop(error);
    if (!wasRecording) this.#reportFailure(error);
    this.#keepFigures();
    return { error, another };
  }

  /** A session ended before it had recorded anything. */
  #reportFailure(error: NightjarError): void {
    const isFirst = this.#reconnects === 0 && this.#lastFootageMs === undefined;
    if (isFirst && this.#stop.signal.aborted) {
      // It was there to record until now; that it was stopped explains nothing of before.
      this.#events.onNotRecording(this.#startedMs, 'no_packets');
    }
    // What the first attempt met is what kept the stream from being recorded from the start on.
    const sinceMs = isFirst && !this.#stop.signal.aborted ? this.#startedMs : this.#env.clock.now();
    this.#events.onNotRecording(sinceMs, this.#breakCause(error));
  }

  /** Throws when the URL or the user name cannot be used. */
  #makeSession(): CameraSession {
    const { clock, pool, receiveBuffer, logger, openSession } = this.#env;
    const { url, username, password, tlsFingerprint, playback } = this.#job;
    const options: SessionOptions = {
      target: {
        url,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(tlsFingerprint !== undefined && { tlsFingerprint }),
        transport: this.#transports.current,
        ...(playback && { playback }),
      },
      metadata: this.#wantsMetadata && this.#events.onMetadata !== undefined,
      patienceMs: this.#transports.patienceMs,
      longestKeepAliveMs: this.#keepAlives.longestMs,
      clock,
      pool,
      receiveBuffer,
      ...(logger && { logger }),
      events: {
        onUnit: (unit) => this.#unit(unit),
        onSenderReport: (report) => this.#recording?.senderReport(report),
        onMetadata: (document) => this.#events.onMetadata?.(document),
        onPlayback: (news) => this.#events.onPlayback?.(news),
        onTick: () => {
          this.#reportHole();
          this.#reportAway();
          return this.#checkProgress();
        },
      },
    };
    return openSession?.(options) ?? new StreamSession(options);
  }

  async #sessionError(session: CameraSession): Promise<NightjarError> {
    const stopped = new NightjarError('stopping', 'Recording was stopped.');
    try {
      await session.open();
      if (this.#stop.signal.aborted) await session.stop();
      return (await session.ended()) ?? stopped;
    } catch (error) {
      await session.stop();
      return toNightjarError(error).at({ camera: this.#job.cameraName, stream: this.#job.role });
    }
  }

  #broken(error: NightjarError, sinceMs: UnixMillis): void {
    this.#events.onNotRecording(sinceMs, this.#breakCause(error));
    if (error.entry.class !== 'camera' && error.entry.class !== 'network' && error.code !== 'stopping') {
      this.#setState('backing_off', `${error.explanation} The camera keeps sending; trying again.`, error);
    }
  }

  #breakCause(error: NightjarError): GapCause {
    return this.#stop.signal.aborted ? 'recorder_stopped' : gapCauseOf(error);
  }

  #unit(unit: MediaUnit): void {
    if (unit.kind === 'damage') this.#damagedUnits++;
    if (unit.kind === 'damage' && unit.media === 'video') this.#damagedPictures++;
    else if (unit.kind === 'accessUnit') this.#wholePictures++;
    this.#recording!.take(unit);
  }

  #committed(plan: PlannedFragment, endMs: UnixMillis): void {
    this.#backoff.reset();
    this.#noteProgress();
    this.#lastFootageMs = endMs;
    let [durationMs, frames, bytes] = [0, 0, 0];
    for (const { trackId, samples, timescale } of plan.tracks) {
      if (trackId === videoTrackId) {
        frames = samples.length;
        for (const { duration } of samples) durationMs += ticksToMillis(duration, timescale);
      } else this.#written.audioFrames += samples.length;
      for (const { bytes: range } of samples) bytes += range.end - range.start;
    }
    this.#written.frames += frames;
    this.#written.bytes += bytes;
    this.#written.fragments++;
    for (const { media, fromMs, toMs } of plan.damage) {
      if (media === 'video') this.#written.damagedMs += toMs - fromMs;
    }
    this.#frameRate.note(this.#lastCommitMs, { durationMs, amount: frames });
    this.#bitRate.note(this.#lastCommitMs, { durationMs, amount: bytes * 8 });
    if (this.#state !== 'recording') this.#setState('recording', this.#recordingReason());
  }

  #noteProgress(): void {
    this.#lastCommitMs = this.#env.clock.monotonic();
    this.#damagedPictures = 0;
    this.#wholePictures = 0;
  }

  #recordingReason(): string {
    const notes = this.#session?.notes ?? [];
    return notes.length === 0
      ? 'Recording.'
      : `Recording. Left out: ${notes.map((note) => note.replace(/\.$/, '')).join('; ')}.`;
  }

  /** While a hole lasts it is on record already; how long it was is known when pictures come again. */
  #reportHole(): void {
    const hole = this.#recording?.hole();
    if (hole) this.#events.onNotRecording(hole.sinceMs, hole.cause);
  }

  /** While its storage root is away a stream is not recorded, whatever the camera does. */
  #reportAway(): void {
    const { away } = this.#root;
    if (!this.#job.record || away === undefined || this.#recording?.isWriting) return;
    this.#events.onNotRecording(this.#lastFootageMs ?? this.#startedMs, 'disk_missing');
    const reason = `${away} It is looked at every few seconds, and recording goes on by itself.`;
    if (this.#reason === reason) return;
    this.#setState('backing_off', reason, new NightjarError('recordings_missing', away));
  }

  /** Supervises on what reaches the disk, whatever the session believes of itself. */
  #checkProgress(): NightjarError | undefined {
    const silentMs = this.#env.clock.monotonic() - this.#lastCommitMs;
    if (silentMs < progressMs || this.#disk.isToBlame || this.#root.away !== undefined) return undefined;
    const seconds = Math.round(silentMs / 1000);
    if (this.#damagedPictures > this.#wholePictures) {
      const loss = `For ${seconds} s nearly all pictures arrived damaged, and none could be recorded.`;
      return new NightjarError('stream_damaged', loss);
    }
    const detail = `The camera sends, but for ${seconds} s there was no key frame to begin a recording with.`;
    return new NightjarError('no_key_frame', detail);
  }

  #setState(state: StreamState, reason: string, error?: NightjarError): void {
    if (state !== this.#state) this.#sinceMs = this.#env.clock.now();
    this.#state = state;
    this.#reason = reason;
    this.#error = error;
    this.#report();
  }

  #keepFigures(): void {
    const session = this.#session!;
    this.#past = addFigures(this.#past, session.figures);
    this.#pastDropped += this.#recording!.samplesDropped;
    this.#session = undefined;
    this.#recording = undefined;
  }

  #report(): void {
    const { clock } = this.#env;
    const video = this.#session?.videoTrack;
    const audio = this.#session?.audioTrack;
    if (video) {
      const codecs = audio ? [video.codecString, audio.codecString] : [video.codecString];
      this.#lastPicture = { codecs, width: video.width, height: video.height };
    }
    const recording = this.#state === 'recording';
    this.#events.onStatus({
      streamId: this.#job.streamId,
      cameraId: this.#job.cameraId,
      role: this.#job.role,
      state: this.#state,
      stateReason: this.#reason,
      ...(this.#error && { errorCode: this.#error.code }),
      sinceMs: this.#sinceMs,
      ...(this.#session && { transport: this.#transports.current }),
      ...this.#lastPicture,
      bitsPerSecond: recording ? this.#bitRate.perSecond(clock.monotonic()) : 0,
      framesPerSecond: recording ? this.#frameRate.perSecond(clock.monotonic()) : 0,
      counters: this.#counters(),
      ...(this.#lastFootageMs !== undefined && { lastFootageMs: this.#lastFootageMs }),
      lossBoundMs: this.#root.lossBoundMs,
      queuedBytes: this.#disk.queuedBytes,
      slowestWriteMs: this.#root.slowestWriteMs,
    });
  }

  #counters(): StreamCounters {
    const figures = addFigures(this.#past, this.#session?.figures ?? noFigures);
    return {
      ...figures,
      framesWritten: this.#written.frames,
      audioFramesWritten: this.#written.audioFrames,
      fragmentsWritten: this.#written.fragments,
      bytesWritten: this.#written.bytes,
      damagedUnits: this.#damagedUnits,
      damagedFootageMs: this.#written.damagedMs,
      samplesDropped: this.#pastDropped + (this.#recording?.samplesDropped ?? 0),
      reconnects: this.#reconnects,
    };
  }
}
