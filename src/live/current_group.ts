import type { LiveFrame, LiveInit, LiveItem } from '../recorder/live_item.ts';

/** Longest group of pictures that is kept for further watchers, in bytes and milliseconds. */
export const maxGroupBytes = 8 * 1024 * 1024;
export const maxGroupMs = 10_000;

/** What a further watcher of a stream gets at once: all from the newest key frame on. Pure. */
export class CurrentGroup {
  #init: LiveInit | undefined;
  #frames: LiveFrame[] = [];
  #bytes = 0;
  #sinceMs = 0;

  /** @param nowMs monotonic milliseconds */
  take(item: LiveItem, nowMs: number): void {
    if (item.kind === 'init') {
      this.#init = item;
      this.#frames = [];
      return;
    }
    if (item.keyFrame) {
      this.#frames = [];
      this.#bytes = 0;
      this.#sinceMs = nowMs;
    } else if (this.#frames.length === 0) {
      return;
    }
    this.#bytes += item.bytes.length;
    this.#frames.push(item);
    if (this.#bytes > maxGroupBytes || nowMs - this.#sinceMs > maxGroupMs) this.#frames = [];
  }

  /** The stream came to a halt: what is kept would be an old picture. */
  clear(): void {
    this.#frames = [];
  }

  /** The initialisation segment and the frames, when the group is whole; else the former at most. */
  get items(): readonly LiveItem[] {
    return this.#init ? [this.#init, ...this.#frames] : [];
  }
}
