import type { LiveMessage } from '../../src/api/contract/live.ts';
import { backoffMs } from '../api/backoff.ts';
import { type LiveHandlers, liveClose } from '../api/live_socket.ts';
import { referenceTimeOf, timeScalesOf } from './fragment_time.ts';
import { PictureClock } from './picture_clock.ts';
import { hideSoundTracks, hideTracks, mimeTypeWithoutSound } from './without_sound.ts';

/** Plays media; the browser's is VideoSink. */
export interface MediaSink {
  canPlay(mimeType: string): boolean;
  /** Where it is on its time line. */
  readonly seconds: number;
  /** What lies between the newest run's time line and its own; undefined before it is known. */
  readonly offset: number | undefined;
  readonly hasPicture: boolean;
  begin(mimeType: string, initSegment: Uint8Array<ArrayBuffer>, startSeconds: number): void;
  append(fragment: Uint8Array<ArrayBuffer>): void;
  steer(): void;
  reset(): void;
  onFailure: (reason: string) => void;
}

export interface LiveWorld {
  readonly sink: MediaSink;
  readonly open: (handlers: LiveHandlers) => { close(): void };
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** The server's clock, in epoch milliseconds. */
  readonly serverNow: () => number;
}

/** What a viewer must know besides the picture. */
export type LiveView =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'playing' }
  /** The server is there, the camera not. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** The picture does not move any more; a new connection is tried. */
  | { readonly kind: 'stalled' }
  /** Another attempt would end the same. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unplayable'; readonly mimeType: string }
  /** Decoding fails again and again. */
  | { readonly kind: 'undecodable' };

/** The server says something each second, so after this the connection is dead. */
const silentMs = 2_500;
/** A picture that stands still for so long is said to. */
const stillMs = 2_200;
/** A connection that never says anything is given up after this. */
const connectMs = 6_000;
/** So many failures of the decoder in a row are not bad luck. */
const maxFailures = 3;
/** After this long without one, failures are forgotten. */
const forgetFailuresMs = 30_000;

/**
 * One stream watched live: connection, media, and what is said about them. tick() is to be called a few times a second;
 * everything that takes time is judged there.
 */
export class LiveSession {
  readonly #world: LiveWorld;
  #socket: { close(): void } | undefined;
  #view: LiveView = { kind: 'connecting' };
  #clock = new PictureClock();
  #expectInit: { mimeType: string; isMute: boolean } | undefined;
  /** Tracks of sound that the browser does not get. */
  #hidden: ReadonlySet<number> = new Set();
  #begun: { initSegment: Uint8Array<ArrayBuffer>; mimeType: string } | undefined;
  #scales: ReadonlyMap<number, number> = new Map();
  #lastStart = 0;
  #openedMs = 0;
  #lastMessageMs: number | undefined;
  #retryAtMs: number | undefined;
  #attempts = 0;
  #failures = 0;
  #failedMs = 0;
  #shown = { seconds: -1, sinceMs: 0 };
  /** Stays while a new connection is made, as the picture does. */
  #pictureMs: number | undefined;
  /** Times of fragments whose place on the player's time line is not known yet. */
  #pending: { startSeconds: number; wallMs: number }[] = [];

  /** @param pictureMs of a picture that stands there already, in epoch milliseconds */
  constructor(world: LiveWorld, pictureMs?: number) {
    this.#world = world;
    this.#pictureMs = pictureMs;
    world.sink.onFailure = () => this.#fail();
  }

  get view(): LiveView {
    return this.#view;
  }

  /** When the picture that is seen arrived at the server, in epoch milliseconds. */
  get pictureMs(): number | undefined {
    return this.#pictureMs;
  }

  /** How old the picture is that is seen. */
  get ageMs(): number | undefined {
    return this.#pictureMs === undefined ? undefined : Math.max(0, this.#world.serverNow() - this.#pictureMs);
  }

  /** Connects; a session that runs already begins anew. */
  start(): void {
    this.stop();
    this.#view = { kind: 'connecting' };
    this.#connect();
  }

  /** Ends the connection and keeps the last picture. */
  stop(): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#retryAtMs = undefined;
    this.#world.sink.reset();
  }

  tick(): void {
    const now = this.#world.now();
    if (this.#retryAtMs !== undefined && now >= this.#retryAtMs) this.#connect();
    if (!this.#socket) return;
    const heardMs = this.#lastMessageMs ?? this.#openedMs;
    if (now - heardMs > (this.#lastMessageMs === undefined ? connectMs : silentMs)) return this.#reconnect();
    this.#world.sink.steer();
    this.#watchPicture(now);
  }

  #connect(): void {
    this.#retryAtMs = undefined;
    this.#openedMs = this.#world.now();
    this.#lastMessageMs = undefined;
    this.#expectInit = undefined;
    this.#begun = undefined;
    this.#clock = new PictureClock();
    // The old picture still stands; only one that moves is new.
    this.#shown = { seconds: this.#world.sink.seconds, sinceMs: this.#openedMs };
    const socket = this.#world.open({
      onMessage: (message) => this.#take(message),
      onMedia: (bytes) => this.#takeMedia(bytes),
      onClose: (code, reason) => this.#closed(code, reason),
    });
    this.#socket = socket;
  }

  /** Closes what there is and tries again after a while. The last picture stays. */
  #reconnect(): void {
    this.stop();
    if (this.#view.kind === 'playing' || this.#view.kind === 'connecting') this.#view = { kind: 'stalled' };
    this.#retryAtMs = this.#world.now() + backoffMs(this.#attempts++);
  }

  #closed(code: number, reason: string): void {
    if (code !== liveClose.gone && code !== liveClose.tooMany) return this.#reconnect();
    this.stop();
    this.#view = { kind: 'refused', reason };
  }

  #take(message: LiveMessage): void {
    this.#lastMessageMs = this.#world.now();
    switch (message.kind) {
      case 'state':
        if (message.state === 'waiting') this.#view = { kind: 'waiting', reason: message.reason };
        else if (this.#view.kind === 'waiting') this.#view = { kind: 'connecting' };
        return;
      case 'init':
        this.#takeInit(message.mimeType);
        return;
      default:
        return;
    }
  }

  /** A browser without a decoder for the sound has the pictures alone. */
  #takeInit(mimeType: string): void {
    const { sink } = this.#world;
    const pictures = mimeTypeWithoutSound(mimeType);
    const playable = [mimeType, pictures].find((type) => sink.canPlay(type));
    if (playable === undefined) {
      this.stop();
      this.#view = { kind: 'unplayable', mimeType };
      return;
    }
    this.#expectInit = { mimeType: playable, isMute: playable !== mimeType };
  }

  #takeMedia(bytes: Uint8Array<ArrayBuffer>): void {
    this.#lastMessageMs = this.#world.now();
    if (this.#expectInit) {
      this.#hidden = this.#expectInit.isMute ? hideSoundTracks(bytes) : new Set();
      this.#begun = { initSegment: bytes, mimeType: this.#expectInit.mimeType };
      this.#scales = timeScalesOf(bytes);
      this.#expectInit = undefined;
      return;
    }
    const reference = referenceTimeOf(bytes);
    const scale = reference && this.#scales.get(reference.trackId);
    const startSeconds = reference && scale ? reference.mediaTime / scale : this.#lastStart;
    this.#lastStart = startSeconds;
    // The run is placed by its first picture, so it begins only now.
    if (this.#begun) {
      const { mimeType, initSegment } = this.#begun;
      this.#begun = undefined;
      this.#pending = [];
      this.#world.sink.begin(mimeType, initSegment, startSeconds);
    }
    if (reference) this.#pending.push({ startSeconds, wallMs: reference.wallMs });
    this.#place();
    if (this.#hidden.size > 0) hideTracks(bytes, this.#hidden);
    this.#world.sink.append(bytes);
  }

  #place(): void {
    const { offset } = this.#world.sink;
    if (offset === undefined) return;
    for (const { startSeconds, wallMs } of this.#pending) this.#clock.note(startSeconds + offset, wallMs);
    this.#pending = [];
  }

  #watchPicture(now: number): void {
    const { seconds, hasPicture } = this.#world.sink;
    this.#place();
    if (hasPicture && seconds !== this.#shown.seconds) {
      this.#shown = { seconds, sinceMs: now };
      this.#pictureMs = this.#clock.wallMsAt(seconds) ?? this.#pictureMs;
      if (this.#view.kind !== 'waiting') this.#view = { kind: 'playing' };
      this.#attempts = 0;
      if (now - this.#failedMs > forgetFailuresMs) this.#failures = 0;
      return;
    }
    if (this.#view.kind === 'waiting') {
      this.#shown.sinceMs = now;
      return;
    }
    const still = now - this.#shown.sinceMs;
    if (still > stillMs && this.#view.kind === 'playing') this.#view = { kind: 'stalled' };
    if (still > 2 * stillMs) this.#reconnect();
  }

  /** The player broke: a new one, and after several a message. */
  #fail(): void {
    this.#failures++;
    this.#failedMs = this.#world.now();
    this.#reconnect();
    if (this.#failures >= maxFailures) this.#view = { kind: 'undecodable' };
  }
}
