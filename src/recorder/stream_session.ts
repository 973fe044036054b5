import { randomInt } from 'node:crypto';
import type { Clock, Timer } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { MediaUnit } from '../media/media_unit.ts';
import type { ChunkPool } from '../media/sample_arena.ts';
import type { AudioTrack, Track, VideoTrack } from '../media/track.ts';
import type { Depacketizer } from '../rtp/depacketizer.ts';
import { createDepacketizer } from '../rtp/depacketizers.ts';
import type { MetadataDocument } from '../rtp/metadata_assembler.ts';
import { RtpReceiver, type RtpReceiverOptions, type RtpReceiverStats } from '../rtp/receiver.ts';
import { RtspClient, type RtspLog, type RtspMedia } from '../rtsp/client.ts';
import { type RangeStanding, rangeStanding } from '../rtsp/played_range.ts';
import { formatRange } from '../rtsp/range.ts';
import { SecretMask } from '../rtsp/secret_mask.ts';
import type { SessionObserver } from '../rtsp/session_observer.ts';
import type { PlaybackAnswer, PlaybackWish } from '../rtsp/session_state.ts';
import type { SessionDescription } from '../sdp/session_description.ts';
import type { RtpTimestamp } from '../units/time.ts';
import { MediaPath } from './media_path.ts';
import { MetadataPath } from './metadata_path.ts';
import { ReplayTime } from './replay_time.ts';
import { addFigures, noFigures, type SessionFigures } from './session_figures.ts';
import { type SelectedMedia, selectTracks } from './track_selection.ts';
import type { Transport } from './transport_choice.ts';

/** At any time after the first packet: a camera that sends nothing for so long is asked anew. */
const silenceMs = 10_000;
const tickMs = 1_000;
const ticksPerReport = 5;
/**
 * An archive sends faster than any disk when it is let. It is paused when so much waits to be written, and resumed when
 * little does, in bytes: the connection itself must never stand still (C25).
 */
const pausedAboveBytes = 64 * 1024 * 1024;
const resumedBelowBytes = 16 * 1024 * 1024;

const ways: Readonly<Record<Transport, string>> = {
  tcp: 'TCP',
  udp: 'UDP',
  multicast: 'multicast',
  http: 'HTTP',
  websocket: 'a WebSocket',
};

export interface SessionTarget {
  /** Without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** SHA-256 of the only certificate to trust, for `rtsps:`. */
  readonly tlsFingerprint?: string;
  readonly transport: Transport;
  /** Footage from the camera's archive, in place of what it sees now. */
  readonly playback?: PlaybackWish;
}

/** What is known of the footage that an archive sends, from its first picture on. */
export interface PlaybackNews {
  readonly answer: PlaybackAnswer;
  /** Whether its packets say when they were recorded. */
  readonly isTimed: boolean;
  readonly standing: Exclude<RangeStanding, 'ignored'>;
}

export interface StreamSessionEvents {
  /** A whole access unit, audio frame or damage; whoever gets it owns its bytes. */
  onUnit(unit: MediaUnit): void;
  /** A whole document, in memory of its own. Must not throw. */
  onMetadata?(document: MetadataDocument): void;
  onSenderReport(report: { media: 'video' | 'audio'; ntpMs: number; rtpTimestamp: RtpTimestamp }): void;
  /** Once, of a playback: it is, or may be, what was asked for. */
  onPlayback?(news: PlaybackNews): void;
  /** About once a second while the session runs. An error that it returns ends the session. */
  onTick(): NightjarError | undefined;
}

/** What came of one medium that is recorded. */
export interface MediumFigures {
  /** Of the medium in the description. */
  readonly index: number;
  readonly kind: 'video' | 'audio';
  readonly stats: Readonly<RtpReceiverStats>;
  /** Packets that came twice or too late. */
  readonly superfluous: number;
}

/**
 * One RTSP session: from DESCRIBE until it ends, for whatever reason. It delivers units and watches that the
 * camera keeps sending.
 */
export class StreamSession {
  readonly #client: RtspClient;
  readonly #clock: Clock;
  readonly #pool: ChunkPool;
  readonly #logger: RtspLog | undefined;
  readonly #mask: SecretMask;
  readonly #transport: Transport;
  readonly #patienceMs: number;
  readonly #events: StreamSessionEvents;
  readonly #paths: (MediaPath | undefined)[] = [];
  readonly #depacketizers = new Map<number, Depacketizer>();
  readonly #ended: Promise<NightjarError | undefined>;
  readonly #end: (error: NightjarError | undefined) => void;
  #description: SessionDescription | undefined;
  readonly #playback: PlaybackWish | undefined;
  readonly #replay: ReplayTime | undefined;
  #isPlaybackKnown = false;
  /** What keeps an archive from sending more than can be written. */
  #flow: 'going' | 'changing' | 'paused' | 'unpausable' = 'going';
  /** Of the media that a redirect left behind. */
  #figuresBefore: SessionFigures = noFigures;
  #stopped = false;
  #selected: readonly SelectedMedia[] = [];
  readonly #wantsMetadata: boolean;
  #metadataIndex: number | undefined;
  #metadata: MetadataPath | undefined;
  #notes: readonly string[] = [];
  #playingSinceMs = 0;
  #lastPacketMs = 0;
  #ticker: Timer | undefined;
  #ticks = 0;
  #isEnding = false;
  #canonicalName: string;

  constructor(options: {
    target: SessionTarget;
    /** How long to wait for the first packet after PLAY, in milliseconds. */
    patienceMs: number;
    /** A keep-alive is sent at least so often, 30 s when not given. */
    longestKeepAliveMs?: number;
    clock: Clock;
    pool: ChunkPool;
    receiveBuffer?: Buffer;
    logger?: RtspLog;
    observer?: SessionObserver;
    /** Whether to take the camera's metadata, if it offers any. */
    metadata?: boolean;
    events: StreamSessionEvents;
  }) {
    const { promise, resolve } = Promise.withResolvers<NightjarError | undefined>();
    this.#ended = promise;
    this.#end = resolve;
    this.#clock = options.clock;
    this.#pool = options.pool;
    this.#mask = new SecretMask(options.target);
    this.#logger = options.logger && maskedLog(options.logger, this.#mask);
    this.#patienceMs = options.patienceMs;
    this.#events = options.events;
    this.#wantsMetadata = options.metadata ?? false;
    this.#canonicalName = `nightjar-${randomInt(2 ** 32).toString(16)}`;
    const { transport, ...target } = options.target;
    this.#transport = transport;
    this.#playback = target.playback;
    this.#replay = target.playback && new ReplayTime(target.playback);
    this.#client = new RtspClient(
      {
        ...target,
        ...(transport === 'http' || transport === 'websocket'
          ? { tunnel: transport }
          : { carrier: transport }),
        clock: options.clock,
        ...(options.longestKeepAliveMs !== undefined && { longestKeepAliveMs: options.longestKeepAliveMs }),
        ...(options.receiveBuffer && { receiveBuffer: options.receiveBuffer }),
        ...(this.#logger && { logger: this.#logger }),
        ...(options.observer && { observer: options.observer }),
      },
      {
        onRtp: (media, bytes, start, end) => this.#packet(media, bytes, start, end),
        onRtcp: (media, bytes, start, end) => this.#control(media, bytes, start, end),
        onEnd: (error) => this.#end(error),
      },
    );
  }

  /** Undefined before the camera has answered DESCRIBE. */
  get description(): SessionDescription | undefined {
    return this.#description;
  }

  /** What the camera offers and is not recorded, in words; without what was given for the camera, as are errors. */
  get notes(): readonly string[] {
    return this.#notes;
  }

  get videoTrack(): VideoTrack | undefined {
    const track = this.#trackOf('video');
    return track?.kind === 'video' ? track : undefined;
  }

  get audioTrack(): AudioTrack | undefined {
    const track = this.#trackOf('audio');
    return track?.kind === 'audio' ? track : undefined;
  }

  /** Whether it got so far as to ask the camera for its metadata. */
  get askedForMetadata(): boolean {
    return this.#metadataIndex !== undefined;
  }

  /** Whether any pictures or sound came. */
  get heard(): boolean {
    return (
      this.#figuresBefore.packets > 0 || this.#livePaths.some(({ receiver }) => receiver.stats.packets > 0)
    );
  }

  /** From the reply to PLAY to the newest packet, in milliseconds. */
  get playedMs(): number {
    return this.#lastPacketMs - this.#playingSinceMs;
  }

  get media(): readonly MediumFigures[] {
    return this.#livePaths.map(({ media, kind, receiver: { stats }, droppedEarly }) => ({
      index: media.index,
      kind,
      stats,
      superfluous: stats.duplicates + stats.late + droppedEarly,
    }));
  }

  get figures(): SessionFigures {
    const { bytesReceived, lostFramingBytes } = this.#client.stats;
    const connection = { ...noFigures, bytesReceived, framingBytesLost: lostFramingBytes };
    return addFigures(addFigures(this.#figuresBefore, this.#pathFigures), connection);
  }

  get #pathFigures(): SessionFigures {
    const paths = this.#livePaths;
    return {
      ...noFigures,
      packets: paths.reduce((sum, { receiver }) => sum + receiver.stats.packets, 0),
      packetsLost: paths.reduce((sum, { receiver }) => sum + receiver.stats.lost, 0),
      ...this.#metadata?.figures,
    };
  }

  /** Connects and plays. Rejects with a catalogue error when the camera does not get that far. */
  async open(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      throw this.#mask.error(toNightjarError(error));
    }
  }

  async #begin(): Promise<void> {
    await this.#client.describe();
    const playing = await this.#client.play((description) => {
      this.#description = description;
      this.#forgetPaths();
      const { media, metadata, notes } = selectTracks(description);
      this.#notes = notes.map((note) => this.#mask.known(note));
      this.#selected = media;
      // Before any packet can come: a run that begins with the first one must know all its tracks.
      for (const { mediaIndex, kind, format } of media) {
        this.#depacketizers.set(mediaIndex, createDepacketizer(kind, format, this.#pool));
      }
      if (!metadata || !this.#wantsMetadata) return media;
      this.#metadataIndex = metadata.mediaIndex;
      return [...media, metadata];
    });
    // Media that came before the PLAY reply made its path already.
    for (const media of playing) {
      if (media.index !== this.#metadataIndex) this.#path(media);
    }
    if (this.askedForMetadata && !playing.some(({ index }) => index === this.#metadataIndex))
      this.#notes = [...this.#notes, 'The camera offers metadata and refuses to send them.'];
    for (const { mediaIndex } of this.#selected) {
      if (!this.#paths[mediaIndex]) this.#depacketizers.delete(mediaIndex);
    }
    this.#playingSinceMs = this.#clock.monotonic();
    this.#lastPacketMs = this.#playingSinceMs;
    this.#ticker = this.#clock.every(tickMs, () => this.#tick());
  }

  /** Another camera may send from now on. */
  #forgetPaths(): void {
    this.#figuresBefore = addFigures(this.#figuresBefore, this.#pathFigures);
    for (const path of this.#paths) path?.close();
    this.#paths.length = 0;
    this.#depacketizers.clear();
    this.#metadata?.close();
    this.#metadata = undefined;
    this.#metadataIndex = undefined;
  }

  /** Resolves when the session is over: with its error, or with undefined after {@link stop}. */
  async ended(): Promise<NightjarError | undefined> {
    const error = await this.#ended;
    this.#ticker?.cancel();
    for (const path of this.#paths) path?.close();
    this.#metadata?.close();
    return error && this.#mask.error(error);
  }

  /** Says goodbye to the camera. Never throws; takes a second at most. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#ticker?.cancel();
    await this.#client.stop();
    this.#end(undefined);
  }

  #fail(error: NightjarError): void {
    this.#stopped = true;
    this.#ticker?.cancel();
    this.#end(error);
    void this.#client.stop();
  }

  get #livePaths(): MediaPath[] {
    return this.#paths.filter((path) => path !== undefined);
  }

  #pathOf(kind: 'video' | 'audio'): MediaPath | undefined {
    return this.#paths.find((path) => path?.kind === kind);
  }

  #trackOf(kind: 'video' | 'audio'): Track | undefined {
    const selected = this.#selected.find((each) => each.kind === kind);
    return selected && this.#depacketizers.get(selected.mediaIndex)?.track;
  }

  #path(media: RtspMedia): MediaPath | undefined {
    const known = this.#paths[media.index];
    if (known) return known;
    const selected = this.#selected.find(({ mediaIndex }) => mediaIndex === media.index);
    if (!selected) return undefined;
    const depacketizer = this.#depacketizers.get(media.index)!;
    const path = new MediaPath({
      media,
      kind: selected.kind,
      receiver: new RtpReceiver(this.#receiverOptions(media)),
      depacketizer,
      clock: this.#clock,
      onUnit: (unit) => this.#events.onUnit(unit),
      onError: (error) => this.#fail(error),
    });
    this.#paths[media.index] = path;
    return path;
  }

  #metadataPath(media: RtspMedia): MetadataPath {
    this.#metadata ??= new MetadataPath({
      media,
      receiver: this.#receiverOptions(media),
      clock: this.#clock,
      onDocument: (document) => this.#events.onMetadata?.(document),
    });
    return this.#metadata;
  }

  #packet(media: RtspMedia, bytes: Uint8Array, start: number, end: number): void {
    const isMetadata = media.index === this.#metadataIndex;
    // Metadata alone are no sign that the camera still films.
    if (!isMetadata) this.#lastPacketMs = this.#clock.monotonic();
    const nowMs = this.#clock.now();
    try {
      if (isMetadata) return this.#metadataPath(media).packet(bytes, start, end, this.#clock.now());
      const path = this.#path(media);
      if (!path) return;
      const atMs = this.#replay
        ? this.#replay.of(media, { bytes, start, end }, this.#client.playbackAnswer ?? {}, nowMs)
        : nowMs;
      if (this.#replay && !this.#isPlaybackKnown && path.kind === 'video') this.#learnPlayback();
      path.packet(bytes, start, end, atMs);
      this.#tellReport(path);
      if (this.#replay && this.#flow === 'going' && this.#pool.lentBytes > pausedAboveBytes) this.#pause();
    } catch (error) {
      this.#fail(toNightjarError(error));
    }
  }

  #receiverOptions(media: RtspMedia): RtpReceiverOptions {
    return {
      payloadType: media.format.payloadType,
      clockRate: media.format.clockRate,
      ...(media.ssrc !== undefined && { announcedSsrc: media.ssrc }),
      strangers: this.#client.earlySources,
      reporterSsrc: randomInt(2 ** 32),
      canonicalName: this.#canonicalName,
    };
  }

  #control(media: RtspMedia, bytes: Uint8Array, start: number, end: number): void {
    if (media.index === this.#metadataIndex)
      return this.#metadata?.receiver.acceptRtcp(bytes, start, end, this.#clock.now());
    const path = this.#path(media);
    if (!path) return;
    path.receiver.acceptRtcp(bytes, start, end, this.#clock.now());
    this.#tellReport(path);
  }

  /** After RTP too: a report may have come on its channel, or before the first packet said whose it is. */
  #tellReport(path: MediaPath): void {
    const report = path.takeSenderReport();
    if (!report) return;
    this.#events.onSenderReport({
      media: path.kind,
      ntpMs: report.sentMs,
      rtpTimestamp: report.rtpTimestamp,
    });
  }

  /** Live pictures must not pass for those of an archive: their times would be wrong. */
  #learnPlayback(): void {
    const { range } = this.#playback!;
    const { isTimed } = this.#replay!;
    const answer = this.#client.playbackAnswer;
    // Some cameras send before they reply.
    if (!answer) return;
    const standing = isTimed ? 'played' : rangeStanding(range, answer.range);
    if (standing === 'ignored') {
      const [asked, said] = [formatRange(range), formatRange(answer.range!)];
      const detail = `The camera was asked for "${asked}" and plays "${said}".`;
      throw new NightjarError('range_ignored', detail);
    }
    this.#isPlaybackKnown = true;
    this.#events.onPlayback?.({ answer, isTimed, standing });
  }

  #pause(): void {
    this.#flow = 'changing';
    this.#client.pause().then(
      () => {
        this.#flow = 'paused';
      },
      (error) => {
        if (this.#stopped) return;
        this.#flow = 'unpausable';
        this.#logger?.warn(
          { err: error },
          'The archive cannot be paused; what is too much for the disk is lost.',
        );
      },
    );
  }

  /** Lets an archive that was paused go on where it stood. */
  #resume(): void {
    this.#lastPacketMs = this.#clock.monotonic();
    if (this.#pool.lentBytes > resumedBelowBytes) return;
    this.#flow = 'changing';
    this.#client.resume().then(
      () => {
        this.#flow = 'going';
      },
      (error) => {
        if (!this.#stopped) this.#fail(toNightjarError(error));
      },
    );
  }

  #tick(): void {
    if (this.#flow === 'paused') this.#resume();
    const silentMs = this.#clock.monotonic() - this.#lastPacketMs;
    if (silentMs >= (this.heard ? silenceMs : this.#patienceMs)) {
      const seconds = Math.round(silentMs / 1000);
      const detail = `The camera has sent nothing over ${ways[this.#transport]} for ${seconds} s.`;
      return this.#fail(new NightjarError('no_packets', detail));
    }
    if (this.#saidGoodbye()) {
      return this.#fail(new NightjarError('camera_closed', 'The camera said goodbye and sends no more.'));
    }
    this.#ticks++;
    if (this.#ticks % ticksPerReport === 0) this.#report();
    const error = this.#events.onTick();
    if (error) this.#fail(error);
  }

  /** When the pictures are over the sound may have a little to come: it is given a tick. */
  #saidGoodbye(): boolean {
    if (!this.#pathOf('video')?.receiver.saidGoodbye) {
      this.#isEnding = false;
      return false;
    }
    const isOver = this.#isEnding || (this.#pathOf('audio')?.receiver.saidGoodbye ?? true);
    this.#isEnding = true;
    return isOver;
  }

  #report(): void {
    for (const path of [...this.#paths, this.#metadata]) {
      if (path) this.#client.sendRtcp(path.media, path.receiver.receiverReport(this.#clock.now()));
    }
  }
}

/** What a camera says may have the password in it. */
function maskedLog(log: RtspLog, mask: SecretMask): RtspLog {
  const plain = (fields: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? mask.known(value) : value,
      ]),
    );
  return {
    info: (fields, message) => log.info(plain(fields), mask.known(message)),
    warn: (fields, message) => log.warn(plain(fields), mask.known(message)),
  };
}
