import { NightjarError } from '../errors/nightjar_error.ts';
import { walkBoxes } from '../mp4/box_walker.ts';
import type { ConvertedAddress } from '../playback/media_address.ts';
import type { HttpAnswer, HttpRequestFacts } from './delivery_service.ts';
import { Turns } from './turns.ts';

/** A page that plays has asked for one, and looks ahead for another. */
const maxWaiting = 8;
/** Of the pictures between two key frames: half a minute of 16 Mbit/s. */
const maxMovieBytes = 64 * 1024 * 1024;
/** Of what was made last, for steps back and for the header of each, which is asked for by itself. */
const maxKeptBytes = 48 * 1024 * 1024;

export interface ConversionOptions {
  /** At once; 0: none at all. */
  readonly most: number;
  /** A file that a playlist refers to, by its segment and name. */
  readonly segmentFile: (
    request: { readonly streamIds: readonly string[]; readonly segmentId: string; readonly fileName: string },
    http: HttpRequestFacts,
  ) => Promise<HttpAnswer>;
  /** Makes H.264 of the pictures in a fragmented MP4 file. */
  readonly convert: (movie: Uint8Array, signal: AbortSignal) => Promise<Buffer>;
}

/** A file that was converted, in two parts. */
interface Converted {
  readonly init: Buffer;
  readonly media: Buffer;
}

/** One that is being made, for as long as anybody waits for it. */
interface Making {
  readonly made: Promise<Converted>;
  readonly stop: AbortController;
  waiting: number;
}

/** Footage as H.264 for browsers that cannot play what was recorded: made when it is asked for, and kept for a while. */
export class Conversions {
  readonly #options: ConversionOptions;
  readonly #turns: Turns;
  readonly #making = new Map<string, Making>();
  /** Oldest first. */
  readonly #kept = new Map<string, Converted>();

  constructor(options: ConversionOptions) {
    this.#options = options;
    this.#turns = new Turns({ most: options.most, mostWaiting: maxWaiting, what: 'conversions' });
  }

  /**
   * A file of a playlist of H.264: the pictures from a key frame to the next, or the header of these.
   *
   * @throws NightjarError `conversion_off`, `conversion_failed`, `ffmpeg_missing`, `too_busy`, and what a playlist's files
   *   throw
   */
  async file(
    streamIds: readonly string[],
    address: ConvertedAddress,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    if (this.#options.most === 0) {
      throw new NightjarError('conversion_off', 'The setting `conversions` of the server is 0.');
    }
    const key = `${streamIds.join()} ${address.segmentId} ${address.recorded}`;
    const converted = this.#kept.get(key) ?? (await this.#wait(key, streamIds, address, signal));
    this.#keep(key, converted);
    return converted[address.part];
  }

  /** Several may wait for the same; when the last has gone, nothing is made. */
  async #wait(
    key: string,
    streamIds: readonly string[],
    address: ConvertedAddress,
    signal: AbortSignal | undefined,
  ): Promise<Converted> {
    signal?.throwIfAborted();
    const making = this.#making.get(key) ?? this.#begin(key, streamIds, address);
    making.waiting++;
    const gone = Promise.withResolvers<never>();
    const onAbort = () => gone.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([making.made, gone.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      if (--making.waiting === 0) {
        // Whoever asks from now on has it made anew.
        this.#forget(key, making);
        making.stop.abort(new NightjarError('stopping', 'The client went away.'));
      }
    }
  }

  #forget(key: string, making: Making): void {
    if (this.#making.get(key) === making) this.#making.delete(key);
  }

  #begin(key: string, streamIds: readonly string[], address: ConvertedAddress): Making {
    const stop = new AbortController();
    const making = { made: this.#make(streamIds, address, stop.signal), stop, waiting: 0 };
    this.#making.set(key, making);
    const onEnd = () => this.#forget(key, making);
    // Of a failure hears who waits for it; perhaps nobody does any more.
    making.made.then(onEnd, onEnd);
    return making;
  }

  async #make(
    streamIds: readonly string[],
    { segmentId, recorded, recordedInit }: ConvertedAddress,
    signal: AbortSignal,
  ): Promise<Converted> {
    await this.#turns.enter(signal);
    try {
      const parts: Buffer[] = [];
      for (const fileName of [recordedInit, recorded]) {
        const { headers, body } = await this.#options.segmentFile(
          { streamIds, segmentId, fileName },
          { signal },
        );
        if (Number(headers['content-length']) > maxMovieBytes) {
          body?.destroy();
          throw new NightjarError('conversion_failed', 'There is too much between two key frames.');
        }
        // A chunk is lent.
        for await (const bytes of body!) parts.push(Buffer.from(bytes));
      }
      return split(await this.#options.convert(Buffer.concat(parts), signal));
    } finally {
      this.#turns.leave();
    }
  }

  #keep(key: string, converted: Converted): void {
    this.#kept.delete(key);
    this.#kept.set(key, converted);
    let bytes = 0;
    for (const { init, media } of this.#kept.values()) bytes += init.length + media.length;
    for (const [oldest, { init, media }] of this.#kept) {
      if (bytes <= maxKeptBytes || this.#kept.size === 1) return;
      this.#kept.delete(oldest);
      bytes -= init.length + media.length;
    }
  }
}

/** The header and the fragments of a fragmented file (ISO/IEC 14496-12 section 8.8), without the index at its end. */
function split(file: Buffer): Converted {
  const boxes = [...walkBoxes(file)];
  const first = boxes.find(({ type }) => type === 'moof');
  const last = boxes.findLast(({ type }) => type === 'mdat');
  if (!first || !last) throw new NightjarError('conversion_failed', 'ffmpeg made no pictures.');
  return { init: file.subarray(0, first.start), media: file.subarray(first.start, last.end) };
}
