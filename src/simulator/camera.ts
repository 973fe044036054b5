import type { AuthenticationPolicy } from '../rtsp/server_authentication.ts';
import type { ServerTransport } from '../rtsp/server_resource.ts';
import type { UnixMillis } from '../units/time.ts';
import type { Clip } from './clip.ts';
import type { Faults } from './faults.ts';

/** A camera as the simulator shows it: what can be left out has the default that is named. */
export interface SimulatedCamera {
  /** Path of its URL, without slashes at the ends. */
  readonly path: string;
  /** Over which media may be asked for; TCP and UDP by default. */
  readonly transports?: readonly ServerTransport[];
  /** None by default: then nobody is asked. */
  readonly username?: string;
  readonly password?: string;
  /** How it asks for credentials; Digest by SHA-256 and MD5 by default. */
  readonly authentication?: Partial<AuthenticationPolicy>;
  /** What it films; the demo clip by default. It repeats for ever, with continuous time stamps. */
  readonly clip?: Clip;
  /** On by default, when the clip has sound and `framesPerSecond` is left alone. */
  readonly audio?: boolean;
  /** Plays its clip once as what it recorded from this instant on, from where PLAY asks for, in place of what it sees. */
  readonly recordedFromMs?: UnixMillis;
  /** Whether its archive knows ONVIF's replay; it does by default. */
  readonly replay?: boolean;
  /** Offers an ONVIF metadata stream with a document a second; off by default. */
  readonly metadata?: boolean;
  /** Each session begins at this picture of the clip (rounded down to a key frame); 0 by default. */
  readonly startFrame?: number;
  /** A session ends after so many pictures. */
  readonly finiteFrames?: number;
  /**
   * What follows the last picture: RTCP BYE and the end of the connection (the default), BYE alone so that the client
   * ends it, or silence.
   */
  readonly atEnd?: 'close' | 'bye' | 'wait';
  /** Pictures per second, sent and stamped; those of the clip by default. A whole number. */
  readonly framesPerSecond?: number;
  /** Pictures that are sent at once after PLAY, as from a camera with a pre-event buffer; 0 by default. */
  readonly burstFrames?: number;
  /** Payload of an RTP packet at most, in bytes; 1,400 by default. */
  readonly maxPayloadBytes?: number;
  /**
   * Packets of a picture go out one by one over so many milliseconds, as over the link of a real camera; by default a
   * picture goes out at once, in one write, which is the cheapest for both sides.
   */
  readonly spreadMs?: number;
  readonly faults?: Faults;
}

/** What a camera has sent since the simulator began, over all its sessions. */
export interface CameraCounters {
  /** PLAY requests that began a session. */
  sessions: number;
  /** Sessions that play now. */
  playing: number;
  /** Whole pictures. */
  framesSent: number;
  audioFramesSent: number;
  metadataDocumentsSent: number;
  packetsSent: number;
  bytesSent: number;
  /** Pictures and audio frames that a client was too slow for, and that were left out. */
  unitsRefused: number;
}
