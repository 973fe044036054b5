import { createHash } from 'node:crypto';
import { NightjarError } from '../errors/nightjar_error.ts';
import { flatLayout } from '../mp4/flat_layout.ts';
import type { Edit } from '../mp4/movie_boxes.ts';
import { PieceList } from '../playback/piece_list.ts';
import type { PlayableSegment } from '../playback/playable_segment.ts';
import { splitIntoStretches } from '../playback/stretch.ts';
import { rescale, type UnixMillis, unixMillis } from '../units/time.ts';
import { type BuiltMedia, ClipBuilder, type ClipEdit, type MediaLoader } from './clip_builder.ts';
import { type ClipPart, clipParts } from './clip_parts.ts';
import type { BuiltTrack } from './clip_track.ts';

/** The longest clip: a day of 25 hours, where summer time ends. */
export const maxClipMs = 25 * 3_600_000;
/** Edits are told in milliseconds, so that a clip is as long as it was asked for. */
const movieTimescale = 1000;

/** `close`: what was not recorded is left out. `keep`: it takes its time, in which the picture before it stands. */
export type GapMode = 'close' | 'keep';

export interface ClipRequest {
  readonly fromMs: UnixMillis;
  readonly toMs: UnixMillis;
  readonly gaps: GapMode;
}

/** What a clip is made of, found without reading a file. */
export interface ClipSnapshot {
  readonly request: ClipRequest;
  readonly parts: readonly ClipPart[];
  /** Equal where the same bytes would be laid out; footage that came since may make it differ though they are the same. */
  readonly key: string;
  /** When the newest picture shown was recorded. */
  readonly lastModifiedMs: UnixMillis;
  /** All that bytes come from, in order. */
  readonly segments: readonly PlayableSegment[];
  /** Decoding begins before the footage given: ask for more of it, if there is more. */
  readonly needsEarlier: boolean;
}

/** A flat MP4 file that exists only in parts. */
export interface Clip {
  readonly pieces: PieceList;
  /** Strong, with its quotes: equal for equal bytes. */
  readonly etag: string;
  readonly durationMs: number;
}

/** @throws NightjarError `request_invalid` or `window_too_long` */
export function checkClipWindow({ fromMs, toMs }: Pick<ClipRequest, 'fromMs' | 'toMs'>): void {
  if (toMs <= fromMs) {
    throw new NightjarError('request_invalid', '`to` must be later than `from`.', { place: { field: 'to' } });
  }
  if (toMs - fromMs > maxClipMs) {
    const hours = maxClipMs / 3_600_000;
    throw new NightjarError('window_too_long', `A clip covers at most ${hours} hours.`, {
      place: { field: 'to' },
    });
  }
}

/**
 * Finds what a clip shows.
 *
 * @param segments of one stream; some before and behind the window should be among them, for the key frame that the
 *   first picture needs and the sound that arrived later than its pictures
 * @throws NightjarError `no_footage`
 */
export function resolveClip(segments: readonly PlayableSegment[], request: ClipRequest): ClipSnapshot {
  const { parts, needsEarlier } = clipParts(splitIntoStretches(segments), request.fromMs, request.toMs);
  const last = parts.at(-1);
  if (!last && !needsEarlier) throw new NightjarError('no_footage', 'No footage was recorded in this time.');
  return {
    request,
    parts,
    key: keyOf(request, parts),
    lastModifiedMs: unixMillis(last?.endMs ?? 0),
    segments: segmentsOf(parts),
    needsEarlier,
  };
}

function segmentsOf(parts: readonly ClipPart[]): PlayableSegment[] {
  const segments = new Set<PlayableSegment>();
  for (const { stretch, firstFragment, endFragment } of parts) {
    for (let index = firstFragment; index < endFragment; index++)
      segments.add(stretch.fragments[index]!.segment);
  }
  return [...segments];
}

/** A segment being open or closed makes no difference to the bytes, so it makes none here. */
function keyOf(request: ClipRequest, parts: readonly ClipPart[]): string {
  const hash = createHash('sha256');
  hash.update(`${request.gaps} ${request.fromMs} ${request.toMs}`);
  for (const { stretch, firstFragment, endFragment, startMs, endMs } of parts) {
    hash.update(`\n${startMs} ${endMs}`);
    // One more on either side: it bends the wall time of its neighbour.
    const first = Math.max(0, firstFragment - 1);
    const end = Math.min(endFragment + 1, stretch.fragments.length);
    const facts = new Float64Array((end - first) * 4);
    let segment: PlayableSegment | undefined;
    for (let index = first, at = 0; index < end; index++) {
      const fragment = stretch.fragments[index]!;
      if (fragment.segment !== segment) hash.update(`\n${index - first} ${fragment.segment.id}`);
      segment = fragment.segment;
      facts[at++] = fragment.entry.offset;
      facts[at++] = fragment.entry.bytes;
      facts[at++] = fragment.entry.startTicks;
      facts[at++] = Math.round(fragment.entry.startMs * 1000);
    }
    hash.update(facts);
  }
  return hash.digest('base64url');
}

/**
 * Lays the clip out: `moov` first, video first, the picture on the screen at `from` as its first one shown.
 *
 * @throws NightjarError what `load` throws
 */
export async function buildClip({ request, parts }: ClipSnapshot, load: MediaLoader): Promise<Clip> {
  const builder = new ClipBuilder(load);
  let endMs: number = request.fromMs;
  for (const part of parts) {
    if (request.gaps === 'keep') builder.addGap(part.startMs - endMs);
    await builder.addPart(part);
    endMs = part.endMs;
  }
  if (request.gaps === 'keep') builder.addGap(request.toMs - endMs);
  const media = builder.finish();
  const pieces = new PieceList();
  pieces.addMemory(flatHead(media, parts[0]!.startMs));
  pieces.append(media.pieces);
  return {
    pieces,
    etag: etagOf(pieces),
    durationMs: media.edits.reduce((sum, edit) => sum + edit.durationMs, 0),
  };
}

/** Of the head, which has the size and time of each sample, and of the places in files that the media come from. */
function etagOf(pieces: PieceList): string {
  const hash = createHash('sha256');
  for (const piece of pieces.slice(0, pieces.totalBytes)) {
    if (piece.kind === 'memory') hash.update(piece.bytes);
    else hash.update(`${piece.file.rootId}/${piece.file.path} ${piece.offset} ${piece.length}\n`);
  }
  return `"${hash.digest('base64url').slice(0, 27)}"`;
}

function flatHead({ tracks, chunks, edits }: BuiltMedia, creationMs: number): Uint8Array {
  const { timescale } = tracks[0]!.table;
  const indices = new Map(tracks.map((track, index) => [track, index]));
  const lastShown = edits.findLast(({ mediaTicks }) => mediaTicks !== undefined)!;
  const endTicks = lastShown.mediaTicks! + rescale(lastShown.durationMs, 1000, timescale);
  return flatLayout({
    movieTimescale,
    creationMs: unixMillis(creationMs),
    tracks: tracks.map((track) => {
      const { kind, width, height, table } = track;
      const pieces = table.finish(kind === 'video' ? endTicks : Number.NEGATIVE_INFINITY);
      const { sampleEntries } = table;
      return {
        kind,
        width,
        height,
        timescale: table.timescale,
        sampleEntries,
        pieces,
        edits: editsOf(track, edits, timescale),
      };
    }),
    chunks: chunks.map(({ track, samples }) => ({ track: indices.get(track)!, samples })),
  }).head;
}

/**
 * The edit list of a track. Where its own media begin later or end sooner than what is shown, as sound may, the edits
 * are empty in front and cut at the end, since an edit must not reach beyond its media.
 */
function editsOf({ table }: BuiltTrack, edits: readonly ClipEdit[], timescale: number): Edit[] {
  const toMs = (ticks: number) => (ticks * 1000) / table.timescale;
  const length = table.endTicks - table.firstTicks;
  const shown: Edit[] = [];
  let emptyMs = 0;
  for (const { durationMs, mediaTicks } of edits) {
    const start =
      mediaTicks === undefined ? 0 : rescale(mediaTicks, timescale, table.timescale) - table.firstTicks;
    const leadMs =
      mediaTicks === undefined ? durationMs : Math.min(durationMs, Math.max(0, Math.ceil(toMs(-start))));
    const endMs = Math.min(durationMs, Math.floor(toMs(length - start)));
    if (shown.length === 0) emptyMs += leadMs;
    if (endMs <= leadMs) continue;
    shown.push({
      duration: endMs - leadMs,
      mediaTicks: start + Math.round((leadMs * table.timescale) / 1000),
    });
  }
  return emptyMs > 0 ? [{ duration: emptyMs, mediaTicks: -1 }, ...shown] : shown;
}
