/** A minute at fifty fragments a second: more than a player ever holds. */
const maxPoints = 3_000;

interface Point {
  /** On the time line of the player. */
  readonly seconds: number;
  readonly wallMs: number;
}

/** Tells when the picture at a place of the player's time line arrived at the server. */
export class PictureClock {
  #points: Point[] = [];

  /** Fragments come in the order of their time; one before the last begins the time line anew. */
  note(seconds: number, wallMs: number): void {
    const last = this.#points.at(-1);
    if (last && seconds < last.seconds) this.#points = [];
    this.#points.push({ seconds, wallMs });
    if (this.#points.length > maxPoints) this.#points.splice(0, maxPoints / 2);
  }

  /** Epoch milliseconds; undefined before the first picture. */
  wallMsAt(seconds: number): number | undefined {
    const point = this.#points.findLast((each) => each.seconds <= seconds) ?? this.#points[0];
    return point && point.wallMs + (seconds - point.seconds) * 1000;
  }
}
