/** How many durations the guess goes by. */
const remembered = 16;
/** Pictures closer to each other are the first ones of a stream with B-frames, whose decode times are made up. */
const leastMs = 5;
/** Before anything is known; a player takes too much better than too little. */
const unknownMs = 200;

/**
 * Guesses how long the newest picture lasts. Players that find the next picture later than twice the duration that
 * they were told take it for a hole, and wait for a key frame (Media Source Extensions, coded frame processing). So
 * the guess is long for a camera with an uneven rate: the second longest of late, since a single hole says nothing.
 */
export class DurationGuess {
  readonly #timescale: number;
  readonly #recent: number[] = [];

  /** @param timescale ticks per second */
  constructor(timescale: number) {
    this.#timescale = timescale;
  }

  /** Takes a duration that has become known, in ticks. */
  note(ticks: number): void {
    if (ticks * 1000 < leastMs * this.#timescale) return;
    this.#recent.push(ticks);
    if (this.#recent.length > remembered) this.#recent.shift();
  }

  /** In ticks. */
  get ticks(): number {
    const [longest, second] = this.#recent.toSorted((a, b) => b - a);
    return second ?? longest ?? (unknownMs * this.#timescale) / 1000;
  }
}
