/** One stream being played: the playback, its screen, and what the page shows of both. */
import { signal } from '@preact/signals';
import { readTimeline } from '../api/client.ts';
import { onUpdate, serverNowMs } from '../api/updates.ts';
import { browserClock } from './browser_clock.ts';
import type { Companion } from './companion.ts';
import { lookUpTogether } from './elsewhere.ts';
import { lookUp } from './footage_lookup.ts';
import { FootageScreen } from './footage_screen.ts';
import { Playback, type PlaybackState } from './playback.ts';
import type { PlayedStream } from './played_stream.ts';

/** What a person chose stays so for every camera, for as long as the page lives. */
export const preferences = {
  speed: signal(1),
  skipGaps: signal(true),
  muted: signal(true),
};

export interface Conversion {
  readonly codecs: readonly string[];
  /** Why there is none, in words. */
  readonly refused?: string;
}

export class PlayerSession {
  readonly state;
  /** Codecs of the stream that the browser cannot play. */
  readonly unplayable = signal<readonly string[] | undefined>(undefined);
  /** What the server makes H.264 of, or why it does not. */
  readonly conversion = signal<Conversion | undefined>(undefined);
  readonly playback: Playback;
  readonly #screen: FootageScreen;
  readonly #cleanups: (() => void)[];
  readonly #companions = new Set<Companion>();
  #settled: ((state: PlaybackState) => void) | undefined;

  /** @param onInstant called with each picture's instant, and with where a seek goes */
  constructor(
    video: HTMLVideoElement,
    stream: PlayedStream,
    options: { atMs: number; playing: boolean; onInstant: (state: PlaybackState) => void },
  ) {
    const { cameraId, streamId } = stream;
    const gone = new AbortController();
    this.#screen = new FootageScreen(
      video,
      { cameraId, stream: streamId },
      {
        pictureShown: (ms) => {
          video.dataset.instantMs = ms.toFixed(3);
          this.playback.pictureShown(ms);
        },
        stretchEnded: (endMs, nextMs) => this.playback.stretchEnded(endMs, nextMs),
        nothingAt: (ms, stretch) => this.playback.nothingAt(ms, stretch),
        failed: (problem) => this.playback.failed(problem),
        codecUnplayable: (codecs) => {
          this.unplayable.value = codecs;
          this.playback.pause();
        },
        conversionRefused: (reason) => {
          const { codecs } = this.conversion.peek()!;
          this.conversion.value = { codecs, refused: reason };
          this.unplayable.value = codecs;
          this.playback.pause();
        },
      },
    );
    this.playback = new Playback({
      screen: this.#screen,
      lookup: (ms) => {
        const ask = (from: number, to: number) =>
          readTimeline(cameraId, { stream: streamId, from, to }, gone.signal);
        const others = [...this.#companions].map(({ lookup }) => lookup);
        return lookUpTogether((at) => lookUp(ask, at, serverNowMs()), others, ms);
      },
      clock: browserClock,
      instantMs: options.atMs,
      onChange: (state) => {
        this.state.value = state;
        options.onInstant(state);
        for (const companion of this.#companions) this.#lead(companion);
        this.#actOnceSettled();
      },
    });
    this.state = signal(this.playback.state);
    this.#cleanups = [
      () => gone.abort(),
      onUpdate('footage', (update) => {
        if (update.streamId !== streamId) return;
        this.#screen.footageGrew();
        this.playback.footageGrew();
      }),
    ];
    this.playback.setSpeed(preferences.speed.peek());
    this.playback.setSkipGaps(preferences.skipGaps.peek());
    if (options.playing) this.playback.play();
    this.playback.seek(options.atMs);
  }

  /** Has another stream follow this one. @returns what ends that */
  join(companion: Companion): () => void {
    this.#companions.add(companion);
    this.#lead(companion);
    this.playback.lookAgain();
    return () => {
      this.#companions.delete(companion);
      this.playback.lookAgain();
    };
  }

  /** Has the server convert what the browser cannot play. */
  convert(): void {
    const codecs = this.unplayable.peek();
    if (!codecs) return;
    this.conversion.value = { codecs };
    this.unplayable.value = undefined;
    this.#screen.convert();
    this.playback.seek(this.playback.state.instantMs);
  }

  #lead({ follower }: Companion): void {
    const { instantMs, speed } = this.playback.state;
    follower.follow({ instantMs, speed, moving: this.playback.isMoving });
  }

  /** Calls once what the playhead is at is shown or cannot be: at once, or when that is loaded. The newest call counts. */
  onceSettled(act: (state: PlaybackState) => void): void {
    this.#settled = act;
    this.#actOnceSettled();
  }

  #actOnceSettled(): void {
    const state = this.state.peek();
    const { place, loading, problem } = state;
    if (!this.#settled || ((loading || !place) && !problem)) return;
    const act = this.#settled;
    this.#settled = undefined;
    act(state);
  }

  setSpeed(speed: number): void {
    preferences.speed.value = speed;
    this.playback.setSpeed(speed);
  }

  setSkipGaps(skip: boolean): void {
    preferences.skipGaps.value = skip;
    this.playback.setSkipGaps(skip);
  }

  end(): void {
    for (const cleanup of this.#cleanups) cleanup();
    this.#settled = undefined;
    this.playback.end();
    this.#screen.end();
  }
}
