/** Packet loss is judged over so long. */
const windowMs = 60_000;
/** With fewer packets than this in the window one lost packet says nothing. */
const leastPackets = 500;

interface Point {
  readonly atMs: number;
  readonly packets: number;
  readonly lost: number;
}

/** Which share of a stream's packets was lost in the last minute. Pure; counts that begin anew begin another window. */
export class LossWindow {
  #points: Point[] = [];

  /**
   * @param atMs monotonic; called every few seconds
   * @param packets received so far
   * @param lost that never came, so far
   */
  note(atMs: number, packets: number, lost: number): void {
    const last = this.#points.at(-1);
    if (last && (packets < last.packets || lost < last.lost)) this.#points = [];
    this.#points.push({ atMs, packets, lost });
    while (this.#points.length > 2 && atMs - this.#points[1]!.atMs >= windowMs) this.#points.shift();
  }

  /** From 0 to 1; undefined while too little came to say. */
  get share(): number | undefined {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (!first || !last) return undefined;
    const lost = last.lost - first.lost;
    const sent = last.packets - first.packets + lost;
    return sent < leastPackets ? undefined : lost / sent;
  }
}
