/**
 * The shell around the session machine: one connection, its timers and its data.
 *
 * This is the hot path of a recorder. All data of all clients of a thread may go through one receive buffer: they are
 * taken apart and handed on before the next read. With UDP the media come past this buffer, a datagram a packet.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock/clock.ts';
import { NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { SessionDescription } from '../sdp/session_description.ts';
import { readFingerprint } from './certificate.ts';
import { type Connection, openConnection } from './connection.ts';
import { openHttpTunnel } from './http_tunnel.ts';
import { type DatagramMedia, MediaSockets, type PacketListener } from './media_sockets.ts';
import { formatRequest, formatResponse } from './message.ts';
import { RtspReader } from './reader.ts';
import type { RtpInfo } from './rtp_info.ts';
import { advance } from './session_machine.ts';
import type { SessionObserver } from './session_observer.ts';
import {
  credentialsHere,
  type MediaCarrier,
  type MediaSelection,
  type PlaybackAnswer,
  type PlaybackWish,
  type SessionCommand,
  type SessionEvent,
  type SessionState,
  type SessionTimer,
  type SetupMedia,
  startSession,
} from './session_state.ts';
import { parseRtspUrl, splitCredentials, withoutSrtp } from './url.ts';
import { openWebSocketTunnel } from './websocket_tunnel.ts';

/** Inside of what the RTSP connection may travel. */
export type Tunnel = 'http' | 'websocket';

/** Where servers speak HTTP unless the URL says otherwise. */
const httpPorts = { rtsp: 80, rtsps: 443 };
const defaultTimeoutMs = 10_000;
const defaultReceiveBufferBytes = 64 * 1024;
/** A camera that does not read gets no more receiver reports and answers than this, in bytes. */
const maximumQueuedBytes = 64 * 1024;
const maximumEarlySources = 16;
/** While the session is in one of these, no server has a reason to send media. */
const beforePlay: ReadonlySet<SessionState['phase']> = new Set([
  'connecting',
  'describing',
  'described',
  'settingUp',
]);
const rtpHeaderBytes = 12;
/** Payload types that RTCP packets seem to have (RFC 5761 section 4). */
const firstRtcpType = 72;
const lastRtcpType = 79;

/** Takes the warnings of a session, with fields in the manner of pino. */
export interface RtspLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
}

export interface RtspClientOptions {
  /** `rtsp:` or `rtsps:`; credentials in it count when there are none apart. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** SHA-256 of the only certificate to trust; without it one is trusted that an authority vouches for. */
  readonly tlsFingerprint?: string;
  /** What carries the media; the RTSP connection itself when not given. */
  readonly carrier?: MediaCarrier;
  /** Inside of what the RTSP connection travels; inside of nothing when not given. */
  readonly tunnel?: Tunnel;
  /** What is to be played; what the camera sends now when not given. */
  readonly playback?: PlaybackWish;
  readonly clock: Clock;
  readonly logger?: RtspLog;
  readonly observer?: SessionObserver;
  readonly userAgent?: string;
  /** 10 s when not given. */
  readonly connectTimeoutMs?: number;
  /** For each request, 10 s when not given. */
  readonly replyTimeoutMs?: number;
  /** A keep-alive is sent at least so often, 30 s when not given. */
  readonly longestKeepAliveMs?: number;
  /** May be shared by all clients of a thread; 64 KiB of its own when not given. */
  readonly receiveBuffer?: Buffer;
}

export interface RtspMedia extends SetupMedia {
  /** What the camera says of the first packet, often wrongly; known from the PLAY reply on. */
  readonly rtpInfo?: RtpInfo;
}

export interface RtspSessionHandler {
  /** A packet, good until this returns. Also before {@link RtspClient.play} resolves. */
  onRtp(media: RtspMedia, bytes: Uint8Array, start: number, end: number): void;
  onRtcp(media: RtspMedia, bytes: Uint8Array, start: number, end: number): void;
  /** Once, when the session ends after it has played; undefined after {@link RtspClient.stop}. */
  onEnd(error: NightjarError | undefined): void;
}

export interface RtspStats {
  readonly bytesReceived: number;
  /** Passed over to find the framing again. */
  readonly lostFramingBytes: number;
  /** On channels that were never set up. */
  readonly unknownChannelFrames: number;
}

interface Operation {
  resolve(value: unknown): void;
  reject(error: NightjarError): void;
}

/** One RTSP session. It is used once: {@link describe}, {@link play}, and {@link stop} at the end. */
export class RtspClient {
  readonly #clock: Clock;
  readonly #logger: RtspLog | undefined;
  readonly #observer: SessionObserver | undefined;
  readonly #handler: RtspSessionHandler;
  readonly #connectTimeoutMs: number;
  readonly #receiveBuffer: Buffer;
  readonly #tlsFingerprint: string | undefined;
  readonly #tunnel: Tunnel | undefined;
  readonly #timers = new Map<SessionTimer | 'connect', Timer>();
  readonly #media: (RtspMedia & { rtpInfo?: RtpInfo })[] = [];
  readonly #rtpMedia: (RtspMedia | undefined)[] = new Array(256).fill(undefined);
  readonly #rtcpMedia: (RtspMedia | undefined)[] = new Array(256).fill(undefined);
  #sockets = new MediaSockets();
  readonly #datagramMedia = new Map<number, DatagramMedia>();
  readonly #stats = { bytesReceived: 0, lostFramingBytes: 0, unknownChannelFrames: 0 };
  #state: SessionState;
  #connection: Connection | undefined;
  #reader: RtspReader | undefined;
  /** What describe, play, pause, resume or stop waits for: one at a time. */
  #operation: Operation | undefined;
  #stopping: Promise<void> | undefined;
  #failure: NightjarError | undefined;
  /** Known from {@link play} on: after a redirect it is asked again. */
  #select: ((description: SessionDescription) => readonly MediaSelection[]) | undefined;
  #answer: PlaybackAnswer | undefined;
  #played = false;
  #foreignNoted = false;
  readonly #earlySources = new Set<number>();

  /** @throws NightjarError `request_invalid` when the URL, the user name or the fingerprint cannot be used */
  constructor(options: RtspClientOptions, handler: RtspSessionHandler) {
    const inUrl = splitCredentials(options.url);
    const username = options.username ?? inUrl.username;
    const password = options.username === undefined ? (options.password ?? inUrl.password) : options.password;
    if (username !== undefined && /\p{Cc}/u.test(username)) {
      const place = { field: 'username' };
      throw new NightjarError('request_invalid', 'The user name has control characters in it.', { place });
    }
    const { tlsFingerprint } = options;
    this.#tlsFingerprint = tlsFingerprint === undefined ? undefined : readFingerprint(tlsFingerprint);
    this.#tunnel = options.tunnel;
    const settings = {
      ...(username !== undefined && { credentials: { username, password: password ?? '' } }),
      userAgent: options.userAgent ?? 'Nightjar',
      replyTimeoutMs: options.replyTimeoutMs ?? defaultTimeoutMs,
      ...(options.longestKeepAliveMs !== undefined && { longestKeepAliveMs: options.longestKeepAliveMs }),
      carrier: options.carrier ?? 'tcp',
      ...(options.playback && { playback: options.playback }),
      ...(options.tunnel && { usualPorts: httpPorts }),
    };
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#observer = options.observer;
    this.#handler = handler;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? defaultTimeoutMs;
    this.#receiveBuffer = options.receiveBuffer ?? Buffer.allocUnsafe(defaultReceiveBufferBytes);
    this.#state = startSession(withoutSrtp(inUrl.url), settings, randomBytes(8).toString('hex'));
  }

  /**
   * SSRCs of packets that came before PLAY was asked for: live555 before 2017.06.04 sends on a new connection what was
   * meant for one that died (C23).
   */
  get earlySources(): ReadonlySet<number> {
    return this.#earlySources;
  }

  get stats(): RtspStats {
    return this.#stats;
  }

  /** What the camera said that it plays; undefined before the reply to PLAY. */
  get playbackAnswer(): PlaybackAnswer | undefined {
    return this.#answer;
  }

  /**
   * Connects and asks what there is. Rejects with an error of the catalogue that names the request, the URL without
   * credentials and the status.
   */
  describe(): Promise<SessionDescription> {
    return this.#operate('connecting', () => this.#connect()) as Promise<SessionDescription>;
  }

  /**
   * Sets up what `select` chooses and starts it; resolves with the media that the camera agreed to. When the camera
   * redirects, then or later, `select` is called again: what comes from then on belongs to what it chooses.
   */
  play(
    select: (description: SessionDescription) => readonly MediaSelection[],
  ): Promise<readonly RtspMedia[]> {
    return this.#operate('described', () => {
      this.#select = select;
      this.#setUpSelected();
    }) as Promise<readonly RtspMedia[]>;
  }

  #setUpSelected(): void {
    const description = this.#state.description!;
    const selection = this.#select!(description);
    if (selection.length === 0 || !selection.every(({ mediaIndex }) => description.media[mediaIndex])) {
      throw new RangeError('the selection must name media of the description');
    }
    this.#dispatch({ kind: 'play', selection });
  }

  /** Rejects when the camera cannot pause; the session goes on then. */
  pause(): Promise<void> {
    return this.#operate('playing', () => this.#dispatch({ kind: 'pause' })) as Promise<void>;
  }

  resume(): Promise<void> {
    return this.#operate('paused', () => this.#dispatch({ kind: 'resume' })) as Promise<void>;
  }

  /** Sends an RTCP packet the medium's way; dropped when the camera does not read what it is sent. */
  sendRtcp(media: RtspMedia, bytes: Uint8Array): void {
    if (media.transport.kind !== 'tcp') return this.#datagramMedia.get(media.index)?.sendRtcp(bytes);
    const connection = this.#connection;
    if (!connection?.writable || connection.queuedBytes > maximumQueuedBytes || this.#stopping) return;
    const frame = Buffer.allocUnsafe(4 + bytes.length);
    frame[0] = 0x24;
    frame[1] = media.transport.channels.rtcp;
    frame.writeUInt16BE(bytes.length, 2);
    frame.set(bytes, 4);
    connection.write(frame);
  }

  /** Says goodbye and closes: takes a second at most, never throws, and may be called at any time. */
  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      const stopped = new NightjarError('camera_closed', `${this.#state.url}: the session was stopped.`);
      this.#operation?.reject(stopped);
      if (this.#state.phase === 'ended') return resolve();
      this.#operation = { resolve: () => resolve(), reject: () => resolve() };
      this.#dispatch({ kind: 'stop' });
    });
    return this.#stopping;
  }

  #operate(phase: SessionState['phase'], begin: () => void): Promise<unknown> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#operation || this.#stopping || this.#state.phase !== phase) {
      return Promise.reject(
        new NightjarError('internal', `The session is ${this.#state.phase}, not ${phase}.`),
      );
    }
    return new Promise((resolve, reject) => {
      this.#operation = { resolve, reject };
      try {
        begin();
      } catch (error) {
        this.#operation = undefined;
        reject(toNightjarError(error));
      }
    });
  }

  #connect(): void {
    const { url } = this.#state;
    const { scheme, host, port, path } = parseRtspUrl(url, this.#tunnel && httpPorts);
    const reader = new RtspReader({
      onInterleaved: (channel, bytes, start, end) => this.#frame(channel, bytes, start, end),
      onRequest: (request) => {
        this.#observer?.onReceived(request);
        this.#dispatch({ kind: 'request', request, nowMs: this.#clock.now() });
      },
      onResponse: (response) => {
        this.#observer?.onReceived(response);
        this.#dispatch({ kind: 'response', response });
      },
      onLostBytes: (count) => this.#lost(count),
    });
    this.#reader = reader;
    this.#observer?.onConnecting(url);
    this.#setTimer('connect', this.#connectTimeoutMs, () => {
      const detail = `${url}: no connection within ${this.#connectTimeoutMs / 1000} s.`;
      const error = new NightjarError('camera_unreachable', detail, { place: { url } });
      this.#dispatch({ kind: 'broken', error });
    });
    const target = {
      host,
      port,
      url,
      tls: scheme === 'rtsps',
      tlsFingerprint: this.#tlsFingerprint,
      receiveBuffer: this.#receiveBuffer,
    };
    const events = {
      onConnected: () => this.#connected(),
      onBytes: (bytes: Uint8Array, count: number) => this.#receive(bytes, count),
      onClosed: () => {
        this.#observer?.onClosed();
        this.#dispatch({ kind: 'closed', pendingBytes: reader.pendingBytes });
      },
      onError: (error: NightjarError) => this.#dispatch({ kind: 'broken', error }),
    };
    const { userAgent } = this.#state.settings;
    const credentials = credentialsHere(this.#state);
    const cookie = randomBytes(11).toString('hex');
    const observer = this.#observer;
    const onHandshake =
      observer && ((kind: 'sent' | 'received', head: string) => observer.onHandshake(kind, head));
    const tunnel = { ...target, path, cookie, credentials, userAgent, onHandshake };
    if (this.#tunnel === 'http') this.#connection = openHttpTunnel(tunnel, events);
    else if (this.#tunnel === 'websocket') this.#connection = openWebSocketTunnel(tunnel, events);
    else this.#connection = openConnection(target, events);
  }

  #connected(): void {
    this.#setTimer('connect', undefined);
    this.#observer?.onConnected();
    this.#dispatch({ kind: 'connected' });
  }

  #receive(bytes: Uint8Array, count: number): void {
    this.#stats.bytesReceived += count;
    try {
      this.#reader?.push(bytes, 0, count);
    } catch (error) {
      const broken = toNightjarError(error);
      if (broken.code === 'rtsp_malformed') this.#observer?.onForeignBytes(bytes.subarray(0, count));
      this.#dispatch({ kind: 'broken', error: broken });
    }
  }

  #frame(channel: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#stopping || this.#failure) return;
    const early = beforePlay.has(this.#state.phase) && this.#noteEarly(bytes, start, end);
    const media = this.#rtpMedia[channel];
    if (media && early) return this.#observer?.onForeignFrame(channel, bytes, start, end);
    if (media) {
      this.#observer?.onPacket(media, 'rtp', bytes, start, end);
      return this.#handler.onRtp(media, bytes, start, end);
    }
    const controlled = this.#rtcpMedia[channel];
    if (controlled) {
      this.#observer?.onPacket(controlled, 'rtcp', bytes, start, end);
      return this.#handler.onRtcp(controlled, bytes, start, end);
    }
    this.#observer?.onForeignFrame(channel, bytes, start, end);
    if (this.#stats.unknownChannelFrames === 0) {
      this.#logger?.warn(
        { url: this.#state.url, channel },
        'The camera sends on a channel that was never set up.',
      );
    }
    this.#stats.unknownChannelFrames++;
  }

  /** @returns whether it is a packet of a source that nobody asked for anything yet */
  #noteEarly(bytes: Uint8Array, start: number, end: number): boolean {
    const payloadType = bytes[start + 1]! & 0x7f;
    const isRtp = end - start >= rtpHeaderBytes && bytes[start]! >> 6 === 2;
    if (!isRtp || (payloadType >= firstRtcpType && payloadType <= lastRtcpType)) return false;
    const ssrc = Buffer.from(bytes.buffer, bytes.byteOffset + start + 8, 4).readUInt32BE(0);
    if (this.#earlySources.size < maximumEarlySources) this.#earlySources.add(ssrc);
    return true;
  }

  #lost(count: number): void {
    this.#stats.lostFramingBytes += count;
    this.#observer?.onLostBytes(count);
    this.#logger?.warn(
      { url: this.#state.url, bytes: count },
      'The camera broke the framing of its data; choose UDP for it if it goes on.',
    );
  }

  #dispatch(event: SessionEvent): void {
    const { state, commands } = advance(this.#state, event);
    this.#state = state;
    for (const command of commands) this.#execute(command);
  }

  #execute(command: SessionCommand): void {
    // One command may fail, and those behind it are of a session that is over then.
    if (this.#failure) return;
    switch (command.kind) {
      case 'send':
        return this.#send(command.message);
      case 'timer':
        return this.#setTimer(command.timer, command.afterMs, () =>
          this.#dispatch({ kind: 'timer', timer: command.timer }),
        );
      case 'reconnect':
        this.#logger?.info({ url: command.url }, 'The camera redirects here.');
        this.#close();
        this.#forgetMedia();
        return this.#connect();
      case 'described':
        return this.#select ? this.#selectAgain() : this.#finish(command.description);
      case 'openPorts':
        return this.#openPorts();
      case 'setUp':
        return this.#setUp(command.media);
      case 'playing':
        for (const [index, rtpInfo] of command.information) {
          const media = this.#media.find((candidate) => candidate.index === index);
          if (media) media.rtpInfo = rtpInfo;
        }
        this.#answer = command.answer;
        this.#played = true;
        return this.#finish(this.#media);
      case 'paused':
        return this.#finish(undefined);
      case 'refused':
        return this.#refuse(command.error);
      case 'warn':
        return this.#logger?.warn({ url: this.#state.url }, command.message);
      case 'failed':
        this.#failure = command.error;
        this.#close();
        this.#refuse(command.error);
        return this.#end(command.error);
      case 'stopped':
        this.#close();
        this.#finish(undefined);
        return this.#end(undefined);
    }
  }

  #send(message: Extract<SessionCommand, { kind: 'send' }>['message']): void {
    const connection = this.#connection;
    if (!connection?.writable) return;
    if (message.kind === 'response' && connection.queuedBytes > maximumQueuedBytes) {
      const detail = 'The camera asks on and on without reading the answers.';
      return this.#dispatch({ kind: 'broken', error: new NightjarError('rtsp_limit', detail) });
    }
    this.#observer?.onSent(message);
    connection.write(encode(message));
  }

  #selectAgain(): void {
    try {
      this.#setUpSelected();
    } catch (error) {
      this.#dispatch({ kind: 'broken', error: toNightjarError(error) });
    }
  }

  #forgetMedia(): void {
    this.#media.length = 0;
    this.#rtpMedia.fill(undefined);
    this.#rtcpMedia.fill(undefined);
    this.#datagramMedia.clear();
    this.#sockets.close();
    this.#sockets = new MediaSockets();
  }

  #setUp(setup: SetupMedia): void {
    const media = { ...setup };
    this.#media.push(media);
    const { transport } = setup;
    const ends = this.#connection!.ends;
    switch (transport.kind) {
      case 'tcp': {
        const { rtp, rtcp } = transport.channels;
        this.#rtpMedia[rtp] = media;
        this.#rtcpMedia[rtcp] = media;
        this.#reader?.expectRtcp(rtcp);
        this.#reader?.expectRtp(
          rtp,
          setup.description.formats.map(({ payloadType }) => payloadType),
        );
        return;
      }
      case 'udp':
        this.#datagramMedia.set(media.index, this.#sockets.take(transport, ends, this.#datagrams(media)));
        return;
      case 'multicast':
        this.#whenOpen(this.#sockets.join(transport, ends, this.#datagrams(media)), (joined) => {
          this.#datagramMedia.set(media.index, joined);
          this.#dispatch({ kind: 'joined' });
        });
    }
  }

  #openPorts(): void {
    this.#whenOpen(this.#sockets.openPorts(this.#connection!.ends), (ports) =>
      this.#dispatch({ kind: 'portsOpen', ports }),
    );
  }

  #whenOpen<Value>(opening: Promise<Value>, use: (value: Value) => void): void {
    const { url } = this.#state;
    opening.then(use).catch((error) => {
      const why = toNightjarError(error).message;
      const detail = `${url}: no UDP ports could be opened for the media (${why}).`;
      this.#dispatch({
        kind: 'broken',
        error: new NightjarError('udp_unusable', detail, { place: { url }, cause: error }),
      });
    });
  }

  #datagrams(media: RtspMedia): PacketListener {
    return {
      onPacket: (channel, bytes) => {
        if (this.#stopping || this.#failure) return;
        this.#stats.bytesReceived += bytes.length;
        this.#observer?.onPacket(media, channel, bytes, 0, bytes.length);
        if (channel === 'rtp') this.#handler.onRtp(media, bytes, 0, bytes.length);
        else this.#handler.onRtcp(media, bytes, 0, bytes.length);
      },
      onForeign: (address) => {
        if (this.#foreignNoted) return;
        this.#foreignNoted = true;
        const message = 'Somebody else sends to a UDP port that is open for the camera; it is ignored.';
        this.#logger?.warn({ url: this.#state.url, address }, message);
      },
    };
  }

  #finish(value: unknown): void {
    const operation = this.#operation;
    this.#operation = undefined;
    operation?.resolve(value);
  }

  #refuse(error: NightjarError): void {
    const operation = this.#operation;
    this.#operation = undefined;
    operation?.reject(error);
  }

  #end(error: NightjarError | undefined): void {
    if (this.#played) this.#handler.onEnd(error);
  }

  #setTimer(timer: SessionTimer | 'connect', afterMs: number | undefined, callback?: () => void): void {
    this.#timers.get(timer)?.cancel();
    this.#timers.delete(timer);
    if (afterMs === undefined || !callback) return;
    // What goes wrong in a timer has no caller, and must not end the sessions of other cameras.
    const guarded = () => {
      try {
        callback();
      } catch (error) {
        this.#dispatch({ kind: 'broken', error: toNightjarError(error) });
      }
    };
    this.#timers.set(timer, this.#clock.after(afterMs, guarded));
  }

  #close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
    if (this.#state.phase === 'ended') this.#sockets.close();
  }
}

function encode(message: Extract<SessionCommand, { kind: 'send' }>['message']): Uint8Array {
  return message.kind === 'request' ? formatRequest(message) : formatResponse(message);
}
