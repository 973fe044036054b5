import type { ErrorCode } from '../errors/catalogue.ts';
import { NightjarError } from '../errors/nightjar_error.ts';
import type { MediaLoader } from '../export/clip_builder.ts';
import { readSegmentMedia, type SampleEntries, type SegmentMedia } from '../export/segment_media.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import { dropOldest } from './drop_oldest.ts';
import { withRecordedFile } from './recorded_files.ts';

/** Segments read ahead while a clip is laid out, and kept: each is asked for many times in a row. */
const segmentsAhead = 8;

/**
 * Loads segments as a clip is laid out, a few ahead of the one that is asked for: a clip of an hour has sixty files, and
 * opening them one after the other would take longer than reading them.
 */
export class SegmentLoader {
  readonly #roots: RootFolders;
  /** What an open segment has is asked for piece by piece, so it cannot be read ahead. */
  readonly #closed: readonly PlayableSegment[];
  readonly #places: ReadonlyMap<PlayableSegment, number>;
  readonly #entries: SampleEntries = new Map();
  readonly #kept = new Map<string, Promise<SegmentMedia>>();
  readonly #unreadable = new Map<string, NightjarError>();

  constructor(roots: RootFolders, segments: readonly PlayableSegment[]) {
    this.#roots = roots;
    this.#closed = segments.filter(({ fileBytes }) => fileBytes !== undefined);
    this.#places = new Map(this.#closed.map((segment, place) => [segment, place]));
  }

  /** Closed segments whose files turned out to be missing or damaged, by id. */
  get unreadable(): ReadonlyMap<string, NightjarError> {
    return this.#unreadable;
  }

  readonly load: MediaLoader = (segment, first, end) => {
    const place = this.#places.get(segment);
    if (place === undefined) return this.#media(`${segment.id} ${first} ${end}`, segment, { first, end });
    // From the farthest: the one that is asked for was used last, so it is dropped last.
    for (const next of this.#closed.slice(place + 1, place + segmentsAhead).toReversed()) {
      void this.#whole(next).catch(() => {});
    }
    return this.#whole(segment);
  };

  /** Goes on after a file turned out to be unreadable, to find all such files at once. */
  async findUnreadable(): Promise<void> {
    for (const segment of this.#closed) {
      await this.load(segment, 0, segment.fragments.length).catch((error) => {
        if (!isUnreadable(error)) throw error;
      });
    }
  }

  #whole(segment: PlayableSegment): Promise<SegmentMedia> {
    return this.#media(segment.id, segment, { first: 0, end: segment.fragments.length });
  }

  #media(
    key: string,
    segment: PlayableSegment,
    range: { first: number; end: number },
  ): Promise<SegmentMedia> {
    const media = this.#kept.get(key) ?? this.#read(segment, range);
    this.#kept.delete(key);
    this.#kept.set(key, media);
    dropOldest(this.#kept, segmentsAhead + 1);
    return media;
  }

  async #read(segment: PlayableSegment, range: { first: number; end: number }): Promise<SegmentMedia> {
    try {
      return await withRecordedFile(this.#roots, segment, (read) =>
        readSegmentMedia(read, segment, range, this.#entries),
      );
    } catch (error) {
      if (isUnreadable(error)) this.#unreadable.set(segment.id, error);
      throw error;
    }
  }
}

const unreadableCodes: readonly ErrorCode[] = ['footage_deleted', 'file_malformed', 'recordings_missing'];

/** The file is missing or damaged, and will be so the next time: not a disk that is in trouble as a whole. */
export function isUnreadable(error: unknown): error is NightjarError {
  return error instanceof NightjarError && unreadableCodes.includes(error.code);
}
