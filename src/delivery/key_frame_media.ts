import { readSegmentMedia, type SampleEntries, type SegmentMedia } from '../export/segment_media.ts';
import type { ReadAt } from '../mp4/read_at.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import { dropOldest } from './drop_oldest.ts';

/** Who looks for a moment asks for many key frames of the same few segments; each takes about 130 kB. */
const maxKept = 8;
/** More than the streams of an installation have. */
const maxEntries = 256;

/** Sample tables of the closed segments that key frames were last read from. */
export class KeyFrameMedia {
  /** By segment, oldest first. */
  readonly #kept = new Map<string, SegmentMedia>();
  readonly #entries: SampleEntries = new Map();

  /** The samples of a segment, at least those of one fragment. */
  async of(read: ReadAt, segment: PlayableSegment, fragment: number): Promise<SegmentMedia> {
    const kept = this.#kept.get(segment.id);
    if (kept) return kept;
    const isClosed = segment.fileBytes !== undefined;
    const range = isClosed
      ? { first: 0, end: segment.fragments.length }
      : { first: fragment, end: fragment + 1 };
    const media = await readSegmentMedia(read, segment, range, this.#entries);
    if (isClosed) this.#kept.set(segment.id, media);
    dropOldest(this.#kept, maxKept);
    dropOldest(this.#entries, maxEntries);
    return media;
  }
}
