import type { PieceList } from '../playback/piece_list.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import type { StretchFragment } from '../playback/stretch.ts';
import { rescale } from '../units/time.ts';
import { type ClipChunk, ClipChunks, type SampleRange } from './clip_chunks.ts';
import type { ClipPart } from './clip_parts.ts';
import { type BuiltTrack, ClipTrack } from './clip_track.ts';
import { type MediaTrack, type SegmentMedia, samplesWithin } from './segment_media.ts';

/** Wall and media time may come apart by this much before the clip's time line follows the wall. */
const slackMs = 2;

/** Reads the samples of a segment, at least those in its fragments [first, end). */
export type MediaLoader = (segment: PlayableSegment, first: number, end: number) => Promise<SegmentMedia>;

/** A stretch of the presentation that is shown, or empty when `mediaTicks` is undefined. */
export interface ClipEdit {
  readonly durationMs: number;
  /** Presentation time on the clip's media time line, in ticks of its video track. */
  readonly mediaTicks: number | undefined;
}

export interface BuiltMedia {
  /** Video first. */
  readonly tracks: readonly BuiltTrack[];
  /** What the `mdat` is made of. */
  readonly pieces: PieceList;
  /** The samples of one track each, in the order of the pieces. */
  readonly chunks: readonly ClipChunk[];
  readonly edits: readonly ClipEdit[];
}

/** Where a part's samples go on the clip's media time line, in ticks of its video track. */
interface Placement {
  readonly part: ClipPart;
  /** Presentation time of the first instant shown. */
  readonly showTicks: number;
  /** What is presented from here on belongs to the next part. */
  readonly endTicks: number;
  /** Something that is not shown lies between the part before and this one. */
  readonly hidden: boolean;
}

/**
 * Puts the parts of a clip one behind the other on one time line.
 *
 * Media keep their own time; when wall time and media time have come apart by two milliseconds, the next fragment is
 * put where the wall says, so that every picture is shown within that of its instant, however long the clip.
 */
export class ClipBuilder {
  readonly #load: MediaLoader;
  readonly #chunks = new ClipChunks();
  readonly #video = new Map<string, BuiltTrack>();
  readonly #audio = new Map<string, BuiltTrack>();
  readonly #edits: ClipEdit[] = [];
  /** End of all that was placed so far, in video ticks. */
  #cursor = 0;
  #timescale = 0;

  constructor(load: MediaLoader) {
    this.#load = load;
  }

  /**
   * Time without footage that the clip keeps. In front it is an empty edit; elsewhere the picture before it stands,
   * since FFmpeg, and all that is built on it, plays an empty edit between others as footage from the beginning.
   */
  addGap(durationMs: number): void {
    const last = this.#edits.pop();
    if (last) this.#edits.push({ ...last, durationMs: last.durationMs + durationMs });
    else if (durationMs > 0) this.#edits.push({ durationMs, mediaTicks: undefined });
    if (last?.mediaTicks !== undefined) this.#cursor += rescale(durationMs, 1000, this.#timescale);
  }

  /** Parts are added in order of time. */
  async addPart(part: ClipPart): Promise<void> {
    const { fragments, timescale } = part.stretch;
    this.#timescale ||= timescale;
    const pictures = await this.#pictures(part);
    const lead = this.#toClip(Math.max(0, part.startTicks - pictures.keyTicks), timescale);
    const isFirst = this.#edits.every(({ mediaTicks }) => mediaTicks === undefined);
    const showTicks = isFirst ? 0 : this.#cursor + lead;
    const length = rescale(part.endMs - part.startMs, 1000, this.#timescale);
    const placement = { part, showTicks, endTicks: showTicks + length, hidden: isFirst || lead > 0 };
    this.#addEdit(part.endMs - part.startMs, showTicks);
    this.#cursor = placement.endTicks;
    let shift = showTicks - this.#toClip(part.startTicks, timescale);
    const slack = rescale(slackMs, 1000, this.#timescale);
    let segment: PlayableSegment | undefined;
    let tracks: readonly MediaTrack[] = [];
    let inner: InnerFragments | undefined;
    for (let index = part.firstFragment; index < part.endFragment; index++) {
      const fragment = fragments[index]!;
      // One wait for each file, not one for each fragment: a clip of an hour has thousands of these.
      if (fragment.segment !== segment) tracks = (await this.#media(part, index)).tracks;
      segment = fragment.segment;
      const wanted = this.#wanted(placement, fragment);
      const actual = this.#toClip(fragment.startTicks, timescale) + shift;
      if (index > part.keyFragment && Math.abs(wanted - actual) > slack) shift += wanted - actual;
      const isInner = this.#isInner(placement, index, shift, pictures);
      if (isInner && inner?.tracks === tracks && inner.shift === shift) {
        inner.last = fragment;
        continue;
      }
      this.#addInner(placement, inner);
      inner = isInner ? { first: fragment, last: fragment, tracks, shift } : undefined;
      if (!isInner) this.#addOuter(placement, index, { tracks, shift, bounds: pictures });
    }
    this.#addInner(placement, inner);
  }

  finish(): BuiltMedia {
    const tracks = [...this.#video.values(), ...this.#audio.values()].filter(
      ({ table }) => table.samples > 0,
    );
    const { pieces, chunks } = this.#chunks;
    return { tracks, pieces, chunks, edits: this.#edits };
  }

  /** Where decoding begins, which picture is the first shown and which sample is the last needed. */
  async #pictures(part: ClipPart): Promise<PictureBounds> {
    const { fragments, timescale } = part.stretch;
    const keyTicks = fragments[part.keyFragment]!.startTicks;
    let first: PicturePlace = { fragment: part.keyFragment, sample: -1, ticks: Number.NEGATIVE_INFINITY };
    for (let index = part.keyFragment; index < part.endFragment; index++) {
      // Reordering never reaches over a second.
      if (fragments[index]!.startTicks > part.startTicks + timescale) break;
      for (const picture of await this.#picturesOf(part, index)) {
        const isLater = picture.ticks > first.ticks && picture.ticks <= part.startTicks;
        if (first.sample < 0 || isLater) first = { fragment: index, ...picture };
      }
    }
    for (let index = part.endFragment - 1; index >= part.keyFragment; index--) {
      const last = (await this.#picturesOf(part, index)).findLast(({ ticks }) => ticks < part.endTicks);
      if (last) return { keyTicks, first, last: { fragment: index, ...last } };
    }
    return { keyTicks, first, last: first };
  }

  /** Presentation times of a fragment's pictures on the run's time line. */
  async #picturesOf(part: ClipPart, index: number): Promise<{ sample: number; ticks: number }[]> {
    const media = await this.#media(part, index);
    const track = media.tracks.find(({ kind }) => kind === 'video');
    if (!track) return [];
    const { start, end } = fragmentSamples(track, part.stretch.fragments[index]!);
    const pictures = [];
    for (let sample = start; sample < end; sample++) {
      const ticks = track.decodeTicks[sample]! + track.samples.compositionOffsets[sample]!;
      pictures.push({ sample, ticks });
    }
    return pictures;
  }

  /** The samples of the segment that holds a fragment, as far as the part needs them. */
  #media(part: ClipPart, index: number): Promise<SegmentMedia> {
    const { fragments } = part.stretch;
    const fragment = fragments[index]!;
    const first = Math.max(0, fragment.index - (index - part.firstFragment));
    const end = fragment.index + (part.endFragment - index);
    return this.#load(fragment.segment, first, Math.min(end, fragment.segment.fragments.length));
  }

  /** Where the wall clock puts a fragment's first picture. */
  #wanted({ part, showTicks }: Placement, fragment: StretchFragment): number {
    const ms = part.stretch.map.msAt(fragment.startTicks) - part.startMs;
    return showTicks + Math.round((ms * this.#timescale) / 1000);
  }

  /** All pictures of the fragment are shown, at their own time, with a second to spare for reordering. */
  #isInner({ part, showTicks, endTicks }: Placement, index: number, shift: number, bounds: PictureBounds) {
    const { fragments, timescale } = part.stretch;
    if (timescale !== this.#timescale || index >= bounds.last.fragment) return false;
    const fragment = fragments[index]!;
    const earliest = Math.max(bounds.keyTicks, bounds.first.ticks, showTicks - shift) + timescale;
    const latest = Math.min(part.endTicks, endTicks - shift) - timescale;
    return fragment.startTicks > earliest && fragment.endTicks < latest;
  }

  /** What needs no look at each sample: most of a clip. */
  #addInner(placement: Placement, inner: InnerFragments | undefined): void {
    if (!inner) return;
    const { first, last, tracks, shift } = inner;
    const place = { offset: first.entry.offset, endOffset: last.entry.offset + last.entry.bytes };
    const ranges = tracks.map((track): SampleRange => {
      if (track.kind === 'audio') return this.#soundRange(placement, place, track, shift);
      const built = this.#tableOf(this.#video, track, this.#timescale);
      return { built, track, ...samplesWithin(track.samples, place.offset, place.endOffset) };
    });
    for (const range of ranges) this.#addRange(range, shift);
    this.#chunks.addRanges(first.segment, ranges);
  }

  /** A fragment near the ends of its part, or of another time scale. */
  #addOuter(
    placement: Placement,
    index: number,
    { tracks, shift, bounds }: { tracks: readonly MediaTrack[]; shift: number; bounds: PictureBounds },
  ): void {
    const { stretch, keyFragment } = placement.part;
    const { entry, segment } = stretch.fragments[index]!;
    for (const track of tracks) {
      if (track.kind === 'audio') {
        const place = { offset: entry.offset, endOffset: entry.offset + entry.bytes };
        const range = this.#soundRange(placement, place, track, shift);
        this.#addRange(range, shift);
        this.#chunks.addRanges(segment, [range]);
      } else if (index >= keyFragment && index <= bounds.last.fragment) {
        this.#addPictures(placement, index, track, shift, bounds);
      }
    }
  }

  #addPictures(
    placement: Placement,
    index: number,
    track: MediaTrack,
    shift: number,
    bounds: PictureBounds,
  ): void {
    const { part, showTicks, endTicks } = placement;
    const fragment = part.stretch.fragments[index]!;
    const range = fragmentSamples(track, fragment);
    const end = index === bounds.last.fragment ? bounds.last.sample + 1 : range.end;
    const built = this.#tableOf(this.#video, track, this.#timescale);
    const { table } = built;
    table.useSampleEntry(track.sampleEntryHash, track.sampleEntry);
    const chunks = this.#chunks.gather(built, fragment.segment);
    for (let sample = range.start; sample < end; sample++) {
      const decode = track.decodeTicks[sample]!;
      const ticks = decode + track.samples.compositionOffsets[sample]!;
      // Pictures that lead an open group of pictures refer to what is not part of the clip.
      if (ticks < bounds.keyTicks) continue;
      const isFirst = index === bounds.first.fragment && sample === bounds.first.sample;
      const placed = this.#toClip(ticks, part.stretch.timescale) + shift;
      const isShown = ticks < part.endTicks;
      let presentationTicks = isShown ? Math.min(placed, endTicks - 1) : Math.max(placed, endTicks);
      // The picture on the screen at the first instant begins with it, so that no player skips it.
      if (isFirst) presentationTicks = showTicks;
      else if (ticks > bounds.first.ticks) presentationTicks = Math.max(presentationTicks, showTicks + 1);
      const duration = this.#toClip(track.samples.durations[sample]!, part.stretch.timescale);
      if (!isShown) this.#cursor = Math.max(this.#cursor, presentationTicks + duration);
      chunks.add(track.samples.offsets[sample]!, track.samples.sizes[sample]!);
      table.add({
        decodeTicks: this.#toClip(decode, part.stretch.timescale) + shift,
        presentationTicks,
        duration,
        size: track.samples.sizes[sample]!,
        keyFrame: track.samples.keyFlags[sample] === 1,
      });
    }
    chunks.end();
  }

  /** The sound of some bytes of a file that is heard. */
  #soundRange(
    { showTicks, endTicks, hidden }: Placement,
    place: { readonly offset: number; readonly endOffset: number },
    track: MediaTrack,
    videoShift: number,
  ): SampleRange {
    const built = this.#tableOf(this.#audio, track, track.timescale);
    const toSound = (ticks: number) => rescale(ticks, this.#timescale, track.timescale);
    const shift = toSound(videoShift);
    const show = toSound(showTicks);
    const last = toSound(endTicks) - shift;
    const { decodeTicks, samples } = track;
    let { start, end } = samplesWithin(samples, place.offset, place.endOffset);
    // Within a file sound goes on without a break: only at the ends can there be something to leave out.
    for (; start < end; start++) {
      const ticks = decodeTicks[start]! + shift;
      const duration = samples.durations[start]!;
      // A decoder of overlapping frames (AAC) needs the one before the first that is heard.
      const isHeard = ticks > show - (hidden ? 2 : 0.5) * duration;
      if (isHeard && ticks >= built.table.endTicks - duration / 2) break;
    }
    while (end > start && decodeTicks[end - 1]! >= last) end--;
    return { built, track, start, end };
  }

  /** Adds samples that stay at their own time, moved by `videoShift`, in ticks of the video track. */
  #addRange({ built: { table }, track, start, end }: SampleRange, videoShift: number): void {
    if (start === end) return;
    table.useSampleEntry(track.sampleEntryHash, track.sampleEntry);
    table.addRange(track, { start, end }, rescale(videoShift, this.#timescale, table.timescale));
  }

  #tableOf(tables: Map<string, BuiltTrack>, track: MediaTrack, timescale: number): BuiltTrack {
    // One track of a file has one time scale and, for sound, one kind of codec.
    const key = track.kind === 'video' ? 'video' : `${track.codecString} ${timescale}`;
    let built = tables.get(key);
    if (!built) {
      const { kind, width, height } = track;
      built = { kind, width, height, table: new ClipTrack(timescale) };
      tables.set(key, built);
    }
    return built;
  }

  #addEdit(durationMs: number, mediaTicks: number): void {
    const last = this.#edits.at(-1);
    const lastEnd =
      last?.mediaTicks === undefined
        ? undefined
        : last.mediaTicks + rescale(last.durationMs, 1000, this.#timescale);
    if (last && lastEnd === mediaTicks) this.#edits.pop();
    if (last && lastEnd === mediaTicks)
      this.#edits.push({ ...last, durationMs: last.durationMs + durationMs });
    else this.#edits.push({ durationMs, mediaTicks });
  }

  #toClip(ticks: number, timescale: number): number {
    return rescale(ticks, timescale, this.#timescale);
  }
}

/** Fragments of one file that follow each other and go into the clip whole, moved by the same ticks. */
interface InnerFragments {
  readonly first: StretchFragment;
  last: StretchFragment;
  readonly tracks: readonly MediaTrack[];
  readonly shift: number;
}

interface PicturePlace {
  readonly fragment: number;
  readonly sample: number;
  readonly ticks: number;
}

interface PictureBounds {
  /** Presentation time of the key frame that decoding starts from. */
  readonly keyTicks: number;
  readonly first: PicturePlace;
  readonly last: PicturePlace;
}

function fragmentSamples(track: MediaTrack, { entry }: StretchFragment): { start: number; end: number } {
  return samplesWithin(track.samples, entry.offset, entry.offset + entry.bytes);
}
