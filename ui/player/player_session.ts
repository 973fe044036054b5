/** One stream being played: the playback, its screen, and what the page shows of both. */
import { signal } from '@preact/signals';
import { readTimeline } from '../api/client.ts';
import { onUpdate, serverNowMs } from '../api/updates.ts';
import { lookUp } from './footage_lookup.ts';
import { FootageScreen } from './footage_screen.ts';
import { Playback, type PlaybackClock, type PlaybackState } from './playback.ts';

/** What a person chose stays so for every camera, for as long as the page lives. */
export const preferences = {
  speed: signal(1),
  skipGaps: signal(true),
  muted: signal(true),
};

const browserClock: PlaybackClock = {
  monotonic: () => performance.now(),
  now: serverNowMs,
  every: (intervalMs, callback) => {
    const timer = setInterval(callback, intervalMs);
    return { cancel: () => clearInterval(timer) };
  },
};

export interface PlayedStream {
  readonly cameraId: string;
  readonly streamId: string;
}

export class PlayerSession {
  readonly state;
  /** Codecs of the stream that the browser cannot play. */
  readonly unplayable = signal<readonly string[] | undefined>(undefined);
  readonly playback: Playback;
  readonly #screen: FootageScreen;
  readonly #cleanups: (() => void)[];

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
      },
    );
    this.playback = new Playback({
      screen: this.#screen,
      lookup: (ms) =>
        lookUp(
          (from, to) => readTimeline(cameraId, { stream: streamId, from, to }, gone.signal),
          ms,
          serverNowMs(),
        ),
      clock: browserClock,
      instantMs: options.atMs,
      onChange: (state) => {
        this.state.value = state;
        options.onInstant(state);
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
    this.playback.end();
    this.#screen.end();
  }
}
