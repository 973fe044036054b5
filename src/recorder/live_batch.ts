import type { LiveItem } from './live_item.ts';

/** Collects what is live of one stream, so that all that comes of one read of the socket crosses threads together. */
export class LiveBatch {
  readonly #post: (items: readonly LiveItem[]) => void;
  #items: LiveItem[] = [];

  constructor(post: (items: readonly LiveItem[]) => void) {
    this.#post = post;
  }

  add(item: LiveItem): void {
    // A microtask runs when the read is handled, and before anything else is.
    if (this.#items.length === 0) queueMicrotask(() => this.#flush());
    this.#items.push(item);
  }

  #flush(): void {
    const items = this.#items;
    this.#items = [];
    this.#post(items);
  }
}
