import type { ErrorCode } from '../errors/catalogue.ts';
import { type ErrorPlace, NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { GapMode } from '../export/clip.ts';
import type { InitAddress, MediaAddress, TrackSelection } from '../playback/media_address.ts';
import type { OpenFootageFacts } from '../playback/open_segment.ts';
import type { UnixMillis } from '../units/time.ts';

/** What the delivery worker needs to begin. */
export interface WorkerSettings {
  readonly databaseFile: string;
  readonly recordingsDir: string;
}

/** Segments of the stream, or streams, that the recorder is writing as the request is made. */
interface WithOpenFootage {
  readonly open: readonly OpenFootageFacts[];
}

export interface PlaylistWork extends WithOpenFootage {
  readonly kind: 'playlist';
  readonly streamId: string;
  readonly fromMs: UnixMillis;
  readonly toMs: UnixMillis | undefined;
  readonly nowMs: UnixMillis;
  readonly tracks: TrackSelection;
}

export interface ClipWork extends WithOpenFootage {
  readonly kind: 'clip';
  readonly streamId: string;
  readonly fromMs: UnixMillis;
  readonly toMs: UnixMillis;
  readonly gaps: GapMode;
}

export interface MediaWork extends WithOpenFootage {
  readonly kind: 'media';
  readonly address: MediaAddress;
  /** The segment must be of one of these. */
  readonly streamIds: readonly string[];
}

export interface InitWork extends WithOpenFootage {
  readonly kind: 'init';
  readonly address: InitAddress;
  readonly streamIds: readonly string[];
}

export type Work = PlaylistWork | ClipWork | MediaWork | InitWork;

/** From the main thread to the worker. A job ends with `close`, or by the worker's own `failed`. */
export type ToWorker = { readonly job: number } & (
  | { readonly kind: 'begin'; readonly work: Work }
  /** Send bytes [start, end) of the answer; once per job. */
  | { readonly kind: 'read'; readonly start: number; readonly end: number }
  /** So many more chunks may be sent. */
  | { readonly kind: 'credit'; readonly chunks: number }
  | { readonly kind: 'close' }
);

/** What is known of an answer before its first byte. */
export interface AnswerFacts {
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly totalBytes: number;
  readonly lastModifiedMs: number;
  /** Segments that bytes come from. */
  readonly segmentIds: readonly string[];
}

/** From the worker to the main thread. */
export type FromWorker = { readonly job: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'answer'; readonly facts: AnswerFacts }
  /** The next bytes; the buffer is transferred. */
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: SentError }
);

/** An error as it travels between threads, which loses classes. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly place: ErrorPlace;
  readonly stack: string | undefined;
}

export function sentError(thrown: unknown): SentError {
  const { code, message, place, stack } = toNightjarError(thrown);
  return { code, message, place, stack };
}

export function receivedError({ code, message, place, stack }: SentError): NightjarError {
  const error = new NightjarError(code, message, { place });
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** Bytes of one message, at most. */
export const chunkBytes = 256 * 1024;
/** Messages that may be under way to one reader. */
export const maxChunksInFlight = 4;
