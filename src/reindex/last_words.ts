import { type Interval, subtract } from '../footage/interval.ts';
import type { SettledGap } from './gap_history.ts';

/** What the journals say last of the instants of a stream whose files were deleted, lost or found damaged. */
export class LastWords {
  /** Disjoint and in the order of time. */
  readonly #words: SettledGap[] = [];

  /** @param words in the order in which they were written: a later one holds where it meets earlier ones */
  constructor(words: Iterable<SettledGap>) {
    for (const word of words) this.#say(word);
  }

  /** What is said of a range, in the order of time; instants of which nothing is said are left out. */
  within({ startMs, endMs }: Interval): SettledGap[] {
    const found: SettledGap[] = [];
    for (let at = this.#firstAfter(startMs); ; at++) {
      const word = this.#words[at];
      if (!word || word.startMs >= endMs) return found;
      found.push({ ...word, startMs: Math.max(word.startMs, startMs), endMs: Math.min(word.endMs, endMs) });
    }
  }

  #say(word: SettledGap): void {
    const first = this.#firstAfter(word.startMs);
    let end = first;
    while (end < this.#words.length && this.#words[end]!.startMs < word.endMs) end += 1;
    const pieces = this.#words
      .slice(first, end)
      .flatMap((old) => subtract(old, [word]).map((piece) => ({ ...old, ...piece })));
    this.#words.splice(first, end - first, ...[...pieces, word].sort((a, b) => a.startMs - b.startMs));
  }

  /** The place of the first word that ends after an instant. */
  #firstAfter(atMs: number): number {
    let [low, high] = [0, this.#words.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#words[middle]!.endMs > atMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
