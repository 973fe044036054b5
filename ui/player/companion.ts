/** A stream played beside the one that leads: the follower, its screen, and what its tile shows of both. */
import { signal } from '@preact/signals';
import { readTimeline } from '../api/client.ts';
import { onUpdate, serverNowMs } from '../api/updates.ts';
import { browserClock } from './browser_clock.ts';
import { Follower, type FollowerState } from './follower.ts';
import { lookUp } from './footage_lookup.ts';
import { FootageScreen } from './footage_screen.ts';
import type { FootageLookup } from './playback.ts';
import type { PlayedStream } from './played_stream.ts';

export class Companion {
  readonly state = signal<FollowerState>({ place: undefined, loading: true, problem: undefined });
  /** Codecs of the stream that the browser cannot play. */
  readonly unplayable = signal<readonly string[] | undefined>(undefined);
  readonly follower: Follower;
  readonly lookup: FootageLookup;
  readonly #screen: FootageScreen;
  readonly #cleanups: readonly (() => void)[];

  constructor(video: HTMLVideoElement, { cameraId, streamId }: PlayedStream) {
    const gone = new AbortController();
    this.lookup = (ms) =>
      lookUp(
        (from, to) => readTimeline(cameraId, { stream: streamId, from, to }, gone.signal),
        ms,
        serverNowMs(),
      );
    this.#screen = new FootageScreen(
      video,
      { cameraId, stream: streamId },
      {
        pictureShown: (ms) => {
          video.dataset.instantMs = ms.toFixed(3);
          this.follower.pictureShown(ms);
        },
        stretchEnded: () => this.follower.stretchEnded(),
        nothingAt: (ms, stretch) => this.follower.nothingAt(ms, stretch),
        failed: (problem) => this.follower.failed(problem),
        // Only the one that leads is converted.
        conversionRefused: () => {},
        codecUnplayable: (codecs) => {
          this.unplayable.value = codecs;
        },
      },
    );
    this.follower = new Follower({
      screen: this.#screen,
      lookup: this.lookup,
      clock: browserClock,
      onChange: (state) => {
        this.state.value = state;
      },
    });
    this.#cleanups = [
      () => gone.abort(),
      onUpdate('footage', (update) => {
        if (update.streamId !== streamId) return;
        this.#screen.footageGrew();
        this.follower.footageGrew(update.endMs);
      }),
    ];
  }

  end(): void {
    for (const cleanup of this.#cleanups) cleanup();
    this.follower.end();
    this.#screen.end();
  }
}
