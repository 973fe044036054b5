/**
 * What a pointer over the tracks is shown, and what is asked for it: the latest instant counts, two pictures are under way
 * at most, and what is near stands in until the right one is there. It knows no network, no decoder and no timers.
 */
import type { CachedPicture, FoundPicture, PictureCache } from './picture_cache.ts';

/** More would compete with each other, and with the player. */
const maxInFlight = 2;
/** What the pointer has passed is given up when what it points at now waited so long behind it. */
export const patienceMs = 300;

export interface WantedPicture {
  readonly cameraId: string;
  readonly streamId: string;
  readonly atMs: number;
  /** So far from the instant a known picture may stand in. */
  readonly nearMs: number;
}

/** The answer to a wish. */
export type LoadedPicture<Picture> =
  | ({ readonly kind: 'picture' } & FoundPicture<Picture>)
  /** It is one that is there already. */
  | { readonly kind: 'known'; readonly pictureMs: number }
  /** There is none of this instant. */
  | { readonly kind: 'none' }
  /** Neither browser nor server can make pictures of this stream. */
  | { readonly kind: 'never' };

export type Preview<Picture> =
  | ({ readonly kind: 'picture'; readonly loading: boolean } & FoundPicture<Picture>)
  | { readonly kind: 'loading' | 'none' | 'never' };

export interface PreviewClock {
  /** Milliseconds. */
  monotonic(): number;
  after(delayMs: number, callback: () => void): { cancel(): void };
}

interface Load {
  readonly wanted: WantedPicture;
  readonly startedMs: number;
  readonly gone: AbortController;
}

export class PreviewQueue<Picture extends CachedPicture> {
  readonly #cache: PictureCache<Picture>;
  readonly #clock: PreviewClock;
  readonly #load: (wanted: WantedPicture, signal: AbortSignal) => Promise<LoadedPicture<Picture>>;
  readonly #onPreview: (preview: Preview<Picture>) => void;
  /** Oldest first. */
  readonly #inFlight = new Set<Load>();
  readonly #never = new Set<string>();
  #wanted: WantedPicture | undefined;
  #waits = false;
  #patience: { cancel(): void } | undefined;

  /**
   * @param options.load may reject, which is as if there were no picture
   * @param options.onPreview hears of each change of what is shown
   */
  constructor(options: {
    readonly cache: PictureCache<Picture>;
    readonly clock: PreviewClock;
    readonly load: (wanted: WantedPicture, signal: AbortSignal) => Promise<LoadedPicture<Picture>>;
    readonly onPreview: (preview: Preview<Picture>) => void;
  }) {
    this.#cache = options.cache;
    this.#clock = options.clock;
    this.#load = options.load;
    this.#onPreview = options.onPreview;
  }

  /** The picture that is wanted now, instead of any before. */
  want(wanted: WantedPicture): void {
    const { streamId } = wanted;
    this.#wanted = wanted;
    this.#waits = false;
    for (const load of this.#inFlight) if (load.wanted.streamId !== streamId) this.#giveUp(load);
    if (this.#never.has(streamId)) return this.#onPreview({ kind: 'never' });
    const found = this.#cache.find(streamId, wanted.atMs);
    if (found) return this.#show(found, false);
    this.#showNearest();
    if (this.#loadOf(wanted)) return;
    this.#waits = true;
    this.#next();
  }

  /** The pointer is elsewhere. */
  rest(): void {
    this.#wanted = undefined;
    this.#waits = false;
    for (const load of this.#inFlight) this.#giveUp(load);
  }

  #next(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
    if (!this.#waits || !this.#wanted) return;
    if (this.#inFlight.size < maxInFlight) {
      this.#waits = false;
      return void this.#start(this.#wanted);
    }
    const [oldest] = this.#inFlight;
    const waitMs = oldest!.startedMs + patienceMs - this.#clock.monotonic();
    if (waitMs <= 0) {
      this.#giveUp(oldest!);
      return this.#next();
    }
    this.#patience = this.#clock.after(waitMs, () => this.#next());
  }

  async #start(wanted: WantedPicture): Promise<void> {
    const load = { wanted, startedMs: this.#clock.monotonic(), gone: new AbortController() };
    this.#inFlight.add(load);
    const loaded = await this.#load(wanted, load.gone.signal).catch(() => ({ kind: 'none' }) as const);
    if (!this.#inFlight.delete(load)) {
      if (loaded.kind === 'picture') loaded.picture.close();
      return;
    }
    this.#keep(wanted, loaded);
    this.#showLoaded(wanted, loaded);
    this.#next();
  }

  #keep({ streamId, atMs }: WantedPicture, loaded: LoadedPicture<Picture>): void {
    if (loaded.kind === 'picture') this.#cache.put(streamId, atMs, loaded);
    else if (loaded.kind === 'known') this.#cache.covers(streamId, loaded.pictureMs, atMs);
    else if (loaded.kind === 'never') this.#never.add(streamId);
  }

  #showLoaded({ streamId, atMs }: WantedPicture, { kind }: LoadedPicture<Picture>): void {
    const wanted = this.#wanted;
    if (wanted?.streamId !== streamId) return;
    if (kind === 'never') {
      this.#waits = false;
      return this.#onPreview({ kind });
    }
    const found = this.#cache.find(streamId, wanted.atMs);
    if (found) {
      this.#waits = false;
      this.#show(found, false);
    } else if (wanted.atMs === atMs) this.#onPreview({ kind: 'none' });
    else if (this.#waits || this.#loadOf(wanted)) this.#showNearest();
  }

  #showNearest(): void {
    const { streamId, atMs, nearMs } = this.#wanted!;
    const near = this.#cache.nearest(streamId, atMs, nearMs);
    if (near) this.#show(near, true);
    else this.#onPreview({ kind: 'loading' });
  }

  #show({ picture, pictureMs }: FoundPicture<Picture>, loading: boolean): void {
    this.#onPreview({ kind: 'picture', picture, pictureMs, loading });
  }

  #loadOf({ streamId, atMs }: WantedPicture): Load | undefined {
    return [...this.#inFlight].find(({ wanted }) => wanted.streamId === streamId && wanted.atMs === atMs);
  }

  #giveUp(load: Load): void {
    this.#inFlight.delete(load);
    load.gone.abort();
  }
}
