/**
 * What is watched live, as it goes from a recorder worker to the main thread and on to the watchers: an initialisation
 * segment, then frames that decode with it, the first of them a key frame.
 */
export type LiveItem = LiveInit | LiveFrame;

/** What a player must know before the frames that follow; their time line may begin anew with it. */
export interface LiveInit {
  readonly kind: 'init';
  /** RFC 6381, for example `video/mp4; codecs="avc1.64001f, mp4a.40.2"`. */
  readonly mimeType: string;
  /** Of the coded picture, cropped. */
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** One fragment: a picture with the sound that came since the one before, or several pictures when `catchUp`. */
export interface LiveFrame {
  readonly kind: 'frame';
  /** Begins with a key frame: a player can begin here, after the newest initialisation segment. */
  readonly keyFrame: boolean;
  /** 0 for sound alone. */
  readonly pictures: number;
  /** Older than now: so that the first watcher need not wait for the next key frame. */
  readonly catchUp: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
