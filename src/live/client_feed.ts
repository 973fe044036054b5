import type { LiveInit, LiveItem } from '../recorder/live_item.ts';
import type { LiveMessage } from './live_message.ts';

/** A watcher with more unsent bytes than this gets nothing more up to the next key frame. */
export const maxBacklogBytes = 2 * 1024 * 1024;

/** What goes to a watcher: a text message or a binary one. */
export type Outgoing = LiveMessage | Uint8Array;

/**
 * What one watcher gets of a stream. Pure: items and the watcher's backlog in, messages out.
 *
 * It begins with an initialisation segment and a key frame. Whoever is too slow for what comes is spared whole pictures
 * up to the next key frame, since what lies between would decode with damage.
 */
export class ClientFeed {
  /** Not sent yet: it goes out before the next key frame. */
  #init: LiveInit | undefined;
  /** False: only a key frame may come next. */
  #flowing = false;
  #tooSlow = false;
  #droppedPictures = 0;
  /** What was given at once at the beginning may wait beyond the bound. */
  #burstBytes = 0;

  /**
   * @param backlogBytes what was sent to the watcher and has not left yet
   * @param burst the item is older than now, and given at once so that there is a picture
   */
  take(item: LiveItem, backlogBytes: number, burst = false): readonly Outgoing[] {
    if (item.kind === 'init') {
      this.#init = item;
      this.#flowing = false;
      return [];
    }
    if (backlogBytes <= maxBacklogBytes) this.#burstBytes = 0;
    if (backlogBytes > maxBacklogBytes + this.#burstBytes) {
      this.#flowing = false;
      this.#tooSlow = true;
    }
    const mayCome = this.#flowing || (item.keyFrame && backlogBytes <= maxBacklogBytes);
    if (!mayCome) {
      if (this.#tooSlow) this.#droppedPictures += item.pictures;
      return [];
    }
    if (burst) this.#burstBytes += item.bytes.length;
    return [...this.#beforeFrame(), item.bytes];
  }

  #beforeFrame(): Outgoing[] {
    const before: Outgoing[] = [];
    if (this.#droppedPictures > 0) before.push({ kind: 'dropped', frames: this.#droppedPictures });
    if (this.#init) {
      const { bytes, ...said } = this.#init;
      before.push(said, bytes);
    }
    this.#droppedPictures = 0;
    this.#tooSlow = false;
    this.#init = undefined;
    this.#flowing = true;
    return before;
  }
}
