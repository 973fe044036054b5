/** More than this is a listener that nobody takes away. */
const defaultMaxListeners = 16;

/**
 * One kind of event, and who wants to know of it. Listeners are called at once, in the order in which they came; they
 * must not throw.
 */
export class Topic<Event> {
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #maxListeners: number;

  constructor(maxListeners = defaultMaxListeners) {
    this.#maxListeners = maxListeners;
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns ends the subscription; may be called again */
  subscribe(listener: (event: Event) => void): () => void {
    if (this.#listeners.size >= this.#maxListeners) {
      throw new RangeError(`more than ${this.#maxListeners} listeners`);
    }
    // A function of its own, so that whoever subscribes twice is called twice and ends one at a time.
    const own = (event: Event) => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Listeners that come or go meanwhile are heard from the next event on. */
  publish(event: Event): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
