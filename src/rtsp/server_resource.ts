import type { Range } from './range.ts';
import type { AuthenticationPolicy, ServerCredentials } from './server_authentication.ts';

/**
 * A pair of interleaved channels (RFC 2326 section 10.12), each 0 to 255. A medium that goes by UDP has a pair too: its
 * packets are handed over as frames all the same, and leave without their headers.
 */
export interface InterleavedChannels {
  readonly rtp: number;
  readonly rtcp: number;
}

/** What carries the media of a session. */
export type ServerTransport = 'tcp' | 'udp';

/**
 * What became of a send: `sent`, the bytes are free again; `kept`, they wait for the client and must not be
 * overwritten any more; `refused`, too much waits already and nothing of it was sent; `gone`, the client has left.
 */
export type SendOutcome = 'sent' | 'kept' | 'refused' | 'gone';

/** The way to the client of one session. */
export interface ServerOutput {
  /** Sends interleaved frames that are complete in themselves. */
  send(bytes: Uint8Array): SendOutcome;
  /** Ends the connection: after what was sent, or at once and with a reset. */
  close(how: 'flush' | 'reset'): void;
}

/** What RTP-Info (RFC 2326 section 12.33) says of one medium. */
export interface FirstPacket {
  readonly sequenceNumber: number;
  readonly rtpTimestamp: number;
}

/** What PLAY asks for: to go on, or to begin at the begin, when it asks for nothing. */
export interface PlayRequest {
  readonly range?: Range | undefined;
  readonly scale?: number | undefined;
  readonly speed?: number | undefined;
  /** ONVIF's replay was asked for, and that it comes as fast as it can. */
  readonly replay?: boolean;
  readonly unlimited?: boolean;
}

/** What is played from now on, as far as it is to be told. */
export interface Playing {
  /** By the index of the medium in {@link ServerResource.controls}, for media that were set up. */
  readonly first: ReadonlyMap<number, FirstPacket>;
  readonly range: Range;
  readonly scale?: number;
  readonly speed?: number;
}

/** One client's playing of a resource. */
export interface ServerPlayback {
  /** Begins, goes on after a pause, or plays another part; undefined when there is nothing in that range. */
  play(request: PlayRequest): Playing | undefined;
  pause(): void;
  /** The session has ended, for whatever reason; called once. */
  close(): void;
}

export interface PlaybackRequest {
  readonly output: ServerOutput;
  readonly transport: ServerTransport;
  /** By the index of the medium in {@link ServerResource.controls}. */
  readonly channels: ReadonlyMap<number, InterleavedChannels>;
}

/** Something that can be played: a path of the server. */
export interface ServerResource {
  /** Without a slash at either end; may have slashes and a query inside. */
  readonly path: string;
  readonly credentials: ServerCredentials | undefined;
  readonly authentication: AuthenticationPolicy;
  /** Whether ONVIF's replay may be required of it. */
  readonly replay?: boolean;
  /** Session description (RFC 8866), with the controls below. */
  readonly description: string;
  /** Those that a SETUP may ask for; others get a 461. */
  readonly transports: readonly ServerTransport[];
  /** `a=control` of each medium in their order, relative to the path. */
  readonly controls: readonly string[];
  /** The SSRC that the Transport field of a SETUP reply names, by medium. */
  announcedSsrc(medium: number): number | undefined;
  /** Called by the first PLAY of a session. */
  open(request: PlaybackRequest): ServerPlayback;
}
