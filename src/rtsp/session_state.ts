import type { NightjarError } from '../errors/nightjar_error.ts';
import type { MediaDescription, MediaFormat, SessionDescription } from '../sdp/session_description.ts';
import type { UnixMillis } from '../units/time.ts';
import { type Authentication, startAuthentication } from './authentication.ts';
import type { Credentials } from './digest.ts';
import type { RtspRequest, RtspResponse } from './message.ts';
import type { Range } from './range.ts';
import type { RtpInfo } from './rtp_info.ts';
import type { Session } from './session_header.ts';
import type { PacketPair } from './transport_header.ts';
import { parseRtspUrl } from './url.ts';

/** What carries the media: the RTSP connection, or UDP. */
export type MediaCarrier = 'tcp' | 'udp' | 'multicast';

/** The way of one medium, as it was agreed with the server. */
export type MediaTransport =
  | { readonly kind: 'tcp'; readonly channels: PacketPair }
  | {
      readonly kind: 'udp';
      readonly clientPorts: PacketPair;
      /** Undefined when the server does not say which ports it sends from. */
      readonly serverPorts: PacketPair | undefined;
      /** Address that it sends from, when it says so; else it is that of the RTSP server. */
      readonly source: string | undefined;
    }
  | {
      readonly kind: 'multicast';
      readonly group: string;
      readonly ports: PacketPair;
      readonly ttl: number;
      readonly source: string | undefined;
    };

/** A medium that the server has set up. */
export interface SetupMedia {
  /** Of the medium in the description. */
  readonly index: number;
  readonly description: MediaDescription;
  readonly format: MediaFormat;
  readonly controlUrl: string;
  readonly transport: MediaTransport;
  /** As announced; many cameras send another one. */
  readonly ssrc?: number;
}

export interface MediaSelection {
  readonly mediaIndex: number;
  readonly format: MediaFormat;
}

/** What is asked of PLAY: what the camera sends now, when nothing is. */
export interface PlaybackWish {
  /** With `clock` it is asked for as ONVIF has it too, as fast as it can be sent unless `scale` or `speed` is given. */
  readonly range: Range;
  /** How fast time passes in what is sent (RFC 2326 section 12.34). */
  readonly scale?: number | undefined;
  /** How fast it is sent (section 12.35). */
  readonly speed?: number | undefined;
}

/** What the server says that it plays, as far as it does. */
export interface PlaybackAnswer {
  readonly range?: Range;
  readonly scale?: number;
}

/** What does not change while a session lives. */
export interface SessionSettings {
  readonly credentials?: Credentials;
  readonly userAgent: string;
  readonly replyTimeoutMs: number;
  /** 30 s when not given. */
  readonly longestKeepAliveMs?: number;
  readonly carrier: MediaCarrier;
  readonly playback?: PlaybackWish;
  /** Of URLs that name none, unless they are those of RTSP. */
  readonly usualPorts?: { readonly rtsp: number; readonly rtsps: number };
}

/** What a request is for; a keep-alive is the only one that the dialogue does not wait for. */
export type Purpose = 'options' | 'describe' | 'setup' | 'play' | 'pause' | 'teardown' | 'keepAlive';

/** A request without what is added to all: number, agent, session, authorization. */
export interface Action {
  readonly purpose: Purpose;
  readonly method: string;
  readonly url: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export interface PendingRequest extends Action {
  readonly sequenceNumber: number;
  /** Of the challenge that it answered, see `authentication.ts`. */
  readonly proof?: string;
}

/**
 * Where the dialogue stands: `connecting` also after a redirect; `described`, `playing` and `paused` wait for the
 * application, the phases before each of them wait for the server.
 */
export type Phase =
  | 'connecting'
  | 'describing'
  | 'described'
  | 'settingUp'
  | 'starting'
  | 'playing'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'stopping'
  | 'ended';

export interface SessionState {
  readonly phase: Phase;
  readonly settings: SessionSettings;
  /** Of the stream, without credentials; changes with a redirect. */
  readonly url: string;
  /** The same as it was given, which no redirect changes. */
  readonly givenUrl: string;
  readonly redirects: number;
  readonly nextSequenceNumber: number;
  /** At most one of the dialogue and one keep-alive. */
  readonly pending: readonly PendingRequest[];
  readonly authentication: Authentication;
  readonly keepAliveMethod: 'OPTIONS' | 'GET_PARAMETER';
  readonly session?: Session;
  readonly description?: SessionDescription;
  /** What relative controls are joined to, and what controls all media together. */
  readonly base: string;
  readonly control: string;
  readonly toSetUp: readonly MediaSelection[];
  readonly media: readonly SetupMedia[];
  /** The server knows no ONVIF replay. */
  readonly plainReplay: boolean;
  /** Where to go when the timer `redirect` runs out. */
  readonly redirectUrl?: string;
  /** Ports that the SETUP under way asks media to be sent to. */
  readonly clientPorts?: PacketPair;
  /** What was logged once and is not logged again. */
  readonly warned: readonly string[];
}

export type SessionTimer = 'reply' | 'keepAlive' | 'teardown' | 'redirect' | 'settled';

export type SessionEvent =
  | { readonly kind: 'connected' }
  | { readonly kind: 'response'; readonly response: RtspResponse }
  /** `nowMs` is the wall clock: a server may ask for something at an instant. */
  | { readonly kind: 'request'; readonly request: RtspRequest; readonly nowMs: UnixMillis }
  | { readonly kind: 'timer'; readonly timer: SessionTimer }
  /** The server closed the connection; `pendingBytes` of something that is not whole had come. */
  | { readonly kind: 'closed'; readonly pendingBytes: number }
  /** The connection failed, or what came over it cannot be understood. */
  | { readonly kind: 'broken'; readonly error: NightjarError }
  /** The ports that were asked for are there. */
  | { readonly kind: 'portsOpen'; readonly ports: PacketPair }
  /** The group of the medium that was set up last is joined. */
  | { readonly kind: 'joined' }
  | { readonly kind: 'play'; readonly selection: readonly MediaSelection[] }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' };

export type SessionCommand =
  | { readonly kind: 'send'; readonly message: RtspRequest | RtspResponse }
  /** Sets a timer anew; undefined cancels it. */
  | { readonly kind: 'timer'; readonly timer: SessionTimer; readonly afterMs: number | undefined }
  /** Leave this connection, forget its media, and make one to the host of this URL. */
  | { readonly kind: 'reconnect'; readonly url: string }
  | { readonly kind: 'described'; readonly description: SessionDescription }
  /** Open two UDP ports for the next medium; answered by `portsOpen`. */
  | { readonly kind: 'openPorts' }
  /**
   * From now on what comes its way belongs to this medium: some cameras send before they reply to PLAY. A group is to
   * be joined; answered by `joined`.
   */
  | { readonly kind: 'setUp'; readonly media: SetupMedia }
  /** PLAY was accepted; what RTP-Info says, by the index of the medium. */
  | {
      readonly kind: 'playing';
      readonly information: ReadonlyMap<number, RtpInfo>;
      readonly answer: PlaybackAnswer;
    }
  | { readonly kind: 'paused' }
  /** PAUSE, or PLAY after it, was refused; the session lives on. */
  | { readonly kind: 'refused'; readonly error: NightjarError }
  | { readonly kind: 'warn'; readonly message: string }
  /** The session is over: with an error, or as asked. The connection can go. */
  | { readonly kind: 'failed'; readonly error: NightjarError }
  | { readonly kind: 'stopped' };

/**
 * A session before its connection is made.
 *
 * @param url without credentials
 * @param cnonce random, hexadecimal
 */
export function startSession(url: string, settings: SessionSettings, cnonce: string): SessionState {
  return {
    phase: 'connecting',
    settings,
    url,
    givenUrl: url,
    redirects: 0,
    nextSequenceNumber: 1,
    pending: [],
    authentication: startAuthentication(cnonce),
    keepAliveMethod: 'OPTIONS',
    base: url,
    control: url,
    toSetUp: [],
    media: [],
    plainReplay: false,
    warned: [],
  };
}

/** Whether a redirect led to another host or port than those that were given. */
export function isElsewhere({ url, givenUrl, settings }: SessionState): boolean {
  const here = parseRtspUrl(url, settings.usualPorts);
  const given = parseRtspUrl(givenUrl, settings.usualPorts);
  return here.host.toLowerCase() !== given.host.toLowerCase() || here.port !== given.port;
}

/** What may be shown to the server: credentials are for the host and port that they were given with. */
export function credentialsHere(state: SessionState): Credentials | undefined {
  return isElsewhere(state) ? undefined : state.settings.credentials;
}
