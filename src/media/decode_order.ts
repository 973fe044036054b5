import { type TrackTicks, trackTicks } from '../units/time.ts';

/** Depth that H.264 and H.265 allow at most (max_num_reorder_frames, max_num_reorder_pics). */
const maxReorderDepth = 16;
/** A picture that precedes so many more earlier ones than any before it is a step of the clock, not a B-frame. */
const maxDepthGrowth = 4;

export interface DecodeTime {
  readonly decodeTicks: TrackTicks;
  /** Presentation time less decode time; negative only after a clamp. */
  readonly compositionOffset: number;
}

/**
 * Finds decode times from presentation times that come in decode order.
 *
 * With a reorder depth of n, at most n pictures precede a picture in decoding and follow it in output. So when
 * n + 1 presentation times are at hand, none that is still to come is less than the least of them: that one is the
 * decode time. The first n pictures are decoded just before. When the depth is not stated it starts at 0; when
 * the pictures need more than is stated it grows to the need. Decode times always increase, by at least one tick: where the pictures do not allow it (a wrong
 * depth, a clock that steps back), they are clamped and counted.
 */
export class DecodeOrder {
  readonly #waiting = new MinHeap();
  /** Presentation times of the newest pictures, to find the depth that is needed. */
  readonly #recent: number[] = [];
  #grownDepth = 0;
  #lastDecode: number | undefined;
  #clamped = 0;

  /** Pictures whose decode time had to be moved, so that it comes after the one before or after its own showing. */
  get clamped(): number {
    return this.#clamped;
  }

  /** @param reorderDepth as the parameter sets state it, 0 to 16; undefined when they do not */
  push(ptsTicks: TrackTicks, reorderDepth: number | undefined): DecodeTime {
    const depth = this.#depth(ptsTicks, Math.min(reorderDepth ?? 0, maxReorderDepth));
    const first = this.#lastDecode === undefined;
    const least = (this.#lastDecode ?? Number.NEGATIVE_INFINITY) + 1;
    this.#waiting.add(ptsTicks);
    let wanted = first ? ptsTicks - depth : least;
    while (this.#waiting.size > depth) wanted = this.#waiting.removeLeast();
    const decode = Math.max(wanted, least);
    if (decode > wanted || decode > ptsTicks) this.#clamped++;
    this.#lastDecode = decode;
    return { decodeTicks: trackTicks(decode), compositionOffset: ptsTicks - decode };
  }

  #depth(pts: number, stated: number): number {
    let later = 0;
    for (const before of this.#recent) if (before > pts) later++;
    if (later > Math.max(stated, this.#grownDepth) + maxDepthGrowth) this.#recent.length = 0;
    else this.#grownDepth = Math.max(this.#grownDepth, later);
    this.#recent.push(pts);
    if (this.#recent.length > maxReorderDepth) this.#recent.shift();
    return Math.max(stated, this.#grownDepth);
  }
}

/** Numbers, the least one first; at most one more than the greatest depth. */
class MinHeap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(value: number): void {
    const items = this.#items;
    let at = items.length;
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = items[(at - 1) >> 1]!;
      if (parent <= value) break;
      items[at] = parent;
    }
    items[at] = value;
  }

  removeLeast(): number {
    const items = this.#items;
    const least = items[0]!;
    const moved = items.pop()!;
    if (items.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= moved) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = moved;
    return least;
  }
}
