/** What a camera says and when, written down so that it can be played again: see docs/camera-fixtures.md. */

/** How a stream is asked for; the names of the transport setting. */
export const dialogueTransports = ['auto', 'tcp', 'udp'] as const;
export type DialogueTransport = (typeof dialogueTransports)[number];

export interface Dialogue {
  /** Vendor, model and firmware, as far as they are known. */
  readonly camera: string;
  /** Numbers of camera quirks, such as `C6`. */
  readonly ids: readonly string[];
  /** Where the behaviour was reported. */
  readonly source?: string;
  /** What the camera does, in a sentence. */
  readonly behaviour?: string;
  /** What Nightjar does about it, in a sentence. */
  readonly nightjar?: string;
  /** What must come of it: lines for the judge of the tests. */
  readonly expect: readonly string[];
  /** What the camera asks for; without it anybody may watch. */
  readonly login?: { readonly username: string; readonly password: string };
  /** How the stream is to be asked for; `tcp` unless given. */
  readonly transport: DialogueTransport;
  /** Path and query of the stream's URL; `/live` unless given. */
  readonly path: string;
  readonly steps: readonly DialogueStep[];
}

/**
 * What the camera waits for, and what it does then. An `event` is waited for in its turn; a `rule` says how such a
 * request is answered from its place in the file on, whenever it comes.
 */
export interface DialogueStep {
  readonly kind: 'event' | 'rule';
  /** Of the file, from 1; for those who look for what did not happen. */
  readonly line: number;
  /** A method, `connect` for a new connection, or the status of a reply to a request of the camera. */
  readonly what: string;
  /** The URL that must come, with variables and `*`; undefined: any. */
  readonly url?: string;
  /** Header fields that must come, as patterns like the URL; `{none}`: must not come; `{digest}`: a right answer. */
  readonly fields: readonly (readonly [name: string, pattern: string])[];
  readonly actions: readonly DialogueAction[];
}

/** A line of a reply as the camera ends it. */
export interface ReplyLine {
  /** With variables. */
  readonly text: string;
  readonly end: '\r\n' | '\n';
}

export type DialogueAction =
  /** A message of the camera, headers and body. */
  | { readonly kind: 'reply'; readonly lines: readonly ReplyLine[] }
  /** What an ordinary camera would reply. */
  | { readonly kind: 'usual' }
  /** No reply. */
  | { readonly kind: 'silence' }
  /** An interleaved frame; over UDP a datagram of medium `channel >> 1`, RTCP when the channel is odd. */
  | { readonly kind: 'frame'; readonly channel: number; readonly payload: Uint8Array }
  /** Bytes on the connection as they are. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** Packets that are made when they are played. */
  | {
      readonly kind: 'media';
      readonly medium: number;
      readonly codec: string;
      readonly options: MediaOptions;
    }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  /** Ends the connection of the last request. */
  | { readonly kind: 'close' };

/** `name=value` of a line of media; a name alone has the value ''. */
export type MediaOptions = Readonly<Record<string, string>>;
