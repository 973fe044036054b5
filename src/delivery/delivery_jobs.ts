import { createHash } from 'node:crypto';
import { NightjarError } from '../errors/nightjar_error.ts';
import { findKeyFrame, readKeyFrame } from '../export/key_frame.ts';
import { type IndexReader, openIndexReadOnly } from '../index/open_index.ts';
import { mediaInit, mediaSegment } from '../playback/media.ts';
import type { OpenFootageFacts } from '../playback/open_segment.ts';
import { PieceList } from '../playback/piece_list.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import { planPlaylist } from '../playback/playlist.ts';
import { ChunkPool } from './chunk_pool.ts';
import { ClipMaker, keyFrameMarginMs } from './clip_maker.ts';
import { KeyFrameMedia } from './key_frame_media.ts';
import {
  type AnswerFacts,
  type ClipWork,
  chunkBytes,
  type FromWorker,
  type InitWork,
  type KeyFrameWork,
  largeChunkBytes,
  type MediaWork,
  maxChunksInFlight,
  maxLargeReaders,
  type PlaylistWork,
  sentError,
  type ToWorker,
  type Work,
  type WorkerSettings,
} from './messages.ts';
import { checkRecordedFile, RecordedFiles, withRecordedFile } from './recorded_files.ts';
import { isUnreadable } from './segment_loader.ts';
import { playableSegment, playableSegments } from './stored_footage.ts';

/** Wall time of an instant may bend at footage so near. */
const neighbourMs = 3_000;
/** Files that are looked at together for a playlist. */
const filesLookedAtOnce = 16;

interface Job {
  readonly files: RecordedFiles;
  pieces: PieceList | undefined;
  etag: string | undefined;
  credit: number;
  closed: boolean;
  /** Wakes the sender when credit comes or the job is closed. */
  wake: (() => void) | undefined;
}

/** What the delivery worker does with the messages it gets. */
export class DeliveryJobs {
  readonly #settings: WorkerSettings;
  readonly #send: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  readonly #jobs = new Map<number, Job>();
  readonly #clips = new ClipMaker();
  readonly #keyFrameMedia = new KeyFrameMedia();
  readonly #pool = new ChunkPool(chunkBytes);
  readonly #largePool = new ChunkPool(largeChunkBytes);
  /** Readers that have large chunks. */
  #largeReaders = 0;
  #index: IndexReader | undefined;

  constructor(settings: WorkerSettings, send: (message: FromWorker, transfer?: ArrayBuffer[]) => void) {
    this.#settings = settings;
    this.#send = send;
  }

  /** Never rejects: what goes wrong is told to whoever asked. */
  async handle(message: ToWorker): Promise<void> {
    const job = this.#jobs.get(message.job);
    if (message.kind === 'taken') return this.#onTaken(message.buffer, job);
    try {
      if (message.kind === 'begin') await this.#begin(message.job, message.work);
      else if (message.kind === 'read' && job) await this.#stream(message.job, job, message);
      else if (message.kind === 'close' && job) await this.#close(message.job, job);
    } catch (error) {
      const failed = this.#jobs.get(message.job);
      if (!failed) return;
      // What was laid out before is of no use when a file of it is gone.
      if (failed.etag !== undefined) this.#clips.forget(failed.etag);
      await this.#close(message.job, failed).catch(() => {});
      this.#send({ kind: 'failed', job: message.job, error: sentError(error) });
    }
  }

  async #begin(id: number, work: Work): Promise<void> {
    const files = new RecordedFiles(this.#settings.roots);
    const job: Job = {
      files,
      pieces: undefined,
      etag: undefined,
      credit: maxChunksInFlight,
      closed: false,
      wake: undefined,
    };
    this.#jobs.set(id, job);
    if (work.kind === 'playlist') {
      this.#send({ kind: 'text', job: id, text: await this.#playlist(id, work) });
      await this.#close(id, job);
      return;
    }
    const { pieces, facts } = await this.#answer(id, work, files);
    // The asker may have gone while the answer was made.
    if (job.closed) return;
    job.pieces = pieces;
    job.etag = facts.etag;
    this.#send({ kind: 'answer', job: id, facts: { ...facts, totalBytes: pieces.totalBytes } });
  }

  #answer(id: number, work: Exclude<Work, PlaylistWork>, files: RecordedFiles): Promise<Answer> {
    if (work.kind === 'clip') return this.#clip(id, work);
    if (work.kind === 'keyFrame') return this.#keyFrame(id, work);
    return work.kind === 'media' ? this.#media(id, work, files) : this.#init(id, work, files);
  }

  async #playlist(id: number, work: PlaylistWork): Promise<string> {
    const toMs = work.toMs ?? Number.MAX_SAFE_INTEGER;
    const segments = this.#segments(work, work.fromMs, toMs);
    const readable = await this.#readable(id, segments);
    try {
      return planPlaylist({ ...work, segments: readable });
    } catch (error) {
      const isNothingLeft = error instanceof NightjarError && error.code === 'no_footage';
      if (!isNothingLeft || readable.length === segments.length) throw error;
      throw new NightjarError(
        'no_footage',
        'The files with the footage of this window cannot be read; the log names them.',
      );
    }
  }

  /** Those segments whose files are there and as long as they were. */
  async #readable(id: number, segments: readonly PlayableSegment[]): Promise<PlayableSegment[]> {
    const readable: PlayableSegment[] = [];
    for (let first = 0; first < segments.length; first += filesLookedAtOnce) {
      const some = segments.slice(first, first + filesLookedAtOnce);
      const found = await Promise.all(some.map((segment) => this.#isReadable(id, segment)));
      readable.push(...some.filter((_, index) => found[index]));
    }
    return readable;
  }

  async #isReadable(id: number, segment: PlayableSegment): Promise<boolean> {
    const { fileBytes } = segment;
    if (fileBytes === undefined) return true;
    try {
      await checkRecordedFile(this.#settings.roots, segment, fileBytes);
      return true;
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#reportUnreadable(id, segment, error);
      return false;
    }
  }

  async #clip(id: number, work: ClipWork): Promise<Answer> {
    const { pieces, etag, snapshot, leftOutMs } = await this.#clips.make(work, {
      roots: this.#settings.roots,
      segments: (fromMs, toMs) => this.#segments(work, fromMs, toMs),
      onUnreadable: (file, error) => this.#reportUnreadable(id, file, error),
    });
    const { lastModifiedMs, segments } = snapshot;
    const headers = leftOutMs > 0 ? { 'nightjar-left-out-ms': String(leftOutMs) } : {};
    return {
      pieces,
      facts: { etag, lastModifiedMs, segmentIds: segments.map((segment) => segment.id), headers },
    };
  }

  async #keyFrame(id: number, work: KeyFrameWork): Promise<Answer> {
    const { atMs } = work;
    const find = (marginMs: number) =>
      findKeyFrame(this.#segments(work, atMs - marginMs, atMs + neighbourMs), atMs);
    const place = find(neighbourMs) ?? find(keyFrameMarginMs);
    if (!place)
      throw new NightjarError('no_footage', 'No key frame was recorded shortly before this instant.');
    const { segment, fragment } = place;
    const { roots } = this.#settings;
    const { bytes, instantMs, codecString, etag } = await this.#fromFile(id, segment, () =>
      withRecordedFile(roots, segment, async (read) =>
        readKeyFrame(read, place, await this.#keyFrameMedia.of(read, segment, fragment)),
      ),
    );
    const pieces = new PieceList();
    pieces.addMemory(bytes);
    const headers = {
      'content-type': `video/mp4; codecs="${codecString}"`,
      'nightjar-instant-ms': String(Math.min(instantMs, atMs)),
      ...(segment.fileBytes === undefined && { 'cache-control': 'private, no-cache' }),
    };
    return { pieces, facts: { etag, ...factsOf(segment), headers } };
  }

  async #media(id: number, { address, streamIds, open }: MediaWork, files: RecordedFiles): Promise<Answer> {
    const segment = this.#segment(open, address.segmentId, streamIds);
    const pieces = await this.#fromFile(id, segment, async () => {
      if (segment.fileBytes !== undefined)
        await checkRecordedFile(this.#settings.roots, segment, segment.fileBytes);
      return mediaSegment(files.readerOf(segment), segment, address);
    });
    const { offset, endOffset, tracks } = address;
    const facts = { etag: `"${segment.id}-${offset}-${endOffset}-${tracks}"`, ...factsOf(segment) };
    return { pieces, facts };
  }

  async #init(id: number, { address, streamIds, open }: InitWork, files: RecordedFiles): Promise<Answer> {
    const segment = this.#segment(open, address.segmentId, streamIds);
    const bytes = await this.#fromFile(id, segment, () =>
      mediaInit(files.readerOf(segment), segment, address.tracks),
    );
    const pieces = new PieceList();
    pieces.addMemory(bytes);
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
    return { pieces, facts: { etag, ...factsOf(segment) } };
  }

  /** What is made of one file: when that is missing or damaged, there is no footage. */
  async #fromFile<Value>(id: number, segment: PlayableSegment, make: () => Promise<Value>): Promise<Value> {
    const { id: segmentId, path, fileBytes } = segment;
    try {
      return await make();
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const isDeleted = fileBytes !== undefined && !this.#openIndex().footage.segment(segmentId);
      if (isDeleted) throw new NightjarError('footage_deleted', 'This footage was deleted just now.');
      this.#reportUnreadable(id, segment, error);
      const what = error.code === 'file_malformed' ? 'damaged' : 'missing';
      throw new NightjarError('no_footage', `The file with this footage, ${path}, is ${what}.`);
    }
  }

  #reportUnreadable(id: number, segment: PlayableSegment, { message }: NightjarError): void {
    const { id: segmentId, rootId, path, fileBytes } = segment;
    // Of a file that is being written its recorder knows.
    const isClosed = fileBytes !== undefined;
    this.#send({ kind: 'unreadable', job: id, file: { segmentId, isClosed, rootId, path, reason: message } });
  }

  async #stream(id: number, job: Job, { start, end }: { start: number; end: number }): Promise<void> {
    const isLarge = end - start >= largeChunkBytes && this.#largeReaders < maxLargeReaders;
    const pool = isLarge ? this.#largePool : this.#pool;
    if (isLarge) this.#largeReaders++;
    try {
      const pieces = job.pieces!.slice(start, end);
      for await (const bytes of job.files.stream(pieces, () => this.#memory(job, pool))) {
        if (job.closed) return;
        this.#send({ kind: 'chunk', job: id, bytes }, [bytes.buffer]);
      }
    } finally {
      if (isLarge) this.#largeReaders--;
    }
    if (job.closed) return;
    await this.#close(id, job);
    this.#send({ kind: 'end', job: id });
  }

  /** Memory for the next chunk, once the reader has room for it; undefined when he went away. */
  async #memory(job: Job, pool: ChunkPool): Promise<ArrayBuffer | undefined> {
    while (job.credit === 0 && !job.closed) {
      await new Promise<void>((resolve) => {
        job.wake = resolve;
      });
    }
    if (job.closed) return undefined;
    job.credit--;
    return pool.take();
  }

  #onTaken(buffer: ArrayBuffer, job: Job | undefined): void {
    this.#pool.give(buffer);
    this.#largePool.give(buffer);
    if (!job) return;
    job.credit++;
    job.wake?.();
  }

  async #close(id: number, job: Job): Promise<void> {
    this.#jobs.delete(id);
    job.closed = true;
    job.wake?.();
    await job.files.close();
  }

  #segments(work: PlaylistWork | ClipWork | KeyFrameWork, fromMs: number, toMs: number): PlayableSegment[] {
    return playableSegments(this.#openIndex().footage, work.open, { streamId: work.streamId, fromMs, toMs });
  }

  #segment(
    open: readonly OpenFootageFacts[],
    segmentId: string,
    streamIds: readonly string[],
  ): PlayableSegment {
    return playableSegment(this.#openIndex().footage, open, { segmentId, streamIds });
  }

  #openIndex(): IndexReader {
    this.#index ??= openIndexReadOnly(this.#settings.databaseFile);
    return this.#index;
  }
}

interface Answer {
  readonly pieces: PieceList;
  readonly facts: Omit<AnswerFacts, 'totalBytes'>;
}

function factsOf(segment: PlayableSegment): { lastModifiedMs: number; segmentIds: string[] } {
  // Of what never changes, the start is as good as the end, and known while the segment is open.
  return { lastModifiedMs: segment.startMs, segmentIds: [segment.id] };
}
