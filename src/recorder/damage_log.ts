import type { FragmentDamage, LossCounts } from '../footage/damaged_range.ts';

type Media = FragmentDamage['media'];

interface Noted extends LossCounts {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A unit that was taken, on the run's media time line. */
interface TakenUnit {
  /** Where the unit before it ends: what was lost between them began there at the earliest. */
  readonly endOfLastMs: number;
  readonly startMs: number;
}

/** The farthest that a fragment can say, in milliseconds. */
const farthestMs = 2 ** 31 - 1;

/**
 * Keeps what was lost on its way to the fragment that is being filled, in milliseconds of the run's media time. Pictures are
 * damaged up to the next key frame, also in the fragments until then; sound is where it was lost.
 */
export class DamageLog {
  readonly #untaken = new Map<Media, LossCounts>();
  readonly #noted = new Map<Media, Noted>();
  /** Pictures are damaged from here on, until a key frame. */
  #picturesFromMs: number | undefined;

  /** Something is missing before the next unit of the media. */
  lost(media: Media, packetsLost: number): void {
    this.#untaken.set(media, sum(this.#untaken.get(media), { packetsLost, unitsDropped: 1 }));
  }

  /** The next picture is taken. */
  picture({ endOfLastMs, startMs, keyFrame }: TakenUnit & { readonly keyFrame: boolean }): void {
    const lost = this.takeLost('video');
    if (lost) {
      this.#picturesFromMs ??= Math.min(endOfLastMs, startMs);
      this.#note('video', { fromMs: this.#picturesFromMs, toMs: this.#picturesFromMs, ...lost });
    }
    if (!keyFrame || this.#picturesFromMs === undefined) return;
    this.#note('video', { ...nothingLost, fromMs: this.#picturesFromMs, toMs: startMs });
    this.#picturesFromMs = undefined;
  }

  /** A sound is placed before which something is missing. */
  sound({ endOfLastMs, startMs }: TakenUnit, lost: LossCounts): void {
    this.#note('audio', { fromMs: Math.min(endOfLastMs, startMs), toMs: startMs, ...lost });
  }

  /** What is missing before the unit of the media that has come now. */
  takeLost(media: Media): LossCounts | undefined {
    const lost = this.#untaken.get(media);
    this.#untaken.delete(media);
    return lost;
  }

  /**
   * Ends the fragment.
   *
   * @param place.firstMs presentation of its first picture
   * @param place.endMs where its pictures end
   * @param place.nextMs presentation of the first picture of the next one; later than `endMs` when there is a hole
   */
  endFragment({
    firstMs,
    endMs,
    nextMs,
  }: {
    firstMs: number;
    endMs: number;
    nextMs: number;
  }): FragmentDamage[] {
    const fromMs = this.#picturesFromMs;
    if (fromMs !== undefined) {
      this.#note('video', { ...nothingLost, fromMs, toMs: endMs });
      this.#picturesFromMs = Math.max(fromMs, nextMs);
    }
    const noted = [...this.#noted];
    this.#noted.clear();
    return noted.map(([media, { fromMs: from, toMs: to, ...lost }]) => ({
      media,
      fromMs: bounded(Math.floor(from - firstMs)),
      toMs: bounded(Math.ceil((media === 'video' ? Math.max(from, Math.min(to, endMs)) : to) - firstMs)),
      ...lost,
    }));
  }

  #note(media: Media, noted: Noted): void {
    const before = this.#noted.get(media) ?? noted;
    this.#noted.set(media, {
      ...sum(this.#noted.get(media), noted),
      fromMs: Math.min(before.fromMs, noted.fromMs),
      toMs: Math.max(before.toMs, noted.toMs),
    });
  }
}

const nothingLost: LossCounts = { packetsLost: 0, unitsDropped: 0 };

const sum = (a: LossCounts = nothingLost, b: LossCounts): LossCounts => ({
  packetsLost: a.packetsLost + b.packetsLost,
  unitsDropped: a.unitsDropped + b.unitsDropped,
});

const bounded = (ms: number): number => Math.max(-farthestMs, Math.min(farthestMs, ms));
