import { createHash } from 'node:crypto';
import { NightjarError } from '../errors/nightjar_error.ts';
import { buildClip, type Clip, type ClipSnapshot, resolveClip } from '../export/clip.ts';
import type { MediaLoader } from '../export/clip_builder.ts';
import { readSegmentMedia, type SampleEntries, type SegmentMedia } from '../export/segment_media.ts';
import { type IndexReader, openIndexReadOnly } from '../index/open_index.ts';
import { mediaInit, mediaSegment } from '../playback/media.ts';
import type { OpenFootageFacts } from '../playback/open_segment.ts';
import { PieceList } from '../playback/piece_list.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import { planPlaylist } from '../playback/playlist.ts';
import {
  type AnswerFacts,
  type ClipWork,
  chunkBytes,
  type FromWorker,
  type InitWork,
  type MediaWork,
  maxChunksInFlight,
  type PlaylistWork,
  sentError,
  type ToWorker,
  type Work,
  type WorkerSettings,
} from './messages.ts';
import { RecordedFiles, withRecordedFile } from './recorded_files.ts';
import { playableSegment, playableSegments } from './stored_footage.ts';

/** Around a clip: sound that arrived apart from its pictures, and wall time that bends at the neighbours. */
const clipMarginMs = 3_000;
/** How far back a key frame is looked for: two segments of the longest kind. */
const keyFrameMarginMs = 600_000;
/** Clips kept laid out, since players ask for a clip in many ranges. */
const maxKeptClips = 4;
/** Segments read ahead while a clip is laid out, and kept: each is asked for many times in a row. */
const segmentsAhead = 8;

interface Job {
  readonly files: RecordedFiles;
  pieces: PieceList | undefined;
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
  /** By ETag, oldest first. */
  readonly #clips = new Map<string, Clip>();
  #index: IndexReader | undefined;

  constructor(settings: WorkerSettings, send: (message: FromWorker, transfer?: ArrayBuffer[]) => void) {
    this.#settings = settings;
    this.#send = send;
  }

  /** Never rejects: what goes wrong is told to whoever asked. */
  async handle(message: ToWorker): Promise<void> {
    const job = this.#jobs.get(message.job);
    try {
      if (message.kind === 'begin') await this.#begin(message.job, message.work);
      else if (message.kind === 'read' && job) await this.#stream(message.job, job, message);
      else if (message.kind === 'credit' && job) this.#addCredit(job, message.chunks);
      else if (message.kind === 'close' && job) await this.#close(message.job, job);
    } catch (error) {
      const failed = this.#jobs.get(message.job);
      if (!failed) return;
      await this.#close(message.job, failed).catch(() => {});
      this.#send({ kind: 'failed', job: message.job, error: sentError(error) });
    }
  }

  async #begin(id: number, work: Work): Promise<void> {
    const files = new RecordedFiles(this.#settings.recordingsDir);
    const job: Job = { files, pieces: undefined, credit: maxChunksInFlight, closed: false, wake: undefined };
    this.#jobs.set(id, job);
    if (work.kind === 'playlist') {
      this.#send({ kind: 'text', job: id, text: this.#playlist(work) });
      await this.#close(id, job);
      return;
    }
    const { pieces, facts } = await this.#answer(work, files);
    // The asker may have gone while the answer was made.
    if (job.closed) return;
    job.pieces = pieces;
    this.#send({ kind: 'answer', job: id, facts: { ...facts, totalBytes: pieces.totalBytes } });
  }

  #answer(work: Exclude<Work, PlaylistWork>, files: RecordedFiles): Promise<Answer> {
    if (work.kind === 'clip') return this.#clip(work);
    return work.kind === 'media' ? this.#media(work, files) : this.#init(work, files);
  }

  #playlist(work: PlaylistWork): string {
    const toMs = work.toMs ?? Number.MAX_SAFE_INTEGER;
    return planPlaylist({ ...work, segments: this.#segments(work, work.fromMs, toMs) });
  }

  async #clip(work: ClipWork): Promise<Answer> {
    const resolve = (marginMs: number) =>
      resolveClip(this.#segments(work, work.fromMs - marginMs, work.toMs + clipMarginMs), work);
    let snapshot = resolve(clipMarginMs);
    if (snapshot.needsEarlier) snapshot = resolve(keyFrameMarginMs);
    if (snapshot.parts.length === 0) {
      throw new NightjarError('no_footage', 'Nothing that can be shown was recorded in this time.');
    }
    const { pieces } = await this.#laidOut(snapshot);
    const { etag, lastModifiedMs, segments } = snapshot;
    return { pieces, facts: { etag, lastModifiedMs, segmentIds: segments.map(({ id }) => id) } };
  }

  async #laidOut(snapshot: ClipSnapshot): Promise<Clip> {
    const { etag } = snapshot;
    const clip =
      this.#clips.get(etag) ??
      (await buildClip(snapshot, mediaLoader(this.#settings.recordingsDir, snapshot)));
    this.#clips.delete(etag);
    this.#clips.set(etag, clip);
    dropOldest(this.#clips, maxKeptClips);
    return clip;
  }

  async #media({ address, streamIds, open }: MediaWork, files: RecordedFiles): Promise<Answer> {
    const segment = this.#segment(open, address.segmentId, streamIds);
    const pieces = await mediaSegment(files.readerOf(segment.path), segment, address);
    const { offset, endOffset, tracks } = address;
    const facts = { etag: `"${segment.id}-${offset}-${endOffset}-${tracks}"`, ...factsOf(segment) };
    return { pieces, facts };
  }

  async #init({ address, streamIds, open }: InitWork, files: RecordedFiles): Promise<Answer> {
    const segment = this.#segment(open, address.segmentId, streamIds);
    const bytes = await mediaInit(files.readerOf(segment.path), segment, address.tracks);
    const pieces = new PieceList();
    pieces.addMemory(bytes);
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
    return { pieces, facts: { etag, ...factsOf(segment) } };
  }

  async #stream(id: number, job: Job, { start, end }: { start: number; end: number }): Promise<void> {
    const pieces = job.pieces!.slice(start, end);
    for await (const bytes of job.files.stream(pieces, Math.min(chunkBytes, Math.max(1, end - start)))) {
      while (job.credit === 0 && !job.closed) {
        await new Promise<void>((resolve) => {
          job.wake = resolve;
        });
      }
      if (job.closed) return;
      job.credit--;
      this.#send({ kind: 'chunk', job: id, bytes }, [bytes.buffer]);
    }
    if (job.closed) return;
    await this.#close(id, job);
    this.#send({ kind: 'end', job: id });
  }

  #addCredit(job: Job, chunks: number): void {
    job.credit += chunks;
    job.wake?.();
  }

  async #close(id: number, job: Job): Promise<void> {
    this.#jobs.delete(id);
    job.closed = true;
    job.wake?.();
    await job.files.close();
  }

  #segments(work: PlaylistWork | ClipWork, fromMs: number, toMs: number): PlayableSegment[] {
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

/**
 * Loads segments as a clip is laid out, a few ahead of the one that is asked for: a clip of an hour has sixty files, and
 * opening them one after the other would take longer than reading them.
 */
function mediaLoader(recordingsDir: string, { segments }: ClipSnapshot): MediaLoader {
  // What an open segment has is asked for piece by piece, so it cannot be read ahead.
  const ahead = segments.filter(({ fileBytes }) => fileBytes !== undefined);
  const places = new Map(ahead.map((segment, place) => [segment, place]));
  const entries: SampleEntries = new Map();
  const kept = new Map<string, Promise<SegmentMedia>>();
  const load = (key: string, segment: PlayableSegment, range: { first: number; end: number }) => {
    const media =
      kept.get(key) ??
      withRecordedFile(recordingsDir, segment.path, (read) =>
        readSegmentMedia(read, segment, range, entries),
      );
    kept.delete(key);
    kept.set(key, media);
    return media;
  };
  let newest: PlayableSegment | undefined;
  return (segment, first, end) => {
    const again = segment === newest ? kept.get(segment.id) : undefined;
    if (again) return again;
    newest = segment;
    const place = places.get(segment);
    const whole = { first: 0, end: segment.fragments.length };
    // From the farthest: the one that is asked for was used last, so it is dropped last.
    for (const next of ahead.slice(place ?? ahead.length, (place ?? 0) + segmentsAhead).toReversed()) {
      void load(next.id, next, { first: 0, end: next.fragments.length }).catch(() => {});
    }
    const media =
      place === undefined
        ? load(`${segment.id} ${first} ${end}`, segment, { first, end })
        : load(segment.id, segment, whole);
    dropOldest(kept, segmentsAhead + 1);
    return media;
  };
}

function dropOldest(kept: Map<string, unknown>, most: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(key);
  }
}
