import { NightjarError } from '../errors/nightjar_error.ts';
import {
  buildClip,
  type Clip,
  type ClipRequest,
  type ClipSnapshot,
  maxClipMs,
  resolveClip,
} from '../export/clip.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import type { RootFolders } from '../roots/root_folders.ts';
import { dropOldest } from './drop_oldest.ts';
import { SegmentLoader } from './segment_loader.ts';

/** Around a clip: sound that arrived apart from its pictures, and wall time that bends at the neighbours. */
const clipMarginMs = 3_000;
/** How far back a key frame is looked for: two segments of the longest kind. */
export const keyFrameMarginMs = 600_000;
/** Clips kept laid out, since players ask for a clip in many ranges; so many however long they are. */
const leastKeptClips = 2;
/** More are kept while all together are no longer than one that is allowed. */
const maxKeptClips = 64;
/** Files may go while others are found to be gone, but not for ever. */
const maxRounds = 5;

/** A clip that is ready to be sent. */
export interface MadeClip extends Clip {
  readonly snapshot: ClipSnapshot;
  /** Footage of the window that is on record, but whose files are missing or damaged. */
  readonly leftOutMs: number;
}

export interface ClipMakerOptions {
  readonly roots: RootFolders;
  /** Segments of the stream as the index has them now. */
  readonly segments: (fromMs: number, toMs: number) => readonly PlayableSegment[];
  /** Hears of each file that is left out. */
  readonly onUnreadable: (file: PlayableSegment, error: NightjarError) => void;
}

/** A clip, of which it may be said that only the same as before will do. */
export interface VersionedClipRequest extends ClipRequest {
  /** Its ETag without the quotes. */
  readonly version?: string | undefined;
}

/** Makes clips of what can be read, and keeps the newest. */
export class ClipMaker {
  /** By the key of what they show, oldest first. */
  readonly #clips = new Map<string, MadeClip>();
  /** Segments that could not be read when a clip was made, by the key of the whole, oldest first. */
  readonly #missing = new Map<string, ReadonlySet<string>>();

  /**
   * Files that are missing, cut off or damaged are left out like a gap.
   *
   * @throws NightjarError `no_footage`, also when no file can be read; `clip_changed` when another version was asked for
   */
  async make(request: VersionedClipRequest, options: ClipMakerOptions): Promise<MadeClip> {
    const { version } = request;
    if (version === undefined) return this.#make(request, options);
    const etag = `"${version}"`;
    const kept = [...this.#clips.values()].find((clip) => clip.etag === etag);
    const made = kept ?? (await this.#make(request, options));
    if (made.etag === etag) return made;
    throw new NightjarError('clip_changed', 'This version of the clip is no longer kept.', {
      place: { field: 'version' },
    });
  }

  /** A file of the clip could not be read when it was sent: the next one is made anew. */
  forget(etag: string): void {
    for (const [key, clip] of this.#clips) if (clip.etag === etag) this.#clips.delete(key);
  }

  async #make(request: ClipRequest, options: ClipMakerOptions): Promise<MadeClip> {
    const whole = resolve(request, options, new Set());
    const { key } = whole;
    let missing = new Set<string>();
    for (let round = 0; round < maxRounds; round++) {
      const known = round === 0 ? this.#missing.get(key) : undefined;
      if (known) missing = await stillMissing(whole, known, options);
      const snapshot = missing.size === 0 ? whole : resolveRest(request, options, missing);
      const kept = this.#clips.get(snapshot.key);
      const loader = new SegmentLoader(options.roots, snapshot.segments);
      try {
        const clip = kept ?? (await buildClip(snapshot, loader.load));
        const made = { ...clip, snapshot, leftOutMs: shownMs(whole) - shownMs(snapshot) };
        this.#keep(made, key, missing);
        return made;
      } catch (error) {
        if (loader.unreadable.size === 0) throw error;
        await loader.findUnreadable();
        missing = new Set([...missing, ...loader.unreadable.keys()]);
        report(whole, loader.unreadable, options);
      }
    }
    throw new NightjarError('no_footage', 'The files of this footage go away as they are read.');
  }

  #keep(clip: MadeClip, wholeKey: string, missing: ReadonlySet<string>): void {
    const { key } = clip.snapshot;
    this.#clips.delete(key);
    this.#clips.set(key, clip);
    let totalMs = [...this.#clips.values()].reduce((sum, { durationMs }) => sum + durationMs, 0);
    for (const [oldest, { durationMs }] of this.#clips) {
      const { size } = this.#clips;
      if (size <= leastKeptClips || (size <= maxKeptClips && totalMs <= maxClipMs)) break;
      this.#clips.delete(oldest);
      totalMs -= durationMs;
    }
    this.#missing.delete(wholeKey);
    if (missing.size > 0) this.#missing.set(wholeKey, missing);
    dropOldest(this.#missing, maxKeptClips);
  }
}

function resolve(
  request: ClipRequest,
  { segments }: ClipMakerOptions,
  without: ReadonlySet<string>,
): ClipSnapshot {
  const from = (marginMs: number) =>
    resolveClip(
      segments(request.fromMs - marginMs, request.toMs + clipMarginMs).filter(({ id }) => !without.has(id)),
      request,
    );
  const near = from(clipMarginMs);
  const snapshot = near.needsEarlier ? from(keyFrameMarginMs) : near;
  if (snapshot.parts.length > 0) return snapshot;
  throw new NightjarError('no_footage', 'Nothing that can be shown was recorded in this time.');
}

function resolveRest(
  request: ClipRequest,
  options: ClipMakerOptions,
  without: ReadonlySet<string>,
): ClipSnapshot {
  try {
    return resolve(request, options, without);
  } catch (error) {
    if (!(error instanceof NightjarError) || error.code !== 'no_footage') throw error;
    const files = without.size === 1 ? 'The file' : `The ${without.size} files`;
    throw new NightjarError(
      'no_footage',
      `${files} with the footage of this time cannot be read; the log names them.`,
    );
  }
}

async function stillMissing(
  { segments }: ClipSnapshot,
  known: ReadonlySet<string>,
  { roots }: ClipMakerOptions,
): Promise<Set<string>> {
  const loader = new SegmentLoader(
    roots,
    segments.filter(({ id }) => known.has(id)),
  );
  await loader.findUnreadable();
  return new Set(loader.unreadable.keys());
}

/** Only of what is still on record: a file that was deleted meanwhile is missing with good reason. */
function report(
  whole: ClipSnapshot,
  unreadable: ReadonlyMap<string, NightjarError>,
  { segments, onUnreadable }: ClipMakerOptions,
): void {
  const { fromMs, toMs } = whole.request;
  const onRecord = new Set(segments(fromMs - keyFrameMarginMs, toMs + clipMarginMs).map(({ id }) => id));
  for (const segment of whole.segments) {
    const error = unreadable.get(segment.id);
    if (error && onRecord.has(segment.id)) onUnreadable(segment, error);
  }
}

function shownMs({ parts }: ClipSnapshot): number {
  return parts.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}
