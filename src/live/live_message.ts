import type { ErrorCode } from '../errors/catalogue.ts';

/**
 * What the server says to a watcher besides the media, as JSON text (docs/live.md). Binary messages are the media: the
 * initialisation segment after `init`, and fragments.
 */
export type LiveMessage =
  | {
      readonly kind: 'hello';
      /** By the clock that `prft` boxes go by. */
      readonly nowMs: number;
      readonly streamId: string;
      readonly role: 'main' | 'sub';
    }
  /** The next binary message is the initialisation segment. */
  | {
      readonly kind: 'init';
      readonly mimeType: string;
      readonly width: number;
      readonly height: number;
      readonly hasAudio: boolean;
    }
  | LiveState
  /** The watcher was too slow: so many pictures were left out before what comes next. */
  | { readonly kind: 'dropped'; readonly frames: number }
  | { readonly kind: 'ping' };

export interface LiveState {
  readonly kind: 'state';
  readonly state: 'playing' | 'waiting';
  /** For a person. */
  readonly reason: string;
  readonly errorCode?: ErrorCode;
}

/** Why the server closes a watcher's connection: codes of RFC 6455 section 7.4. */
export const liveClose = {
  /** The server stops. */
  stopping: 1001,
  /** There is no such camera or stream, or it was removed. */
  gone: 4404,
  /** The watcher took nothing for half a minute. */
  tooSlow: 4408,
  /** Too many watch already. */
  tooMany: 4429,
} as const;
