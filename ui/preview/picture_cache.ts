/** Decoded pictures of key frames by stream and instant, bounded in number and pixels; the last used are kept. */

/** What of a picture counts, such as of an ImageBitmap. */
export interface CachedPicture {
  readonly width: number;
  readonly height: number;
  /** Gives its memory back. */
  close(): void;
}

export interface FoundPicture<Picture> {
  readonly picture: Picture;
  /** When it was recorded. */
  readonly pictureMs: number;
}

interface Entry<Picture> extends FoundPicture<Picture> {
  readonly streamId: string;
  /** From `pictureMs` up to here, inclusive, it is known to be the newest key frame. */
  coversToMs: number;
}

export class PictureCache<Picture extends CachedPicture> {
  /** Last used last. */
  readonly #entries = new Map<string, Entry<Picture>>();
  readonly #most: { readonly pictures: number; readonly pixels: number };
  #pixels = 0;

  /** @param most of each; the one that was put last is kept even when it alone is more */
  constructor(most: { readonly pictures: number; readonly pixels: number }) {
    this.#most = most;
  }

  get pictures(): number {
    return this.#entries.size;
  }

  /** The picture of an instant, if it is known to be that. */
  find(streamId: string, atMs: number): FoundPicture<Picture> | undefined {
    for (const [key, entry] of this.#entries) {
      if (entry.streamId !== streamId || atMs < entry.pictureMs || atMs > entry.coversToMs) continue;
      return this.#use(key, entry);
    }
    return undefined;
  }

  /** The picture that is nearest to an instant, and not farther from it than `withinMs`. */
  nearest(streamId: string, atMs: number, withinMs: number): FoundPicture<Picture> | undefined {
    let best: [string, Entry<Picture>] | undefined;
    let bestMs = withinMs;
    for (const [key, entry] of this.#entries) {
      if (entry.streamId !== streamId) continue;
      const ms = Math.max(entry.pictureMs - atMs, atMs - entry.coversToMs, 0);
      if (ms > bestMs) continue;
      best = [key, entry];
      bestMs = ms;
    }
    return best && this.#use(...best);
  }

  /** Notes that the newest key frame at or before `atMs` is of `pictureMs`; false when that picture is not here. */
  covers(streamId: string, pictureMs: number, atMs: number): boolean {
    const entry = this.#entries.get(keyOf(streamId, pictureMs));
    if (!entry) return false;
    entry.coversToMs = Math.max(entry.coversToMs, atMs);
    return true;
  }

  /** Keeps a picture, which is closed when it is kept no more. */
  put(streamId: string, atMs: number, { pictureMs, picture }: FoundPicture<Picture>): void {
    const key = keyOf(streamId, pictureMs);
    const before = this.#entries.get(key);
    if (before) this.#drop(key, before);
    this.#entries.set(key, {
      ...{ streamId, pictureMs, picture },
      coversToMs: Math.max(atMs, before?.coversToMs ?? pictureMs),
    });
    this.#pixels += picture.width * picture.height;
    for (const [oldest, entry] of this.#entries) {
      const isTooMuch = this.#entries.size > this.#most.pictures || this.#pixels > this.#most.pixels;
      if (!isTooMuch || oldest === key) return;
      this.#drop(oldest, entry);
    }
  }

  clear(): void {
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
  }

  #use(key: string, entry: Entry<Picture>): Entry<Picture> {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #drop(key: string, { picture }: Entry<Picture>): void {
    this.#entries.delete(key);
    this.#pixels -= picture.width * picture.height;
    picture.close();
  }
}

const keyOf = (streamId: string, pictureMs: number) => `${streamId} ${pictureMs}`;
