import { NightjarError } from '../errors/nightjar_error.ts';
import type { UnixMillis } from '../units/time.ts';
import { matchesEtag } from './byte_range.ts';
import type { HttpAnswer, HttpRequestFacts } from './delivery_service.ts';
import { dropOldest } from './drop_oldest.ts';
import { Turns } from './turns.ts';

/** Each takes a core for a moment, which the recorders may want too. */
const maxMaking = 2;
/** A page asks for two at most. */
const maxWaiting = 8;
/** Those made last, of 10 to 20 kB each. */
const maxKept = 128;
/** No key frame of a camera has more. */
const maxMovieBytes = 16 * 1024 * 1024;

export interface JpegAnswer {
  readonly status: 200 | 304;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer | undefined;
}

/** Small pictures of key frames, for browsers that cannot decode these themselves. */
export class JpegPictures {
  readonly #keyFrame: (request: PictureRequest, http: HttpRequestFacts) => Promise<HttpAnswer>;
  readonly #makeJpeg: (movie: Uint8Array, signal: AbortSignal | undefined) => Promise<Buffer>;
  readonly #turns = new Turns({ most: maxMaking, mostWaiting: maxWaiting, what: 'pictures' });
  /** By ETag, oldest first. */
  readonly #kept = new Map<string, Buffer>();

  /**
   * @param options.keyFrame as MP4, from the index and the recorded files
   * @param options.makeJpeg of the first picture in an MP4 file
   */
  constructor(options: {
    keyFrame: (request: PictureRequest, http: HttpRequestFacts) => Promise<HttpAnswer>;
    makeJpeg: (movie: Uint8Array, signal: AbortSignal | undefined) => Promise<Buffer>;
  }) {
    this.#keyFrame = options.keyFrame;
    this.#makeJpeg = options.makeJpeg;
  }

  /**
   * The newest key frame at or before an instant, with its own instant in the header `nightjar-instant-ms`.
   *
   * @throws NightjarError `no_footage`, `too_busy`, `ffmpeg_missing`, `picture_failed`
   */
  async picture(request: PictureRequest, http: HttpRequestFacts = {}): Promise<JpegAnswer> {
    const { ifNoneMatch, signal } = http;
    const movie = await this.#keyFrame(request, { ...(signal && { signal }) });
    try {
      const etag = movie.headers.etag!.replace(/"$/, '-jpeg"');
      const headers = {
        ...{ etag, 'content-type': 'image/jpeg' },
        'nightjar-instant-ms': movie.headers['nightjar-instant-ms']!,
        'cache-control': movie.headers['cache-control']!,
      };
      if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, etag)) {
        return { status: 304, headers, bytes: undefined };
      }
      const bytes = this.#kept.get(etag) ?? (await this.#make(movie, signal));
      // Behind all others again.
      this.#kept.delete(etag);
      this.#kept.set(etag, bytes);
      dropOldest(this.#kept, maxKept);
      return { status: 200, headers, bytes };
    } finally {
      movie.body?.destroy();
    }
  }

  async #make({ headers, body }: HttpAnswer, signal: AbortSignal | undefined): Promise<Buffer> {
    if (!body || Number(headers['content-length']) > maxMovieBytes) {
      throw new NightjarError('picture_failed', 'The key frame is larger than a picture can be.');
    }
    await this.#turns.enter(signal);
    try {
      const parts: Buffer[] = [];
      // A chunk is lent.
      for await (const bytes of body) parts.push(Buffer.from(bytes));
      return await this.#makeJpeg(Buffer.concat(parts), signal);
    } finally {
      this.#turns.leave();
    }
  }
}

interface PictureRequest {
  readonly streamId: string;
  readonly atMs: UnixMillis;
}
