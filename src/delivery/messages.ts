import type { ErrorCode } from '../errors/catalogue.ts';
import { type ErrorPlace, NightjarError, toNightjarError } from '../errors/nightjar_error.ts';
import type { GapMode } from '../export/clip.ts';
import type { InitAddress, ListedTracks, MediaAddress } from '../playback/media_address.ts';
import type { OpenFootageFacts } from '../playback/open_segment.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import type { UnixMillis } from '../units/time.ts';

/** What the delivery worker needs to begin. */
export interface WorkerSettings {
  readonly databaseFile: string;
  readonly roots: RootFolders;
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
  readonly tracks: ListedTracks;
}

export interface ClipWork extends WithOpenFootage {
  readonly kind: 'clip';
  readonly streamId: string;
  readonly fromMs: UnixMillis;
  readonly toMs: UnixMillis;
  readonly gaps: GapMode;
  /** Of the answer before: this one must be the same. Its ETag without the quotes. */
  readonly version?: string | undefined;
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

export interface KeyFrameWork extends WithOpenFootage {
  readonly kind: 'keyFrame';
  readonly streamId: string;
  readonly atMs: UnixMillis;
}

export type Work = PlaylistWork | ClipWork | MediaWork | InitWork | KeyFrameWork;

/** From the main thread to the worker. A job ends with `close`, or by the worker's own `failed`. */
export type ToWorker = { readonly job: number } & (
  | { readonly kind: 'begin'; readonly work: Work }
  /** Send bytes [start, end) of the answer; once per job. */
  | { readonly kind: 'read'; readonly start: number; readonly end: number }
  /** The reader is done with a chunk: another may be sent. Its memory is transferred back; the job may be over. */
  | { readonly kind: 'taken'; readonly buffer: ArrayBuffer }
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
  /** Header fields that only who made the answer can know, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A recorded file that could not be read and was left out of an answer. */
export interface UnreadableFile {
  readonly segmentId: string;
  readonly isClosed: boolean;
  readonly rootId: string;
  /** Relative to its storage root. */
  readonly path: string;
  readonly reason: string;
}

/** From the worker to the main thread. */
export type FromWorker = { readonly job: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'answer'; readonly facts: AnswerFacts }
  /** May come at any time before the answer. */
  | { readonly kind: 'unreadable'; readonly file: UnreadableFile }
  /** The next bytes; the buffer, which may be longer, is transferred and wants to be given back. */
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array<ArrayBuffer> }
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
export const chunkBytes = 128 * 1024;
/** The same for few readers at once: each message costs as much as a good part of what is in it. */
export const largeChunkBytes = 512 * 1024;
/** So many readers may have large chunks. */
export const maxLargeReaders = 8;
/** Messages that may be under way to one reader: all that is kept in memory for one that does not read. */
export const maxChunksInFlight = 2;
