import type { Clock } from '../clock/clock.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import { checkClipWindow, type GapMode } from '../export/clip.ts';
import type { Logger } from '../logging/logger.ts';
import { type ListedTracks, type MediaAddress, parseAddress } from '../playback/media_address.ts';
import type { OpenFootageFacts } from '../playback/open_segment.ts';
import { checkPlaylistWindow, isGrowing } from '../playback/playlist.ts';
import { type UnixMillis, unixMillis } from '../units/time.ts';
import type { MediaBody } from './answer_body.ts';
import { answerRange, type RangeRequest } from './byte_range.ts';
import { DeliveryAnswer } from './delivery_answer.ts';
import type { LeaseTable } from './lease_table.ts';
import {
  type ClipWork,
  type FromWorker,
  receivedError,
  type UnreadableFile,
  type Work,
  type WorkerSettings,
} from './messages.ts';
import { Turns } from './turns.ts';
import { WorkerHandle } from './worker_handle.ts';

/** Clips laid out at once: one thread does it, and one of a day takes a hundred megabytes meanwhile. */
const maxPreparing = 2;
/** So many more may wait for that: a page full of players. */
const maxWaiting = 30;
/** Files that were said to be unreadable are not said again; more than a disk loses at once. */
const maxReported = 10_000;

/** Segments that are remembered as deleted: more than any player holds a playlist of. */
const maxDeleted = 10_000;

export interface DeliveryOptions extends WorkerSettings {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
  /** Segments of a stream that are being written, with at least one fragment each. */
  readonly openFootage: (streamId: string) => readonly OpenFootageFacts[];
  /** Where it is noted which segments are being read. */
  readonly leases: LeaseTable;
  /** Hears of each finished file that could not be read, each time. */
  readonly onUnreadable?: (file: UnreadableFile) => void;
}

/** An answer over HTTP but for the connection: the route sends `status`, `headers` and, unless it is HEAD, the body. */
export interface HttpAnswer {
  readonly status: 200 | 206 | 304 | 416;
  /** Names in lower case; with Content-Type, Content-Length, ETag, Last-Modified, Cache-Control and so on. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined when there is none, as for HEAD. Destroying it gives everything back. */
  readonly body: MediaBody | undefined;
}

/** Header fields of the request, and whether it is HEAD. */
export interface HttpRequestFacts extends RangeRequest {
  readonly head?: boolean;
  /** Aborted when the client goes away before the answer begins. */
  readonly signal?: AbortSignal;
}

const immutable = 'private, max-age=31536000, immutable';
const revalidate = 'private, no-cache';

/**
 * Playlists, media and clips for the HTTP routes. Windows are of one stream; the route has resolved camera and role.
 * The worker thread behind it starts with the first request.
 */
export class DeliveryService {
  readonly #clock: Clock;
  readonly #openFootage: DeliveryOptions['openFootage'];
  readonly #worker: WorkerHandle;
  readonly #leases: LeaseTable;
  readonly #logger: DeliveryOptions['logger'];
  readonly #preparing = new Turns({ most: maxPreparing, mostWaiting: maxWaiting, what: 'clips' });
  readonly #onUnreadableFile: DeliveryOptions['onUnreadable'];
  readonly #reported = new Set<string>();
  /** Oldest first. */
  readonly #deleted = new Set<string>();

  constructor({ clock, logger, openFootage, leases, onUnreadable, databaseFile, roots }: DeliveryOptions) {
    this.#onUnreadableFile = onUnreadable;
    this.#clock = clock;
    this.#logger = logger;
    this.#openFootage = openFootage;
    this.#worker = new WorkerHandle({ databaseFile, roots }, clock);
    this.#leases = leases;
  }

  /** Whoever asks for these segments later hears that they were deleted, not that they never were. */
  footageDeleted(segments: readonly { readonly id: string }[]): void {
    for (const { id } of segments) this.#deleted.add(id);
    for (const id of this.#deleted) {
      if (this.#deleted.size <= maxDeleted) return;
      this.#deleted.delete(id);
    }
  }

  /**
   * `playlist.m3u8`, as text; files that are missing or cut off are left out. Media type `application/vnd.apple.mpegurl`. Its addresses are relative:
   * `segments/<segment id>/<file name>`, which {@link segmentFile} answers.
   *
   * @throws NightjarError `request_invalid`, `window_too_long`, `no_footage`
   */
  async playlist(request: {
    readonly streamId: string;
    readonly fromMs: UnixMillis;
    readonly toMs: UnixMillis | undefined;
    readonly tracks: ListedTracks;
    readonly signal?: AbortSignal;
  }): Promise<{ text: string; headers: Readonly<Record<string, string>> }> {
    const { streamId, fromMs, toMs, tracks, signal } = request;
    const window = { fromMs, toMs, nowMs: unixMillis(Math.round(this.#clock.now())) };
    checkPlaylistWindow(window);
    const open = this.#openFootage(streamId);
    const text = await this.#text({ kind: 'playlist', streamId, ...window, tracks, open }, signal);
    const cache = isGrowing(window) ? 'no-store' : revalidate;
    return { text, headers: { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': cache } };
  }

  /**
   * A file that a playlist refers to, by the last two parts of its address.
   *
   * @param request.streamIds of the camera in the address: the segment must belong to one of them
   * @throws NightjarError `not_found` for a name that no playlist has, `footage_deleted`, `no_footage` when the file is
   *   missing or damaged
   */
  async segmentFile(
    request: { readonly streamIds: readonly string[]; readonly segmentId: string; readonly fileName: string },
    http: HttpRequestFacts = {},
  ): Promise<HttpAnswer> {
    const { streamIds, segmentId, fileName } = request;
    const address = parseAddress(segmentId, fileName);
    if (!address) throw new NightjarError('not_found', 'No playlist refers to a file of this name.');
    const open = streamIds
      .flatMap((id) => this.#openFootage(id))
      .filter(({ segment }) => segment.id === segmentId);
    const isMedia = 'offset' in address;
    const work: Work = isMedia
      ? { kind: 'media', address: address as MediaAddress, streamIds, open }
      : { kind: 'init', address, streamIds, open };
    const type = isMedia ? 'video/iso.segment' : 'video/mp4';
    try {
      return await this.#respond(work, http, { 'content-type': type, 'cache-control': immutable });
    } catch (error) {
      const isMissing = error instanceof NightjarError && error.code === 'not_found';
      if (!isMissing || !this.#deleted.has(segmentId)) throw error;
      throw new NightjarError('footage_deleted', 'This footage was deleted.');
    }
  }

  /**
   * `clip.mp4`: [fromMs, toMs) of a stream as a flat MP4 file. Files that are missing or damaged are left out like a gap;
   * the header `nightjar-left-out-ms` says how much that is.
   *
   * @param request.version the ETag, without its quotes, of an answer before: this one will be of the same bytes, or fail
   * @throws NightjarError `request_invalid`, `window_too_long`, `no_footage`, `too_busy`, `clip_changed`
   */
  async clip(
    request: {
      readonly streamId: string;
      readonly fromMs: UnixMillis;
      readonly toMs: UnixMillis;
      readonly gaps: GapMode;
      readonly version?: string | undefined;
    },
    http: HttpRequestFacts = {},
  ): Promise<HttpAnswer> {
    checkClipWindow(request);
    const { streamId, fromMs, toMs, gaps, version } = request;
    const open = this.#openFootage(streamId);
    const work: ClipWork = { kind: 'clip', streamId, fromMs, toMs, gaps, version, open };
    return this.#respond(work, http, { 'content-type': 'video/mp4', 'cache-control': revalidate });
  }

  /**
   * The newest key frame at or before an instant, as a fragmented MP4 file of one sample, with the instant in the
   * header `nightjar-instant-ms`.
   *
   * @throws NightjarError `no_footage` when the instant lies in a gap
   */
  async keyFrame(
    request: { readonly streamId: string; readonly atMs: UnixMillis },
    http: HttpRequestFacts = {},
  ): Promise<HttpAnswer> {
    const { streamId, atMs } = request;
    const work: Work = { kind: 'keyFrame', streamId, atMs, open: this.#openFootage(streamId) };
    return this.#respond(work, http, { 'cache-control': immutable });
  }

  /**
   * Like {@link clip}, for those who do not speak HTTP, such as an export to a file: the facts, then the bytes of
   * any one range. It must be closed when it is not read to its end.
   */
  async openClip(request: {
    readonly streamId: string;
    readonly fromMs: UnixMillis;
    readonly toMs: UnixMillis;
    readonly gaps: GapMode;
    readonly signal?: AbortSignal;
  }): Promise<DeliveryAnswer> {
    checkClipWindow(request);
    const { streamId, fromMs, toMs, gaps, signal } = request;
    const open = this.#openFootage(streamId);
    return this.#answer({ kind: 'clip', streamId, fromMs, toMs, gaps, open }, signal);
  }

  /** Ends the worker; answers under way fail with `stopping`. */
  stop(): Promise<void> {
    return this.#worker.stop();
  }

  async #respond(
    work: Work,
    http: HttpRequestFacts,
    fixed: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer> {
    const answer = await this.#answer(work, http.signal);
    const { status, start, end, headers } = answerRange(http, answer.facts);
    const hasBody = !http.head && (status === 200 || status === 206);
    if (!hasBody) answer.close();
    const body = hasBody ? answer.read(start, end) : undefined;
    return { status, headers: { ...fixed, ...headers, ...answer.facts.headers }, body };
  }

  #text(work: Work, signal: AbortSignal | undefined): Promise<string> {
    return this.#begin(work, signal, (message) =>
      message.kind === 'text' ? { value: message.text } : undefined,
    );
  }

  async #answer(work: Work, signal: AbortSignal | undefined): Promise<DeliveryAnswer> {
    if (work.kind !== 'clip') return this.#beginAnswer(work, signal);
    await this.#preparing.enter(signal);
    try {
      return await this.#beginAnswer(work, signal);
    } finally {
      this.#preparing.leave();
    }
  }

  #beginAnswer(work: Work, signal: AbortSignal | undefined): Promise<DeliveryAnswer> {
    return this.#begin(work, signal, (message, job) => {
      if (message.kind !== 'answer') return undefined;
      const { facts } = message;
      const lease = this.#leases.lease(facts.segmentIds);
      const answer = new DeliveryAnswer({ worker: this.#worker, job, facts, lease, clock: this.#clock });
      return { value: answer, listener: answer };
    });
  }

  #onUnreadable(file: UnreadableFile): void {
    const { path, reason, isClosed } = file;
    if (isClosed) this.#onUnreadableFile?.(file);
    if (this.#reported.has(path) || this.#reported.size >= maxReported) return;
    this.#reported.add(path);
    this.#logger.warn(
      { file: path, reason },
      'A recorded file cannot be read and is left out of what is played: see whether its disk is mounted and healthy, or restore the file from a backup.',
    );
  }

  /** Sends work to the worker and waits for its first word. */
  #begin<Value>(
    work: Work,
    signal: AbortSignal | undefined,
    accept: (message: FromWorker, job: number) => { value: Value; listener?: DeliveryAnswer } | undefined,
  ): Promise<Value> {
    return new Promise((resolve, reject) => {
      let listener: DeliveryAnswer | undefined;
      const settle = (end: () => void) => {
        signal?.removeEventListener('abort', onAbort);
        if (!listener) this.#worker.end(job);
        end();
      };
      const onAbort = () => {
        this.#worker.send({ kind: 'close', job });
        settle(() => reject(signal?.reason));
      };
      if (signal?.aborted) return reject(signal.reason);
      const job = this.#worker.begin({
        onMessage: (message) => {
          if (listener) return listener.onMessage(message);
          if (message.kind === 'unreadable') return this.#onUnreadable(message.file);
          if (message.kind === 'failed') return settle(() => reject(receivedError(message.error)));
          const accepted = accept(message, job);
          if (!accepted) return;
          listener = accepted.listener;
          settle(() => resolve(accepted.value));
        },
        onLost: (error) => (listener ? listener.onLost(error) : settle(() => reject(error))),
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#worker.send({ kind: 'begin', job, work });
    });
  }
}
