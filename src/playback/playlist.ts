/**
 * HTTP Live Streaming, RFC 8216: media playlists over the recorded files. Nothing is copied or remuxed: a media
 * segment is a range of bytes of a file; sound alone may be given as FLAC. Pictures that are listed as H.264 are made when
 * they are asked for.
 */
import { NightjarError } from '../errors/nightjar_error.ts';
import { isPlayableSound } from '../media/playable_sound.ts';
import { hasPcmDecoder } from '../pcm/pcm_decoder.ts';
import { ticksToMillis, type UnixMillis } from '../units/time.ts';
import {
  formatConvertedAddress,
  formatInitAddress,
  formatMediaAddress,
  type ListedTracks,
  type TrackSelection,
} from './media_address.ts';
import { groupFragments, type MediaGroup } from './media_group.ts';
import type { PlayableSegment } from './playable_segment.ts';
import { type Stretch, splitIntoStretches } from './stretch.ts';

/** The longest window of one playlist: the longest day there is, 25 hours where summer time ends. */
export const maxPlaylistMs = 25 * 3_600_000;
/** Target duration of a list that grows: it must not change, so it is chosen before the footage is known. */
const growingTargetSeconds = 6;

export interface PlaylistRequest {
  /** All that may overlap the window, closed and open. */
  readonly segments: readonly PlayableSegment[];
  readonly fromMs: UnixMillis;
  /** Without it, or while it lies in the future, the list grows. */
  readonly toMs: UnixMillis | undefined;
  readonly nowMs: UnixMillis;
  /** `flac`: with sound that no browser decodes as FLAC, and other sound as it is. */
  readonly tracks: ListedTracks;
}

/** One media segment of the list, with what its lines say. */
interface Entry {
  readonly group: MediaGroup;
  readonly stretch: Stretch;
  readonly startMs: number;
  readonly seconds: number;
  /** Added to the run's time line. */
  readonly shiftMs: number;
}

/**
 * The playlist of a window of footage, beginning with the key frame that the picture at `fromMs` needs.
 *
 * Sound is offered when it can be played in every segment listed: players refuse a list whose tracks come and go.
 *
 * @throws NightjarError `window_too_long`; `no_footage` when nothing is there and nothing can come
 */
export function planPlaylist(request: PlaylistRequest): string {
  checkPlaylistWindow(request);
  const growing = isGrowing(request);
  const listed = listEntries(request, growing);
  const { tracks } = request;
  const isDecoded = tracks === 'key' || tracks === 'h264';
  const entries = isDecoded ? fromKeyFrames(listed, growing) : listed;
  if (entries.length === 0 && !growing) {
    throw new NightjarError('no_footage', 'No footage was recorded in this window.');
  }
  const lines = headLines(request, entries, growing);
  if (tracks === 'h264') lines.push(...convertedLines(entries));
  else {
    const isWhole = entries.every(({ group }) => selectionOf(group.segment, tracks) !== 'video');
    lines.push(...entryLines(entries, isWhole ? tracks : 'video'));
  }
  if (!growing) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** @throws NightjarError `request_invalid` or `window_too_long` */
export function checkPlaylistWindow({
  fromMs,
  toMs,
  nowMs,
}: Omit<PlaylistRequest, 'segments' | 'tracks'>): void {
  if (toMs !== undefined && toMs <= fromMs) {
    throw new NightjarError('request_invalid', '`to` must be later than `from`.', { place: { field: 'to' } });
  }
  if ((toMs ?? nowMs) - fromMs > maxPlaylistMs) {
    const hours = maxPlaylistMs / 3_600_000;
    throw new NightjarError('window_too_long', `A playlist covers at most ${hours} hours.`, {
      place: { field: toMs === undefined ? 'from' : 'to' },
    });
  }
}

/** True while footage may still be added to the window. */
export function isGrowing({ toMs, nowMs }: Pick<PlaylistRequest, 'toMs' | 'nowMs'>): boolean {
  return toMs === undefined || toMs > nowMs;
}

function listEntries({ segments, fromMs, toMs }: PlaylistRequest, growing: boolean): Entry[] {
  const entries: Entry[] = [];
  const timeline = new PlaylistTimeline();
  for (const stretch of splitIntoStretches(segments)) {
    const firstMs = Math.max(fromMs, stretch.startMs);
    const endMs = Math.min(toMs ?? Number.POSITIVE_INFINITY, stretch.endMs);
    const groups = groupFragments(stretch);
    for (const group of groups.slice(firstToList(groups, (ticks) => stretch.map.msAt(ticks) > firstMs))) {
      // What was listed once must stay as it is, so a group that still grows ends a growing list.
      if (growing && !group.complete) return entries;
      const startMs = stretch.map.msAt(group.startTicks);
      if (startMs >= endMs) break;
      const seconds = ticksToMillis(group.endTicks - group.startTicks, stretch.timescale) / 1000;
      const shiftMs = timeline.place(stretch, group);
      entries.push({ group, stretch, startMs, seconds, shiftMs });
    }
  }
  return entries;
}

/** Index of the first group that ends in the window, or of the key frame before it that it cannot be decoded without. */
function firstToList(groups: readonly MediaGroup[], isWithin: (endTicks: number) => boolean): number {
  let first = groups.findIndex(({ endTicks }) => isWithin(endTicks));
  if (first < 0) return groups.length;
  while (!groups[first]!.keyFrame && groups[first - 1]?.segment === groups[first]!.segment) first--;
  return first;
}

/**
 * What cannot be decoded alone is told by the key frame before it, for as long as that is of the same file.
 *
 * @param growing then the last one is left out, since it may become longer
 */
function fromKeyFrames(entries: readonly Entry[], growing: boolean): Entry[] {
  const joined: Entry[] = [];
  for (const entry of entries) {
    const before = joined.at(-1);
    if (entry.group.keyFrame) joined.push(entry);
    else if (before?.group.segment === entry.group.segment && before.group.endOffset === entry.group.offset) {
      const { endTicks, endOffset, complete } = entry.group;
      const group = { ...before.group, endTicks, endOffset, complete };
      joined[joined.length - 1] = { ...before, group, seconds: before.seconds + entry.seconds };
    }
  }
  return growing ? joined.slice(0, -1) : joined;
}

/** Space between two runs, since the sound of one may go on after its pictures. */
const runMarginMs = 100;

/**
 * Keeps time from going back where a run ends and the next begins, at 0 as each does: FFmpeg drops pictures until
 * time has passed the old end. It depends on nothing that comes later, so that a growing list stays as it is.
 */
class PlaylistTimeline {
  #runId: string | undefined;
  #shiftMs = 0;
  #endMs = Number.NEGATIVE_INFINITY;

  /** How far the group is moved on its run's time line, in whole milliseconds. */
  place({ runId, timescale }: Stretch, { startTicks, endTicks }: MediaGroup): number {
    if (runId !== this.#runId) {
      const earliest = this.#endMs + runMarginMs - ticksToMillis(startTicks, timescale);
      this.#shiftMs = Math.max(0, Math.ceil(earliest));
    }
    this.#runId = runId;
    this.#endMs = ticksToMillis(endTicks, timescale) + this.#shiftMs;
    return this.#shiftMs;
  }
}

/** What a player that asks for some tracks gets of a segment: FLAC only where nothing else can be played. */
function selectionOf({ tracks }: PlayableSegment, wanted: TrackSelection): TrackSelection {
  if (wanted === 'video' || wanted === 'key') return wanted;
  const sounds = tracks.filter(({ kind }) => kind === 'audio').map(({ codecString }) => codecString);
  if (sounds.some(isPlayableSound)) return 'all';
  return wanted === 'flac' && sounds.some(hasPcmDecoder) ? 'flac' : 'video';
}

function headLines({ fromMs }: PlaylistRequest, entries: readonly Entry[], growing: boolean): string[] {
  const longest = Math.max(1, ...durations(entries));
  const target = growing ? Math.max(growingTargetSeconds, longest) : longest;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${target}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${growing ? 'EVENT' : 'VOD'}`,
  ];
  // A list that grows could be joined later by pictures that cannot be decoded alone.
  if (!growing && entries.every(({ group }) => group.keyFrame)) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  const offset = Math.max(0, (fromMs - (entries[0]?.startMs ?? fromMs)) / 1000);
  // Without it a player begins a list that grows at its end.
  if (growing || offset > 0) lines.push(`#EXT-X-START:TIME-OFFSET=${offset.toFixed(3)},PRECISE=YES`);
  return lines;
}

/** Whole seconds of each entry, as section 4.3.3.1 compares them with the target duration. */
function durations(entries: readonly Entry[]): Iterable<number> {
  return new Set(entries.map(({ seconds }) => Math.round(seconds)));
}

function entryLines(entries: readonly Entry[], wanted: TrackSelection): string[] {
  const lines: string[] = [];
  /** The segment whose header stands for all with the same sample entries. */
  const inits = new Map<string, string>();
  let before: { stretch: Stretch; entryKey: string } | undefined;
  for (const { group, stretch, startMs, seconds, shiftMs } of entries) {
    const { segment } = group;
    const tracks = selectionOf(segment, wanted);
    const entryKey = sampleEntryKey(segment, tracks);
    const changed = before?.entryKey !== entryKey;
    if (before && (changed || before.stretch !== stretch)) lines.push('#EXT-X-DISCONTINUITY');
    if (!inits.has(entryKey)) inits.set(entryKey, segment.id);
    if (changed && tracks === 'flac') lines.push(convertedLine(segment));
    if (changed)
      lines.push(`#EXT-X-MAP:URI="${formatInitAddress({ segmentId: inits.get(entryKey)!, tracks })}"`);
    lines.push(
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(startMs)).toISOString()}`,
      `#EXTINF:${seconds.toFixed(6)},`,
      formatMediaAddress({
        segmentId: segment.id,
        offset: group.offset,
        endOffset: group.endOffset,
        tracks,
        shiftMs,
      }),
    );
    before = { stretch, entryKey };
  }
  return lines;
}

/** Each with a header of its own, as the encoder makes it. */
function convertedLines(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ group, stretch, startMs, seconds, shiftMs }, index) => {
    const { segment, offset, endOffset } = group;
    const address = { segmentId: segment.id, offset, endOffset, shiftMs };
    const before = entries[index - 1];
    return [
      ...(before && before.stretch !== stretch ? ['#EXT-X-DISCONTINUITY'] : []),
      `#EXT-X-MAP:URI="${formatConvertedAddress(address, 'init')}"`,
      `#EXT-X-PROGRAM-DATE-TIME:${new Date(Math.round(startMs)).toISOString()}`,
      `#EXTINF:${seconds.toFixed(6)},`,
      formatConvertedAddress(address, 'media'),
    ];
  });
}

/** A comment for people (section 4.1): which sound is not as it was recorded. */
function convertedLine({ tracks }: PlayableSegment): string {
  const sound = tracks.find(({ kind, codecString }) => kind === 'audio' && hasPcmDecoder(codecString));
  return `# Sound recorded as ${sound?.codecString}, given as FLAC without loss.`;
}

/** Equal for segments that one initialisation segment serves. */
function sampleEntryKey(segment: PlayableSegment, tracks: TrackSelection): string {
  return segment.tracks
    .filter(({ kind }) => kind === 'video' || (tracks !== 'video' && tracks !== 'key'))
    .map(({ trackId, timescale, sampleEntryHash }) => `${trackId}:${timescale}:${sampleEntryHash}`)
    .join(' ');
}
