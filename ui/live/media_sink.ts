import { AppendQueue, type Buffer } from './append_queue.ts';
import { type Range, steer } from './live_edge.ts';
import type { MediaSink } from './live_session.ts';

/** iPhones have the managed kind only. */
const Source: typeof MediaSource | undefined =
  globalThis.MediaSource ??
  (globalThis as unknown as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource;

/** Plays live media in a video element by Media Source Extensions. */
export class VideoSink implements MediaSink {
  readonly #video: HTMLVideoElement;
  readonly #keepPicture: () => void;
  #queue: AppendQueue | undefined;
  #mimeType = '';
  /** Of the media source that was opened last; no longer valid once the element has found it. */
  #url = '';
  #closed = new AbortController();
  /** Fragments that came before the media source opened. */
  #early: Uint8Array<ArrayBuffer>[] = [];
  onFailure: (reason: string) => void = () => {};

  /** @param keepPicture called before the picture that is seen goes, for a new one to come */
  constructor(video: HTMLVideoElement, keepPicture: () => void) {
    this.#video = video;
    this.#keepPicture = keepPicture;
  }

  canPlay(mimeType: string): boolean {
    return Source?.isTypeSupported(mimeType) === true;
  }

  get seconds(): number {
    return this.#video.currentTime;
  }

  get offset(): number | undefined {
    return this.#queue?.offset;
  }

  /** Has a picture that can be seen. */
  get hasPicture(): boolean {
    return this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  begin(mimeType: string, bytes: Uint8Array<ArrayBuffer>, startSeconds: number): void {
    if (this.#queue) {
      this.#queue.begin(bytes, startSeconds, mimeType === this.#mimeType ? undefined : mimeType);
      this.#mimeType = mimeType;
      return this.#pump();
    }
    void this.#open(mimeType, bytes, startSeconds);
  }

  append(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#queue) {
      if (!this.#queue.push(bytes)) return this.onFailure('backlog');
      this.#pump();
    } else this.#early.push(bytes);
  }

  /** Goes to the live edge, and stays there. */
  steer(): void {
    const video = this.#video;
    if (!this.#queue) return;
    const ranges = rangesOf(video.buffered);
    const { rate, seekTo } = steer({ seconds: video.currentTime, rate: video.playbackRate, ranges });
    if (seekTo !== undefined && !video.seeking) video.currentTime = seekTo;
    if (video.playbackRate !== rate) video.playbackRate = rate;
    // A tab that slept, or a browser that saves power, may have paused it.
    if (video.paused && ranges.length > 0) void video.play().catch(() => {});
  }

  /** Gives everything up but the picture that is seen. */
  reset(): void {
    this.#closed.abort();
    this.#closed = new AbortController();
    this.#queue = undefined;
    this.#early = [];
  }

  async #open(mimeType: string, bytes: Uint8Array<ArrayBuffer>, startSeconds: number): Promise<void> {
    if (!Source) return;
    this.reset();
    const { signal } = this.#closed;
    const video = this.#video;
    const source = new Source();
    const url = URL.createObjectURL(source);
    this.#mimeType = mimeType;
    // Safari's managed kind wants this.
    video.disableRemotePlayback = true;
    this.#keepPicture();
    video.src = url;
    // The element looks for what an address means only later: it must not be gone before it found that, or has another.
    URL.revokeObjectURL(this.#url);
    this.#url = url;
    source.addEventListener('sourceopen', () => URL.revokeObjectURL(url), { once: true });
    video.addEventListener('error', () => this.onFailure(video.error?.message ?? 'decode'), { signal });
    await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true, signal }));
    if (signal.aborted) return;
    try {
      const sourceBuffer = source.addSourceBuffer(mimeType);
      sourceBuffer.addEventListener('updateend', () => this.#pump(), { signal });
      const queue = new AppendQueue(bufferOf(sourceBuffer));
      this.#queue = queue;
      queue.begin(bytes, startSeconds);
      for (const early of this.#early.splice(0)) queue.push(early);
    } catch (error) {
      return this.onFailure((error as Error).message);
    }
    this.#pump();
  }

  #pump(): void {
    try {
      this.#queue?.pump(this.#video.currentTime);
    } catch (error) {
      this.onFailure((error as Error).message);
    }
  }
}

function rangesOf(ranges: TimeRanges): Range[] {
  return Array.from({ length: ranges.length }, (_, i) => ({ start: ranges.start(i), end: ranges.end(i) }));
}

function bufferOf(sourceBuffer: SourceBuffer): Buffer {
  return {
    get updating() {
      return sourceBuffer.updating;
    },
    get timestampOffset() {
      return sourceBuffer.timestampOffset;
    },
    set timestampOffset(seconds) {
      sourceBuffer.timestampOffset = seconds;
    },
    ranges: () => rangesOf(sourceBuffer.buffered),
    append: (bytes) => sourceBuffer.appendBuffer(bytes),
    remove: (start, end) => sourceBuffer.remove(start, end),
    changeType: (mimeType) => sourceBuffer.changeType(mimeType),
  };
}
