import { type UnixMillis, unixMillis } from '../units/time.ts';

/** An instant known in both times: a fragment's first picture. */
export interface WallPoint {
  readonly ms: number;
  /** Presentation time on the run's time line, in ticks of the video track. */
  readonly ticks: number;
}

/**
 * Wall time of a stretch of uninterrupted media, by the points where both times are known.
 *
 * Between two points it is linear; before the first and after the last, media time runs at its nominal rate. Points
 * that would turn either time back (the provisional start of a run may) are left out, so both directions are
 * strictly increasing and each the other's inverse.
 */
export class WallTimeMap {
  readonly #points: readonly WallPoint[];
  readonly #ticksPerMs: number;

  /**
   * @param points at least one, in media order
   * @param timescale of the ticks, in Hz
   */
  constructor(points: readonly WallPoint[], timescale: number) {
    const rising: WallPoint[] = [];
    for (const point of points) {
      const before = rising.at(-1);
      if (!before || (point.ms > before.ms && point.ticks > before.ticks)) rising.push(point);
    }
    if (rising.length === 0) throw new Error('wall time needs at least one known point');
    this.#points = rising;
    this.#ticksPerMs = timescale / 1000;
  }

  /** Media time of an instant, with its fraction of a tick. */
  ticksAt(ms: number): number {
    const { point, next } = this.#around((candidate) => candidate.ms <= ms);
    const rate = next ? (next.ticks - point.ticks) / (next.ms - point.ms) : this.#ticksPerMs;
    return point.ticks + (ms - point.ms) * rate;
  }

  /** The instant of a media time, with its fraction of a millisecond. */
  msAt(ticks: number): UnixMillis {
    const { point, next } = this.#around((candidate) => candidate.ticks <= ticks);
    const rate = next ? (next.ms - point.ms) / (next.ticks - point.ticks) : 1 / this.#ticksPerMs;
    return unixMillis(point.ms + (ticks - point.ticks) * rate);
  }

  /** The last point that satisfies `isBefore` and its successor; the first point alone, extended backwards, if none does. */
  #around(isBefore: (point: WallPoint) => boolean): { point: WallPoint; next: WallPoint | undefined } {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(points[middle]!)) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return { point: points[0]!, next: undefined };
    return { point: points[low - 1]!, next: points[low] };
  }
}
