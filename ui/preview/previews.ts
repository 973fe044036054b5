import { signal } from '@preact/signals';
import { KeyFrameDecoder } from './key_frame_decoder.ts';
import { PictureCache } from './picture_cache.ts';
import { PictureSource } from './picture_source.ts';
import { type Preview, PreviewQueue, type WantedPicture } from './preview_queue.ts';

/** 48 MB at most, as a pixel takes four bytes. */
const most = { pictures: 256, pixels: 12_000_000 };

const clock = {
  monotonic: () => performance.now(),
  after: (delayMs: number, callback: () => void) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The pictures that a pointer over the tracks is shown, for one page of the timeline. */
export class Previews {
  /** What is shown of the instant that was wanted last. */
  readonly preview = signal<Preview<ImageBitmap>>({ kind: 'loading' });
  readonly #cache = new PictureCache<ImageBitmap>(most);
  readonly #decoder = new KeyFrameDecoder();
  readonly #queue: PreviewQueue<ImageBitmap>;

  constructor() {
    const source = new PictureSource(this.#decoder, ({ streamId, atMs }, pictureMs) =>
      this.#cache.covers(streamId, pictureMs, atMs),
    );
    this.#queue = new PreviewQueue({
      cache: this.#cache,
      clock,
      load: (wanted, gone) => source.load(wanted, gone),
      onPreview: (preview) => {
        this.preview.value = preview;
      },
    });
  }

  want(wanted: WantedPicture): void {
    this.#queue.want(wanted);
  }

  /** The pointer is elsewhere. */
  rest(): void {
    this.#queue.rest();
    // What is shown next may be elsewhere.
    this.preview.value = { kind: 'loading' };
  }

  end(): void {
    this.rest();
    this.#decoder.end();
    this.#cache.clear();
  }
}
